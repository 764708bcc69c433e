import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import pairwise
from types import SimpleNamespace
from unittest.mock import AsyncMock

import msgspec
import pytest
from redis.asyncio import Redis

from app.embedded.servers import Urls
from app.sources import limits
from app.sources.limits import Spacing
from tests.fakes.source import ScriptedSource


@pytest.fixture
async def redis(urls: Urls, empty: None) -> AsyncIterator[Redis]:
    redis = Redis.from_url(urls.redis_url)
    yield redis
    await redis.aclose()


@pytest.fixture
def sleeps(monkeypatch: pytest.MonkeyPatch) -> AsyncMock:
    sleep = AsyncMock()
    monkeypatch.setattr(limits, "asyncio", SimpleNamespace(sleep=sleep))
    return sleep


def source(name: str = "slow", seconds: float = 3) -> ScriptedSource:
    made = ScriptedSource()
    made.name = name
    made.rhythm = msgspec.structs.replace(made.rhythm, spacing=timedelta(seconds=seconds))
    return made


async def slot_after(redis: Redis) -> int:
    return int(await redis.get("spacing:slow") or 0)


async def test_four_askers_get_slots_three_seconds_apart(redis: Redis, sleeps: AsyncMock) -> None:
    slots = []
    for _ in range(4):
        await Spacing(redis).wait(source())
        slots.append(await slot_after(redis))
    assert [later - earlier for earlier, later in pairwise(slots)] == [3000, 3000, 3000]
    # Each waits until its own slot, which is what the one before had left free.
    waits = [call.args[0] for call in sleeps.await_args_list]
    assert [-(-wait // 3) for wait in waits] == [0, 1, 2, 3]


async def test_askers_at_once_from_several_workers_share_the_slots(urls: Urls, redis: Redis, sleeps: AsyncMock) -> None:
    workers = [Redis.from_url(urls.redis_url) for _ in range(3)]
    await asyncio.gather(*(Spacing(worker).wait(source()) for worker in workers for _ in range(4)))
    waits = sorted(call.args[0] for call in sleeps.await_args_list)
    assert [-(-wait // 3) for wait in waits] == list(range(12))
    for worker in workers:
        await worker.aclose()


async def test_another_source_has_slots_of_its_own(redis: Redis, sleeps: AsyncMock) -> None:
    await Spacing(redis).wait(source("slow"))
    await Spacing(redis).wait(source("other"))
    assert [call.args for call in sleeps.await_args_list] == [(0,), (0,)]


async def test_a_source_without_spacing_asks_nobody(redis: Redis, sleeps: AsyncMock) -> None:
    await Spacing(Redis(port=1)).wait(source(seconds=0))
    sleeps.assert_not_awaited()
    assert await slot_after(redis) == 0


async def test_a_slot_long_past_is_forgotten(redis: Redis, sleeps: AsyncMock) -> None:
    await Spacing(redis).wait(source())
    assert 0 < await redis.pttl("spacing:slow") <= 4000
