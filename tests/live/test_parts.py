"""The cache of rendered parts counts only what was not dropped since it was read."""

import asyncio
from collections.abc import Iterable

from markupsafe import Markup

from app.live.parts import Part, Parts, Rendered

ROW = Part("client_row", team_id=1, client_id=5)
OTHER = Part("client_row", team_id=2, client_id=6)


class Database:
    """Something to render from, which can be made to answer late."""

    def __init__(self) -> None:
        self.version = 1
        self.reads = 0
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def render(self, parts: Iterable[Part], language: str) -> Rendered:
        self.reads += 1
        read = self.version
        await self.may_answer.wait()
        return {part: Markup(f"{language} {read}") for part in parts}


async def test_a_part_is_read_once_per_language() -> None:
    database = Database()
    parts = Parts(database.render)
    for language in ("en", "en", "ar", "ar"):
        assert (await parts.rendered([ROW], language))[ROW] == f"{language} 1"
    assert database.reads == 2


async def test_a_dropped_part_is_read_anew_and_others_are_not() -> None:
    database = Database()
    parts = Parts(database.render)
    await parts.rendered([ROW, OTHER], "en")
    database.version = 2
    parts.drop([ROW])
    assert await parts.rendered([ROW, OTHER], "en") == {ROW: "en 2", OTHER: "en 1"}


async def test_what_is_dropped_while_it_is_read_is_not_kept() -> None:
    database = Database()
    parts = Parts(database.render)
    database.may_answer.clear()
    reading = asyncio.create_task(parts.rendered([ROW], "en"))
    await asyncio.sleep(0)
    database.version = 2
    parts.drop([ROW])
    database.may_answer.set()
    await reading
    assert (await parts.rendered([ROW], "en"))[ROW] == "en 2"


async def test_a_whole_team_is_dropped_reads_under_way_included() -> None:
    database = Database()
    parts = Parts(database.render)
    await parts.rendered([OTHER], "en")
    database.may_answer.clear()
    reading = asyncio.create_task(parts.rendered([ROW], "en"))
    await asyncio.sleep(0)
    database.version = 2
    parts.drop_team(1)
    database.may_answer.set()
    await reading
    assert await parts.rendered([ROW, OTHER], "en") == {ROW: "en 2", OTHER: "en 1"}


async def test_who_asks_for_what_is_being_read_waits_for_that_one_read() -> None:
    database = Database()
    parts = Parts(database.render)
    database.may_answer.clear()
    reading = [asyncio.create_task(parts.rendered([ROW], "en")) for _ in range(3)]
    reading.append(asyncio.create_task(parts.rendered([ROW, OTHER], "ar")))
    await asyncio.sleep(0)
    database.may_answer.set()
    assert await asyncio.gather(*reading) == [*3 * [{ROW: "en 1"}], {ROW: "ar 1", OTHER: "ar 1"}]
    assert database.reads == 2


async def test_who_asks_after_a_change_never_gets_the_read_from_before_it() -> None:
    database = Database()
    parts = Parts(database.render)
    database.may_answer.clear()
    before = asyncio.create_task(parts.rendered([ROW], "en"))
    await asyncio.sleep(0)
    database.version = 2
    parts.drop([ROW])
    after = asyncio.create_task(parts.rendered([ROW], "en"))
    await asyncio.sleep(0)
    database.may_answer.set()
    assert (await before)[ROW] == "en 1"
    assert (await after)[ROW] == "en 2"


async def test_a_visitor_who_leaves_in_the_middle_takes_nobody_with_him() -> None:
    database = Database()
    parts = Parts(database.render)
    database.may_answer.clear()
    first = asyncio.create_task(parts.rendered([ROW], "en"))
    await asyncio.sleep(0)
    second = asyncio.create_task(parts.rendered([ROW], "en"))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    database.may_answer.set()
    assert (await second)[ROW] == "en 1"


async def test_parts_that_are_never_kept_are_read_by_everybody_for_himself() -> None:
    database = Database()
    parts = Parts(database.render, never_kept={ROW.name})
    database.may_answer.clear()
    reading = [asyncio.create_task(parts.rendered([ROW], "en")) for _ in range(2)]
    await asyncio.sleep(0)
    database.may_answer.set()
    await asyncio.gather(*reading)
    assert database.reads == 2
