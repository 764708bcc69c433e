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
