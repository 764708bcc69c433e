"""The protocol of docs/live.md as a model: random interleavings of writers, relay, hub, passes and pages.

Every `yield` is a place where anybody else may go on. The real code is `app/live/`; change the model first.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

PARTS = ("row", "card")
Actor = Iterator[None]


@dataclass
class World:
    wrong: str = ""
    """Which nearby wrong variant is played; empty: the protocol."""
    database: dict[str, int] = field(default_factory=lambda: dict.fromkeys(PARTS, 0))
    outbox: list[tuple[str, int]] = field(default_factory=list)
    stream: list[tuple[str, int]] = field(default_factory=list)
    taken: int = 0
    dirty: set[str] = field(default_factory=set)
    cache: dict[str, int] = field(default_factory=dict)
    reads: dict[str, "Read"] = field(default_factory=dict)
    """The newest of each part."""
    drops: int = 0
    dropped_at: dict[str, int] = field(default_factory=dict)
    pass_running: bool = False
    pages: list["Page"] = field(default_factory=list)


@dataclass
class Read:
    began: int
    """After how many drops."""
    value: int
    ended: bool = False


@dataclass
class Page:
    shows: dict[str, int] = field(default_factory=dict)
    cursor: int = 0
    member: bool = False


def writer(world: World, part: str) -> Actor:
    yield
    world.database[part] += 1
    world.outbox.append((part, world.database[part]))


def relay(world: World) -> Actor:
    while True:
        yield
        world.stream += world.outbox
        world.outbox.clear()


def hub_takes(world: World) -> Actor:
    while True:
        yield
        if world.taken < len(world.stream):
            part, _ = world.stream[world.taken]
            world.drops += 1
            world.dropped_at[part] = world.drops
            world.cache.pop(part, None)
            world.dirty.add(part)
            world.taken += 1


def read(world: World, part: str, into: dict[str, int]) -> Actor:
    if part in world.cache:
        into[part] = world.cache[part]
        return
    other = world.reads.get(part)
    if other and not other.ended and counts(world, part, other, "wait for a read that was dropped"):
        while not other.ended:
            yield
        into[part] = other.value
        return
    mine = world.reads[part] = Read(world.drops, world.database[part])
    yield
    if counts(world, part, mine, "cache what was dropped meanwhile"):
        world.cache[part] = mine.value
    into[part] = mine.value
    mine.ended = True


def counts(world: World, part: str, read: Read, wrong: str) -> bool:
    """Whether nothing was heard of that changed the part since the read began."""
    return world.wrong == wrong or world.dropped_at.get(part, 0) <= read.began


def runs_passes(world: World) -> Actor:
    while True:
        yield
        if world.dirty and not world.pass_running:
            world.pass_running = world.wrong != "several passes at once"
            dirty, cursor = sorted(world.dirty), world.taken
            world.dirty.clear()
            rendered: dict[str, int] = {}
            for part in dirty:
                yield from read(world, part, rendered)
            yield
            if world.wrong == "cursor taken after the reads":
                cursor = world.taken
            for page in world.pages:
                if page.member:
                    page.shows |= rendered
                    page.cursor = cursor
            world.pass_running = False


def opens_a_page(world: World, page: Page) -> Actor:
    yield
    page.cursor = world.taken
    for part in PARTS:
        yield from read(world, part, page.shows)
        yield
    if world.wrong == "page cursor after the reads":
        page.cursor = world.taken
    for _ in range(2):  # joins, is away for a while, and joins anew from its own cursor
        page.member = False
        yield
        while world.pass_running:
            yield
        world.pass_running = world.wrong != "join during a pass"
        cursor, missed = world.taken, {part for part, _ in world.stream[page.cursor : world.taken]}
        yield
        for part in sorted(missed):
            yield from read(world, part, page.shows)
        page.cursor, page.member, world.pass_running = cursor, True, False


def stale(world: World) -> bool:
    return any(
        page.shows.get(part, 0) < version
        for page in world.pages
        if page.member
        for part, version in world.stream[: page.cursor]
    )


def plays_stale(schedule: bytes, wrong: str = "") -> bool:
    """Whether any page ever misses an event at or below its cursor, or ends unlike a fresh load."""
    world = World(wrong=wrong, pages=[Page(), Page()])
    actors: list[Actor] = [
        *(writer(world, part) for part in PARTS * 2),
        *(opens_a_page(world, page) for page in world.pages),
        relay(world),
        hub_takes(world),
        runs_passes(world),
        *([runs_passes(world)] if wrong == "several passes at once" else []),
    ]
    for turn in schedule + bytes(range(len(actors))) * 30:
        # A burst of steps: one actor often runs far before another goes on.
        for _ in range(1 + turn // len(actors) % 8):
            next(actors[turn % len(actors)], None)
            if stale(world):
                return True
    return any(page.shows != world.database for page in world.pages)


schedules = st.binary(max_size=60)


@settings(max_examples=1000)
@given(schedules)
def test_a_page_contains_every_event_up_to_its_cursor(schedule: bytes) -> None:
    assert not plays_stale(schedule)


@pytest.mark.parametrize(
    "wrong",
    [
        "page cursor after the reads",
        "cursor taken after the reads",
        "join during a pass",
        "several passes at once",
        "cache what was dropped meanwhile",
        "wait for a read that was dropped",
    ],
)
def test_the_model_finds_each_wrong_variant(wrong: str) -> None:
    try:
        find(schedules, lambda schedule: plays_stale(schedule, wrong), settings=settings(max_examples=20_000))
    except NoSuchExample:
        pytest.fail(f"the model can't tell '{wrong}' from the protocol")
