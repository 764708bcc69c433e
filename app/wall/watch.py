"""Walls tell that they live; one that does not is missed."""

import asyncio
import contextlib
import logging
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import msgspec

from app.clock import Clock
from app.database import transaction
from app.live.events import WallsChanged
from app.live.publish import publish
from app.refused import Refused
from app.wall.queries import miss_walls, note_listening, note_screen, note_wall
from app.wall.views import Screen
from app.web.walls import WallViewer

log = logging.getLogger("alrt.wall")

BEAT_EVERY = timedelta(seconds=30)
MISSED_AFTER = timedelta(minutes=5)
"""Ten heartbeats: longer than any restart or deploy."""
LISTEN_EVERY = BEAT_EVERY
LONGEST_GAP = timedelta(minutes=2)

_NAME = re.compile(r"[A-Za-z0-9-]{8,40}")
_VERSION = re.compile(r"[\w.+-]{0,64}")
LARGEST = 2**31 - 1


class Beat(msgspec.Struct, frozen=True, kw_only=True):
    """What a screen says of itself."""

    screen: str
    """Made by the browser at random, and kept there."""
    version: str
    width: int
    height: int
    lag_ms: int | None = None
    nodes: int
    heap_bytes: int | None = None
    age_ms: int
    """How long ago the page was loaded: the screen's own clock may be wrong."""


async def hear(wall: WallViewer, beat: Beat, now: datetime) -> None:
    """Raises `Refused` for what no wall says."""
    screen = _checked(beat, now)
    async with transaction():
        was_missed = await note_wall(wall.id, beat.version, now)
        is_new = await note_screen(wall.id, screen)
        if was_missed or is_new:
            await publish(WallsChanged(team_id=wall.team_id, wall_id=wall.id))


def _checked(beat: Beat, now: datetime) -> Screen:
    numbers = (beat.width, beat.height, beat.nodes, beat.lag_ms or 0)
    if not _NAME.fullmatch(beat.screen) or not _VERSION.fullmatch(beat.version):
        raise Refused("screen or version")
    if not all(0 <= number <= LARGEST for number in numbers) or not 0 <= (beat.heap_bytes or 0) < 2**53:
        raise Refused("numbers")
    age = timedelta(milliseconds=min(max(beat.age_ms, 0), 100 * 365 * 24 * 3600 * 1000))
    return Screen(
        screen=beat.screen,
        version=beat.version,
        width=beat.width,
        height=beat.height,
        lag_ms=beat.lag_ms,
        nodes=beat.nodes,
        heap_bytes=beat.heap_bytes,
        loaded_at=(now - age).astimezone(UTC),
        last_seen_at=now,
    )


@contextlib.asynccontextmanager
async def listening(clock: Clock) -> AsyncIterator[None]:
    """Notes that heartbeats can be received, for as long as the context lasts."""
    noting = asyncio.create_task(_note_for_ever(clock))
    try:
        yield
    finally:
        noting.cancel()
        await asyncio.gather(noting, return_exceptions=True)


async def _note_for_ever(clock: Clock) -> None:
    while True:
        try:
            await listen(clock())
        except Exception as error:
            # Without the database no heartbeat is received either.
            log.warning("walls can't be heard now: %s", error or type(error).__name__)
        await asyncio.sleep(LISTEN_EVERY.total_seconds())


async def listen(now: datetime) -> None:
    await note_listening(now, LONGEST_GAP)


async def miss_silent_walls(now: datetime) -> int:
    """Tells settings, and the bells of managers, of each wall that has fallen silent since the last look; how many.

    While the web or its database was away, no wall could be heard: that time proves nothing.
    """
    async with transaction():
        missed = await miss_walls(MISSED_AFTER, now)
        await publish(*(WallsChanged(team_id=team_id, wall_id=wall_id) for team_id, wall_id in missed))
    return len(missed)
