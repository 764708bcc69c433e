"""The worker process: arq, kept alive through restarts of Redis."""

import asyncio
import contextlib
import logging

from arq import Worker
from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.clock import system_clock
from app.database import database
from app.reading.batch import Tools
from app.settings import Settings
from app.sources.limits import Spacing
from app.sources.open import open_source
from app.storage.open import open_storage
from tasks.worker import worker_options

log = logging.getLogger("alrt.worker")

RETRY = 0.5


async def run_worker(settings: Settings, database_url: str, redis_url: str) -> None:
    """Works until cancelled."""
    source = open_source(settings, system_clock)
    redis = Redis.from_url(redis_url, socket_timeout=10, socket_connect_timeout=2)
    tools = Tools(source, open_storage(settings.storage_url), Spacing(redis), system_clock)
    async with database(database_url), contextlib.aclosing(redis):
        try:
            while True:
                await _work(redis_url, tools)
                await asyncio.sleep(RETRY)
        finally:
            await source.close()


async def _work(redis_url: str, tools: Tools) -> None:
    """One life of arq's worker, which ends when Redis goes away."""
    worker = Worker(**worker_options(redis_url, tools.source.rhythm), ctx={"tools": tools})
    try:
        await worker.async_run()
    except (OSError, RedisError, TimeoutError) as error:
        log.warning("worker waits for Redis: %s", error or type(error).__name__)
    finally:
        with contextlib.suppress(Exception):
            await asyncio.wait_for(worker.close(), 3)
