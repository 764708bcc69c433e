"""When all is quiet: does every page that may see a change show it, and nothing else?"""

import contextlib
import re

import asyncpg
import httpx

from app.clients.queries import client_ids
from app.clock import system_clock
from app.database import query
from app.live.channel import LIVE
from app.live.cursor import Cursor, StreamId, stream_id
from app.live.events import AnyEvent, decode
from app.live.fragments import parts_for, renderer
from app.live.pages import Page
from app.live.parts import Part, bell_part
from tests.faults.chromium import Tab
from tests.faults.dom import Shown, Tree, difference, differences, parse
from tests.faults.open_pages import ComeBack, OpenPage, Visitor
from tests.faults.world import World

Events = list[tuple[StreamId, AnyEvent]]
"""Newest first."""

LOOKED_AT = 3000
"""Newest entries of the stream."""

AWAY = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, httpx.HTTPError, ComeBack, TimeoutError)

PARTS = {
    "dashboard": ("summary", "client_row"),
    "client": ("client_header", "client_cards", "heatmap", "charts", "stories_archive", "notes"),
    "bell": ("bell",),
}
"""Of what a page consists, rendered here from the database, past every cache."""

PLACES = {"label": ("client-row", "client-header"), "notes": ("client-notes",)}
"""Where the numbers stand that the writer puts into what it writes."""


class Judge:
    """Judges one round: a page that was found right stays right, because nothing is written any more."""

    def __init__(self, world: World, *, with_chromium: bool) -> None:
        self._world = world
        self._with_chromium = with_chromium and world.chromium is not None
        self._right: set[OpenPage] = set()
        self._told: dict[tuple[int, str, str], Shown] = {}

    async def problems(self) -> list[str]:
        """What is not as it should be (yet)."""
        try:
            return await self._look()
        except AWAY as error:
            return [f"could not look: {error!r}"]

    async def _look(self) -> list[str]:
        waiting = (await query("SELECT count(*) AS count FROM outbox"))[0]["count"]
        if waiting:
            return [f"{waiting} events wait in the outbox"]
        run_id, events = await self._stream()
        found: list[str] = []
        for visitor in self._world.visitors:
            if visitor.crashed is not None:
                raise visitor.crashed
            for page in visitor.pages:
                if page not in self._right:
                    team_id = self._world.people[visitor.name].team_id
                    late = _late(page, visitor.is_live, run_id, events, team_id)
                    problems = [late] if late else await self._compare(visitor, page)
                    found += [f"{visitor.name} at {page.path} {problem}" for problem in problems]
                    if not problems:
                        self._right.add(page)
        if not found and self._with_chromium:
            found += await self._look_into_chromium(run_id, events)
        return found

    async def _look_into_chromium(self, run_id: str, events: Events) -> list[str]:
        chromium = self._world.chromium
        assert chromium is not None
        await chromium.look()
        found = []
        for tab in chromium.tabs:
            late = _late(tab, tab.is_live, run_id, events, self._world.people[chromium.name].team_id)
            problems = [late] if late else await self._compare_tab(tab)
            found += [f"{chromium.name}'s Chromium at {tab.path} ('{await tab.title()}') {each}" for each in problems]
        return found

    async def _compare_tab(self, tab: Tab) -> list[str]:
        """Within what is ever pushed: scripts change other places, by design."""
        twins = [
            (visitor, page)
            for visitor in self._world.visitors
            for page in visitor.pages
            if page.path == tab.path and visitor.language == "en"
        ]
        pushed = {element_id for _, page in twins for element_id in page.pushed}
        assert tab.tree is not None
        fresh = parse(await twins[0][0].fetch(tab.path))
        return differences(Shown(tab.tree), Shown(fresh), only=pushed)

    async def _stream(self) -> tuple[str, Events]:
        async with contextlib.aclosing(self._world.cache.client()) as redis:
            run_id = (await redis.info("server"))["run_id"]
            entries = await redis.xrevrange(LIVE, count=LOOKED_AT)
        events = [
            (stream_id(position.decode()), decode(fields[b"e"]))
            for position, fields in entries
            if fields[b"e"].startswith(b"{")
        ]
        return run_id, events

    async def _compare(self, visitor: Visitor, page: OpenPage) -> list[str]:
        fresh = parse(await visitor.fetch(page.path))
        # Nothing is pushed any more, but it may be loaded anew meanwhile.
        tree = page.tree
        if tree is None:
            return ["is just being loaded anew"]
        shown, shown_fresh = Shown(tree), Shown(fresh)
        found = differences(shown, shown_fresh)
        for name in page.names:
            found += await self._unlike_the_database(visitor, name, shown_fresh)
        found += self._missing(tree)
        return found

    async def _unlike_the_database(self, visitor: Visitor, name: str, fresh: Shown) -> list[str]:
        """What a fresh load shows otherwise than the database says."""
        told = await self._told_by_the_database(self._world.people[visitor.name].team_id, visitor.language, name)
        return [
            f"{name}, #{element_id}: by the database {difference(text, fresh.texts.get(element_id))}"
            for element_id, text in told.texts.items()
            if element_id and text != fresh.texts.get(element_id)
        ]

    async def _told_by_the_database(self, team_id: int, language: str, name: str) -> Shown:
        """The parts of a page, rendered past every cache; once a round, because nobody writes any more."""
        key = (team_id, language, name)
        if key not in self._told:
            page = Page.parse(name)
            parts = (
                [part for kind in PARTS.get(page.kind, ()) for part in await _parts(kind, team_id, page)]
                if page
                else []
            )
            rendered = await renderer(system_clock)(parts, language)
            self._told[key] = Shown(parse("".join(str(rendered[part]) for part in parts)))
        return self._told[key]

    def _missing(self, tree: Tree) -> list[str]:
        """Numbers that the writer was told are committed, and that the page does not show."""
        found = []
        for (client_id, what), number in self._world.writer.newest.items():
            for place in PLACES.get(what, ()):
                element = tree.find(f"{place}-{client_id}")
                if element is None:
                    continue
                numbers = [int(each) for each in re.findall(r"(?:acme|globex) (\d{12,})", element.text())]
                if not numbers or max(numbers) < number:
                    found.append(f"#{place}-{client_id} shows {numbers} where {what} {number} was committed")
        return found


def _late(page: OpenPage | Tab, is_live: bool, run_id: str, events: Events, team_id: int) -> str | None:
    """Why the page can't be current by its own account."""
    if page.tree is None or not is_live:
        return "is not live"
    cursor = Cursor.parse(page.cursor)
    if cursor is None or cursor.run_id != run_id:
        return f"has a cursor of another run: {page.cursor}"
    pages = [known for name in page.names if (known := Page.parse(name))]
    for position, event in events:
        if event.team_id == team_id and any(parts_for(event, each) for each in pages):
            if position > cursor.position:
                return f"has the cursor {cursor.position}, before {event.name} at {position}"
            break
    return None


async def _parts(kind: str, team_id: int, page: Page) -> list[Part]:
    if kind == "client_row":
        return [Part(kind, team_id, client_id) for client_id in await client_ids(team_id)]
    if kind == "bell":
        return [bell_part(team_id, page.of)]
    return [Part(kind, team_id, page.of)]
