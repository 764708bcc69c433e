"""A deploy under many open streams: the web process is told to stop, and another one is started."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import httpx
import msgspec

from tests.faults.processes import Web
from tests.faults.streams import Streams

Change = Callable[[int], Awaitable[None]]
"""Commits something that the streams are told of, with this number in it."""


class Deployed(msgspec.Struct):
    stopped: float
    """Seconds until the old process was gone."""
    started: float
    back: float
    """Seconds from when the new process answers until every stream is live again and has heard of all changes."""
    reloads: int
    answers: list[float]
    """Seconds that the dashboard took each time it was asked meanwhile."""


async def deploy(web: Web, streams: Streams, change: Change, visitor: httpx.AsyncClient) -> Deployed:
    await change(1)
    await streams.until(lambda stream: stream.number == 1, 60)
    began = time.monotonic()
    await web.stop(10)
    stopped = time.monotonic()
    # Committed while nobody is there to take it.
    await change(2)
    await web.start()
    await web.until_ready()
    ready = time.monotonic()
    answers: list[float] = []
    asking = asyncio.create_task(_ask(visitor, answers))
    await change(3)
    await streams.until(lambda stream: stream.is_live and stream.number == 3, 60)
    back = time.monotonic()
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    return Deployed(stopped - began, ready - stopped, back - ready, streams.reloads, answers)


async def _ask(visitor: httpx.AsyncClient, answers: list[float]) -> None:
    while True:
        began = time.monotonic()
        answer = await visitor.get("/", timeout=30)
        assert answer.status_code == 200, answer.text
        answers.append(time.monotonic() - began)
        await asyncio.sleep(0.02)
