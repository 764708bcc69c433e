"""The commands as an operator types them, on real servers."""

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from app.database import query
from app.embedded.servers import Urls
from app.settings import ROOT
from app.storage.local import LocalStorage
from tests.cast import PASSWORD, Cast
from tests.fakes.apify import FakeApify, not_found, post, profile, story


class Printed(msgspec.Struct, frozen=True):
    code: int
    out: str
    err: str


class Shell:
    def __init__(self, urls: Urls, folder: Path) -> None:
        self.folder = folder
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("APIFY", "ALRT", "SOURCE"))},
            "DATABASE_URL": urls.database_url,
            "REDIS_URL": urls.redis_url,
            "DATA_DIR": str(folder),
        }

    async def alrt(self, *words: str, **environment: str) -> Printed:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "app.cli",
            *words,
            cwd=ROOT,
            env=self._environment | environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
        return Printed(process.returncode or 0, out.decode(), err.decode())

    async def refused(self, *words: str, **environment: str) -> str:
        """The one line that a command ends with, and code 1."""
        printed = await self.alrt(*words, **environment)
        assert printed.code == 1, printed
        assert "Traceback" not in printed.err
        [line] = printed.err.splitlines()
        return line


@pytest.fixture
def shell(urls: Urls, cast: Cast, tmp_path: Path) -> Shell:
    return Shell(urls, tmp_path)


@pytest.fixture
async def apify() -> AsyncIterator[FakeApify]:
    async with FakeApify(token="x") as fake:
        yield fake


def reading(apify: FakeApify) -> dict[str, str]:
    return {"SOURCE": "apify", "APIFY_TOKEN": "x", "APIFY_API_URL": apify.url}


async def watched(team_id: int) -> list[str]:
    rows = await query(
        "SELECT p.username FROM clients c JOIN profiles p ON p.id = c.profile_id WHERE c.team_id = {} ORDER BY 1",
        team_id,
    )
    return [row["username"] for row in rows]


async def test_dora_is_created_and_joins_a_team(shell: Shell, cast: Cast) -> None:
    words = ("user", "create", "dora@example.org", "--team", "Acme", "--role", "manager", "--name", "Dora")
    printed = await shell.alrt(*words, ALRT_PASSWORD=PASSWORD)
    assert (printed.code, printed.out) == (0, "dora@example.org can sign in, as manager of Acme.\n")
    [member] = await query(
        "SELECT m.team_id, m.role FROM team_members m JOIN users u ON u.id = m.user_id WHERE u.email = {}",
        "dora@example.org",
    )
    assert (member["team_id"], member["role"]) == (cast.alice.team_id, "manager")
    assert await shell.refused(*words, ALRT_PASSWORD=PASSWORD) == "'dora@example.org' has an account already."


async def test_a_short_password_is_refused_and_not_shown(shell: Shell) -> None:
    line = await shell.refused("user", "create", "dora@example.org", "--team", "Acme", ALRT_PASSWORD="hunter2")
    assert "too short" in line
    assert "hunter2" not in line


async def test_accounts_are_added_by_handle_and_by_address(shell: Shell, cast: Cast) -> None:
    printed = await shell.alrt(
        "client", "add", "--team", "Acme", "@Cafe.Clara", "https://www.instagram.com/bold_bikes/?hl=en", "bakery"
    )
    assert printed.code == 0, printed.err
    assert printed.out.splitlines() == [
        "cafe.clara: is watched now",
        "bold_bikes: is watched now",
        "bakery: was watched already",
    ]
    assert await watched(cast.alice.team_id) == ["bakery", "bold_bikes", "cafe.clara"]


async def test_one_wrong_handle_and_none_is_added(shell: Shell, cast: Cast) -> None:
    line = await shell.refused("client", "add", "--team", "Acme", "cafe.clara", "not a handle")
    assert line == "'not a handle' is not an Instagram handle."
    assert await watched(cast.alice.team_id) == ["bakery"]


async def test_an_unknown_team_is_named(shell: Shell) -> None:
    assert await shell.refused("client", "add", "--team", "Initech", "anna") == "There is no team named 'Initech'."


async def test_a_check_archives_what_the_server_gives(shell: Shell, cast: Cast, apify: FakeApify) -> None:
    now = datetime.now(UTC)
    apify.profiles["bakery"] = profile(
        "bakery", profilePicUrl=apify.picture("face"), profilePicUrlHD=apify.picture("face")
    )
    apify.posts["bakery"] = [
        post("bakery", number, posted_at=(now - timedelta(days=2)).isoformat(), displayUrl=apify.picture("post"))
        for number in (31, 32)
    ]
    taken_at = int((now - timedelta(hours=1)).timestamp())
    apify.stories["bakery"] = [
        story("bakery", number, taken_at=taken_at, url=apify.picture(f"story-{number}")) for number in (11, 12, 13)
    ]
    printed = await shell.alrt("check", "https://instagram.com/bakery", **reading(apify))
    assert printed.code == 0, printed.err
    assert printed.out.splitlines() == ["posts: ok, found 2, stored 2", "stories: ok, found 3, stored 3"]

    kept = await query("SELECT thumbnail_storage_path AS key, thumbnail_bytes AS size FROM stories")
    storage = LocalStorage(shell.folder / "media")
    for row in kept:
        picture = await storage.get(row["key"])
        assert picture is not None
        assert len(picture) == row["size"] <= 100_000
    [client] = await query("SELECT * FROM clients WHERE id = {}", cast.bakery.id)
    assert (client["total_stories_archived"], client["total_posts_tracked"]) == (3, 2)
    events = {row["event"] for row in await query("SELECT event FROM outbox")}
    assert events >= {"StoryArchived", "PostTracked", "CheckFinished", "ActivityDayChanged"}


async def test_a_check_of_an_unknown_account_says_so(shell: Shell, cast: Cast, apify: FakeApify) -> None:
    apify.errors["nobody"] = not_found("nobody")
    printed = await shell.alrt("check", "nobody", **reading(apify))
    assert printed.code == 0, printed.err
    lines = printed.out.splitlines()
    assert [line.split(" (")[0] for line in lines] == [
        "posts: not_found, found 0, stored 0",
        "stories: not_found, found 0, stored 0",
    ]


async def test_a_check_without_money_ends_with_code_1(shell: Shell, cast: Cast, apify: FakeApify) -> None:
    apify.fail("start", 402)
    printed = await shell.alrt("check", "bakery", **reading(apify))
    assert printed.code == 1
    assert [re.sub(r" \(.*", "", line) for line in printed.out.splitlines()] == [
        "posts: failed, found 0, stored 0",
        "stories: failed, found 0, stored 0",
    ]
    assert "402" in printed.out
    assert printed.err.splitlines()[-1] == "bakery could not be read."
    assert "Traceback" not in printed.err


@pytest.mark.parametrize("words", [("run",), ("web",), ("worker",), ("relay",), ("migrate",), ("check", "bakery")])
async def test_a_wrong_setting_stops_every_command_with_one_line(shell: Shell, words: tuple[str, ...]) -> None:
    assert (await shell.refused(*words, PORT="http")).startswith("PORT is 'http'")


@pytest.mark.parametrize(
    ("environment", "names"),
    [
        ({"SOURCE": "apify"}, "APIFY_TOKEN"),
        ({"STORAGE_URL": "s3://bucket"}, "STORAGE_URL"),
        ({"DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none"}, "DATABASE_URL"),
        ({"REDIS_URL": "redis://127.0.0.1:9/0"}, "REDIS_URL"),
    ],
)
async def test_a_setting_that_leads_nowhere_is_named(shell: Shell, environment: dict[str, str], names: str) -> None:
    assert (await shell.refused("check", "bakery", **environment)).startswith(names)


@pytest.mark.parametrize("words", [("run",), ("migrate",), ("worker",), ("client", "add", "--team", "Acme", "anna")])
async def test_a_database_that_is_away_stops_a_start_with_one_line(shell: Shell, words: tuple[str, ...]) -> None:
    line = await shell.refused(*words, DATABASE_URL="postgresql://nobody:hunter2@127.0.0.1:9/none")
    assert line.startswith("DATABASE_URL leads to no database")
    assert "hunter2" not in line


@pytest.mark.parametrize(
    "words", [("check",), ("client", "add", "anna"), ("user", "create"), ("nonsense",), ("check", "a", "b")]
)
async def test_a_command_that_is_not_understood_explains_itself(shell: Shell, words: tuple[str, ...]) -> None:
    printed = await shell.alrt(*words)
    assert printed.code == 2
    assert "Usage:" in printed.err
    assert "Traceback" not in printed.err


async def test_help_names_the_commands(shell: Shell) -> None:
    printed = await shell.alrt("--help")
    listed = set(re.findall(r"^  (\w+)", printed.out, re.MULTILINE))
    assert listed >= {"run", "web", "worker", "relay", "migrate", "user", "client", "check"}
