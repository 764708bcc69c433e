"""The rules of the house that a machine can check: who may name what, and who may import whom."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.piccolo_app import APP_CONFIG
from app.settings import ROOT

FEATURES = {path.parent.name for path in (ROOT / "app").glob("*/tables.py")} - {"live"} | {"reading", "demo", "ops"}
TEAM_OWNED = {
    "clients": "Client",
    "activity_calendar": "ActivityDay",
    "inactivity_alerts": "InactivityAlert",
    "source_notices": "SourceNotice",
    "team_members": "TeamMember",
    "team_invitations": "TeamInvitation",
    "api_tokens": "ApiToken",
    "walls": "Wall",
    "wall_screens": "WallScreen",
    "wall_silence_reads": "WallSilenceRead",
    "hidden_stories": "HiddenStory",
}
CHANNEL_CALLS = {"publish", "subscribe", "psubscribe", "pubsub", "xadd", "xrange", "xread", "add_listener"}
CHANNEL_WORDS = re.compile(r"\b(?:XADD|XRANGE|XREAD|PUBLISH|P?SUBSCRIBE|NOTIFY|LISTEN)\b")
OUTSIDE = {"httpx", "aiohttp", "requests", "urllib3", "boto3", "botocore", "http", "smtplib"}

FILES = sorted([*(ROOT / "app").rglob("*.py"), *(ROOT / "tasks").rglob("*.py")])


def name_of(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def imports_of(file: Path) -> Iterator[str]:
    """Whole names of what a file imports, inside of functions too."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(file)} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def sql_of(file: Path) -> Iterator[str]:
    """Strings of a file, docstrings aside, with `{}` for what is filled in."""
    tree = ast.parse(file.read_text())
    docs = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node.value


def is_in(file: Path, *folders: str) -> bool:
    return any(name_of(file).startswith(f"{folder}/") for folder in folders)


def team_tables_in(sql: str) -> set[str]:
    """Team-owned tables that the SQL reads or writes."""
    named = re.findall(r"\b(?:from|join|into|update|table|truncate|only|using)\s+(?:only\s+)?\"?(\w+)", sql.lower())
    # A name beside others in a list: FROM teams t, clients c.
    listed = re.findall(r",\s*(\w+)\s+(?:as\s+)?\w{1,2}\b", sql.lower()) if "from" in sql.lower() else []
    return {*named, *listed} & set(TEAM_OWNED)


def test_the_rules_look_at_the_whole_product() -> None:
    assert len(FILES) > 100
    assert {"clients", "stories", "posts", "profiles", "teams", "alerts", "analytics", "wall"} <= FEATURES


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1 FROM clients",
        "SELECT * FROM teams t, clients c",
        "SELECT 1 FROM teams JOIN clients c ON true",
        "insert into clients (id) VALUES (1)",
        'DELETE FROM "clients"',
        "UPDATE clients SET x = 1",
    ],
)
def test_a_query_of_a_team_owned_table_is_noticed(sql: str) -> None:
    assert team_tables_in(sql) == {"clients"}


@pytest.mark.parametrize("text", ["SELECT 1 FROM stories", "all clients of the team", "clients/_client_row.html"])
def test_other_text_is_left_alone(text: str) -> None:
    assert team_tables_in(text) == set()


def test_team_owned_tables_are_queried_in_queries_alone() -> None:
    found = {
        f"{name_of(file)}: {table}"
        for file in FILES
        if file.name != "queries.py"
        for sql in sql_of(file)
        for table in team_tables_in(sql)
    }
    assert found == set()


def test_team_owned_tables_are_imported_by_queries_alone() -> None:
    found = {
        f"{name_of(file)}: {name}"
        for file in FILES
        if file.name not in ("queries.py", "tables.py")
        for name in imports_of(file)
        if ".tables." in name and name.rsplit(".", 1)[1] in TEAM_OWNED.values()
    }
    assert found == set()


def test_every_team_owned_table_is_known_to_these_rules() -> None:
    shared = {
        "users",
        "teams",
        "profiles",
        "checks",
        "stories",
        "posts",
        "analytics_snapshots",
        "outbox",
        "source_incidents",
        "wall_codes",
        "listening",
    }
    assert {table._meta.tablename for table in APP_CONFIG.table_classes} == shared | set(TEAM_OWNED)
    assert {table.__name__ for table in APP_CONFIG.table_classes if table._meta.tablename in TEAM_OWNED} == set(
        TEAM_OWNED.values()
    )


def test_web_sources_and_storage_know_no_feature() -> None:
    assert _imports_of_features(file for file in FILES if is_in(file, "app/web", "app/sources", "app/storage")) == set()


def test_within_live_only_fragments_knows_features() -> None:
    files = (file for file in FILES if is_in(file, "app/live") and file.name != "fragments.py")
    assert _imports_of_features(files) == set()


def _imports_of_features(files: Iterator[Path]) -> set[str]:
    return {
        f"{name_of(file)}: {name}"
        for file in files
        for name in imports_of(file)
        if name.startswith("app.") and name.split(".")[1] in FEATURES
    }


def test_nothing_imports_the_tasks_but_the_command_line() -> None:
    files = [file for file in FILES if is_in(file, "app")]
    found = {name_of(file) for file in files for name in imports_of(file) if _is_of(name, "tasks")}
    assert found == {"app/cli.py"}


def test_only_main_imports_routes() -> None:
    found = {name_of(file) for file in FILES for name in imports_of(file) if re.search(r"\.routes(\.|$)", name)}
    assert found == {"app/main.py"}


def test_views_import_nothing_of_ours() -> None:
    found = {
        f"{name_of(file)}: {name}"
        for file in FILES
        if file.name == "views.py"
        for name in imports_of(file)
        if _is_of(name, "app") or _is_of(name, "tasks")
    }
    assert found == set()


def test_only_live_touches_channels_and_streams() -> None:
    """Calls of Redis and words in scripts and SQL; `publish()` of our own is the way in."""
    found = set()
    for file in FILES:
        if is_in(file, "app/live"):
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Attribute) and node.attr in CHANNEL_CALLS:
                found.add(f"{name_of(file)}: .{node.attr}")
        found |= {f"{name_of(file)}: {word}" for text in sql_of(file) for word in CHANNEL_WORDS.findall(text)}
    assert found == set()


def test_only_sources_and_storage_speak_to_the_outside() -> None:
    found = {
        f"{name_of(file)}: {name}"
        for file in FILES
        if not is_in(file, "app/sources", "app/storage")
        for name in imports_of(file)
        if name.split(".")[0] in OUTSIDE or name.startswith("urllib.request")
    }
    assert found == set()


def test_only_the_settings_read_the_environment() -> None:
    """Piccolo's own commands need the database's address before anything of ours runs."""
    reads = re.compile(r"\bos\.(?:environ|getenv)\b")
    found = {name_of(file) for file in FILES if reads.search(file.read_text())}
    assert found <= {"app/settings.py", "app/piccolo_conf.py", "app/__init__.py", *_CHILDREN}


_CHILDREN = {"app/embedded/supervisor.py", "app/embedded/children.py", "app/embedded/postgres.py"}
"""They hand the environment on to the processes that they start."""


def _is_of(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")
