"""A short version of `make faults`; and what its judge rests on."""

import asyncio
import sys

import pytest

from app.settings import ROOT
from tests.faults.dom import Shown, Tree, differences, parse

ROUNDS, SEED = 5, 107


async def test_whatever_goes_wrong_nothing_is_lost() -> None:
    """In a process of its own, because it has a database of its own. With patience: other tests may run beside it."""
    playing = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.faults", "--rounds", str(ROUNDS), "--seed", str(SEED), "--heal-within", "30"),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await asyncio.wait_for(playing.communicate(), 150)
    assert playing.returncode == 0, said.decode()


WALL = """
<ul id="wall" data-order="desc" data-more="older">
  <li id="c" data-into="wall" data-sort="3">c</li>
  <li id="b" data-into="wall" data-sort="2">b</li>
  <li id="older" data-older>older</li>
</ul>
<p id="count" class="changed big">2 <time datetime="x">now</time></p>
"""


def differs(page: Tree, fresh: str) -> bool:
    return differences(Shown(page), Shown(parse(fresh))) != []


def pushed(*fragments: str) -> Tree:
    page = parse(WALL)
    for fragment in fragments:
        page.apply(fragment)
    return page


def test_what_browsers_and_scripts_write_is_no_difference() -> None:
    assert not differs(parse(WALL), WALL.replace("changed ", "").replace(">now<", ">2 min ago<"))


@pytest.mark.parametrize(
    "fresh",
    [
        WALL.replace("3", "4"),
        WALL.replace('"big"', '"small"').replace("changed big", "small"),
        WALL.replace(">c<", ">d<"),
        WALL.replace('id="count"', 'id="counts"'),
        f"{WALL}<p>more</p>",
        WALL.replace("2 <time", "3 <time"),
    ],
)
def test_anything_else_is_a_difference(fresh: str) -> None:
    assert differs(parse(WALL), fresh)


def test_a_fragment_takes_the_place_of_the_one_with_its_id() -> None:
    assert differs(pushed('<p id="count" class="big">3</p>'), WALL)
    assert not differs(
        pushed('<p id="count" class="big">3</p>', '<p id="count" class="big">2 <time datetime="x"></time></p>'), WALL
    )


def test_a_new_one_enters_where_its_key_belongs() -> None:
    new = '<li id="d" data-into="wall" data-sort="{}">d</li>'
    page = pushed(new.format("25"))
    assert [child.id for child in page.root.elements[0].elements] == ["c", "d", "b", "older"]
    # What is older than all that is loaded comes with the older ones.
    page = pushed(new.format("1"))
    assert [child.id for child in page.root.elements[0].elements] == ["c", "b", "older"]


def test_one_whose_key_changed_moves_and_one_that_is_gone_goes() -> None:
    page = pushed('<li id="b" data-into="wall" data-sort="5">b</li>', '<div id="c" data-gone hidden></div>')
    assert [child.id for child in page.root.elements[0].elements] == ["b", "older"]
    assert page.find("c") is None


def test_of_a_long_wall_as_much_is_compared_as_both_have_loaded() -> None:
    page = pushed('<li id="d" data-into="wall" data-sort="4">d</li>')
    newest = WALL.replace('<li id="c"', '<li id="d" data-into="wall" data-sort="4">d</li><li id="c"')
    assert not differs(page, newest.replace('<li id="b" data-into="wall" data-sort="2">b</li>', ""))
    assert differs(page, WALL)
