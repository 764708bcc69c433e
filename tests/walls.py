"""Screens without anybody in front of them."""

import contextlib
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import httpx
import msgspec
from redis.asyncio import Redis

from app.clients.queries import ClientRef
from app.embedded.servers import Urls
from app.wall.pairing import Waiting, WallFacts, pair, wait_for_pairing
from app.wall.watch import LISTEN_EVERY, listen
from app.web.attempts import Attempts
from app.web.walls import COOKIE
from tests.cast import NOW, Person
from tests.product import Product

ALL = WallFacts(name="Kitchen", language="en", time_zone="", shows_all=True)
SCREEN = {"x-alrt-wall": "1"}


def only(*clients: ClientRef, labels: tuple[str, ...] = (), name: str = "Kitchen") -> WallFacts:
    return WallFacts(
        name=name,
        language="en",
        time_zone="",
        shows_all=False,
        clients=tuple(client.id for client in clients),
        labels=labels,
    )


@contextlib.asynccontextmanager
async def attempts(urls: Urls) -> AsyncIterator[Attempts]:
    redis = Redis.from_url(urls.redis_url)
    yield Attempts(redis)
    await redis.aclose()


async def code_for(urls: Urls, token: str | None = None, now: datetime = NOW) -> Waiting:
    """What a screen with this token shows."""
    async with attempts(urls) as limits:
        waiting = await wait_for_pairing(token, "192.0.2.1", limits, now)
    assert waiting is not None
    return waiting


async def new_wall(urls: Urls, person: Person, facts: WallFacts = ALL, now: datetime = NOW) -> tuple[int, str]:
    """Its id, and the token that its screen holds."""
    waiting = await code_for(urls, now=now)
    return await pair(person.team_id, waiting.code, facts, now), waiting.token


@contextlib.asynccontextmanager
async def screen(
    product: Product, person: Person, facts: WallFacts = ALL
) -> AsyncIterator[tuple[int, httpx.AsyncClient]]:
    """A paired screen: the wall's id, and its browser."""
    wall_id, token = await new_wall(product.urls, person, facts, product.now())
    async with product.visitor() as visitor:
        visitor.cookies.set(COOKIE, token)
        yield wall_id, visitor


async def listened(since: datetime, until: datetime) -> None:
    """A web process received heartbeats all the while."""
    while since < until:
        await listen(since)
        since += LISTEN_EVERY
    await listen(until)


def beat(**changes: Any) -> dict[str, Any]:
    return {
        "screen": "0123456789abcdef",
        "version": "1",
        "width": 1920,
        "height": 1080,
        "lag_ms": 40,
        "nodes": 900,
        "heap_bytes": 9_000_000,
        "age_ms": 60_000,
    } | changes


async def send_beat(visitor: httpx.AsyncClient, **changes: Any) -> httpx.Response:
    content = msgspec.json.encode(beat(**changes))
    return await visitor.post(
        "/wall/heartbeat", content=content, headers={**SCREEN, "content-type": "application/json"}
    )
