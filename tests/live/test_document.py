"""docs/live.md points at the code: each place that it names exists."""

import re

import pytest

from app.settings import ROOT

PLACES = sorted(set(re.findall(r"`([\w/]+\.(?:py|js)):([\w.]+)`", (ROOT / "docs/live.md").read_text())))


def test_all_ten_points_are_pointed_at() -> None:
    rows = re.findall(r"^\| (\d+)\. .*\| `.+` \|$", (ROOT / "docs/live.md").read_text(), re.MULTILINE)
    assert [int(number) for number in rows] == list(range(1, 11))


@pytest.mark.parametrize(("file", "name"), PLACES)
def test_the_place_exists(file: str, name: str) -> None:
    text = (ROOT / file).read_text()
    for part in name.split("."):
        assert re.search(rf"^\s*(?:export )?(?:async )?(?:def|class|function) {part}\b|^{part} = ", text, re.MULTILINE)
