"""What README and docs tell people to type really exists."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from app.cli import commands
from app.settings import ROOT

DOCS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def typed(program: str) -> Iterator[list[str]]:
    for file in DOCS:
        text = file.read_text()
        blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL) + re.findall(r"`([^`\n]+)`", text)
        for line in "\n".join(blocks).splitlines():
            words = re.sub(r"\s#.*", "", line).split()
            if words and Path(words[0]).name == program and not words[0].startswith("app"):
                yield words[1:]


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {words[0] for words in typed("make")}
    assert {"run", "test", "check", "bench"} <= named
    assert named <= targets


def test_every_command_that_is_named_exists() -> None:
    named = list(typed("alrt"))
    assert named
    for words in named:
        command: click.Command = commands
        for word in words:
            if not isinstance(command, click.Group):
                break
            found = command.get_command(click.Context(command), word)
            assert found is not None, f"alrt {' '.join(words)}"
            command = found


def test_the_table_of_settings_is_the_settings() -> None:
    read = set(re.findall(r'"([A-Z][A-Z_]{3,})"', (ROOT / "app/settings.py").read_text()))
    table = (ROOT / "README.md").read_text().split("## Settings")[1].split("## ")[0]
    told = set(re.findall(r"`([A-Z][A-Z_]{3,})`", table)) - {"DATA_DIR/media"}
    # Said by `alrt run` to its own processes, by nobody else.
    assert read - told == {"ALRT_EMBEDDED"}
    assert told <= read


@pytest.mark.parametrize("file", DOCS, ids=lambda file: file.name)
def test_every_file_that_is_named_exists(file: Path) -> None:
    text = file.read_text()
    links = [link for link in re.findall(r"\]\(([^)]+)\)", text) if "://" not in link]
    paths = re.findall(r"`((?:app|tasks|tests|templates|static|migrations)/[\w/.]+)`", text)
    missing = [name for name in links if not (file.parent / name.partition("#")[0]).exists()]
    missing += [name for name in paths if not (ROOT / name).exists()]
    assert missing == []
