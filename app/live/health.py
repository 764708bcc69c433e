"""How the push fares: each web process writes down a summary, and whoever asks reads all of them."""

import asyncio
import contextlib
import logging
import os
import socket
import time
from collections.abc import AsyncIterator

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from app.database import query
from app.live.channel import LIVE
from app.live.cursor import stream_id
from app.live.hub import Hub
from app.live.measures import percentile
from app.live.views import ProcessHealth, PushHealth, Took

log = logging.getLogger("alrt.hub")

EVERY = 5.0
FORGOTTEN_AFTER = 16
"""Seconds after which a process that says nothing no longer counts."""
PROCESSES = "live:processes"
PAINTS_TOLD = 300
"""Samples in a summary, from which the percentiles over all processes are made."""


@contextlib.asynccontextmanager
async def reported(hub: Hub, redis: Redis) -> AsyncIterator[None]:
    """Writes the summary of this process down for as long as the context lasts."""
    process = f"{socket.gethostname()}:{os.getpid()}"
    reporting = asyncio.create_task(_report_for_ever(hub, redis, process, time.monotonic()))
    try:
        yield
    finally:
        reporting.cancel()
        await asyncio.gather(reporting, return_exceptions=True)
        with contextlib.suppress(RedisError, OSError):
            await redis.delete(_key(process))


async def _report_for_ever(hub: Hub, redis: Redis, process: str, began: float) -> None:
    while True:
        try:
            await report(hub, redis, process, up=time.monotonic() - began)
        except (RedisError, OSError, TimeoutError) as error:
            log.debug("this process's state can't be told now: %s", error)
        await asyncio.sleep(EVERY)


async def report(hub: Hub, redis: Redis, process: str, *, up: float) -> None:
    async with redis.pipeline(transaction=False) as pipeline:
        pipeline.set(_key(process), msgspec.json.encode(_health_of(hub, process, up)), ex=FORGOTTEN_AFTER)
        pipeline.sadd(PROCESSES, process)
        await pipeline.execute()


def _health_of(hub: Hub, process: str, up: float) -> ProcessHealth:
    streams = list(hub.streams())
    measures = hub.measures
    return ProcessHealth(
        process=process,
        up_seconds=up,
        streams=len(streams),
        pages=sum(page.kind != "bell" for stream in streams if stream.is_member for page, _ in stream.shown),
        stalled=sum(stream.is_stalled for stream in streams),
        programs=sum(1 for _ in hub.followers),
        joins=measures.joins,
        replays=measures.replays,
        reloads=measures.reloads,
        skips=measures.skips,
        passes=took(measures.passes.values(), measures.passes.count, measures.passes.total),
        paints=took(measures.paints.values(), measures.paints.count, measures.paints.total),
        paint_samples=[round(seconds, 4) for seconds in measures.paints.some(PAINTS_TOLD)],
        taken=str(hub.cursor.position[0]) if hub.cursor else None,
        is_hearing=hub.is_hearing,
    )


def took(values: list[float], count: int, total: float) -> Took:
    return Took(count=count, total=total, p50=percentile(values, 0.5), p99=percentile(values, 0.99))


async def push_health(redis: Redis) -> PushHealth:
    """Of all web processes and the relay, as of now. Raises what Redis and the database raise."""
    processes = await _processes(redis)
    waiting, lag = await _outbox()
    samples = [seconds for process in processes for seconds in process.paint_samples]
    count, total = (sum(getattr(one.paints, name) for one in processes) for name in ("count", "total"))
    return PushHealth(
        processes=processes,
        paints=took(samples, count, total),
        measured=len(samples),
        waiting=waiting,
        lag=lag,
        silent_for=await _silence(redis),
    )


async def _processes(redis: Redis) -> list[ProcessHealth]:
    names = sorted(name.decode() for name in await redis.smembers(PROCESSES))  # type: ignore[misc]
    told = await redis.mget([_key(name) for name in names]) if names else []
    if gone := [name for name, found in zip(names, told, strict=True) if found is None]:
        await redis.srem(PROCESSES, *gone)  # type: ignore[misc]
    return [msgspec.json.decode(found, type=ProcessHealth) for found in told if found is not None]


async def _outbox() -> tuple[int, float]:
    """How many events wait for the relay, and for how many seconds the oldest does."""
    (row,) = await query(
        "SELECT count(*) AS waiting,"
        " coalesce(extract(epoch FROM clock_timestamp() - min(recorded_at)), 0)::float8 AS lag FROM outbox"
    )
    return row["waiting"], max(0.0, row["lag"])


async def _silence(redis: Redis) -> float | None:
    """Seconds since the newest entry of the stream, by Redis's clock; None where there is no stream."""
    try:
        stream = await redis.xinfo_stream(LIVE)
    except ResponseError:
        return None
    seconds, microseconds = await redis.time()
    newest = stream_id(stream["last-generated-id"].decode())[0] / 1000
    return max(0.0, int(seconds) + int(microseconds) / 1e6 - newest)


def _key(process: str) -> str:
    return f"live:process:{process}"
