"""Carries committed events from the outbox to Redis: a process of its own, of which any number may run."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

import asyncpg
from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.live.channel import APPEND, KEPT, LIVE, NOTED, TICK

log = logging.getLogger("alrt.relay")

BATCH = 500
LOOK_EVERY = 1.0
TICK_EVERY = 5.0
RETRY = 0.5
# Any number that no other program locks in the same database.
RELAY_LOCK = 4_172_650_412

TAKE = """
DELETE FROM outbox WHERE id IN (SELECT id FROM outbox ORDER BY id LIMIT $1)
RETURNING id, payload::text AS payload
"""


async def run_relay(database_url: str, redis_url: str) -> None:
    """Relays until cancelled, through any outage of PostgreSQL or Redis."""
    while True:
        try:
            async with connections(database_url, redis_url) as (connection, redis):
                await Relay(connection, redis).run()
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, RedisError, TimeoutError) as error:
            log.warning("relay waits: %s", error or type(error).__name__)
            await asyncio.sleep(RETRY)


@contextlib.asynccontextmanager
async def connections(database_url: str, redis_url: str) -> AsyncIterator[tuple[asyncpg.Connection, Redis]]:
    connection = await asyncpg.connect(
        database_url,
        timeout=5,
        command_timeout=10,
        # A relay that hangs between taking and committing must not hold the others up.
        server_settings={"idle_in_transaction_session_timeout": "5000", "application_name": "alrt relay"},
    )
    redis = Redis.from_url(redis_url, socket_timeout=2, socket_connect_timeout=2)
    try:
        yield connection, redis
    finally:
        await redis.aclose()
        connection.terminate()


class Relay:
    """One pair of connections' worth of relaying: any fault ends it, and a new one begins from the start."""

    def __init__(self, connection: asyncpg.Connection, redis: Redis) -> None:
        self._connection = connection
        self._append = redis.register_script(APPEND)
        self._redis = redis
        self._rung = asyncio.Event()
        self._last_entry = 0.0

    async def run(self) -> None:
        await self._connection.add_listener("outbox", lambda *_: self._rung.set())
        self._connection.add_termination_listener(lambda *_: self._rung.set())
        await self.begin()
        while True:
            self._rung.clear()
            await self.drain()
            await self._tick_when_quiet()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._rung.wait(), LOOK_EVERY)

    async def begin(self) -> None:
        """Sees to it that the stream belongs to this database. A missing stream begins with `start` (APPEND)."""
        async with self._connection.transaction():
            await self._connection.execute("SELECT pg_advisory_xact_lock($1)", RELAY_LOCK)
            newest = await self._connection.fetchval("SELECT last_value FROM outbox_id_seq")
            noted = int(await self._redis.get(NOTED) or 0)
            if newest < noted:
                log.warning("the database went back in time: pages load anew")
                await self._redis.delete(LIVE, NOTED)
        await self._announce([TICK])

    async def drain(self) -> int:
        """Relays what is committed, until nothing is left. A crash before the commit only repeats events."""
        relayed = 0
        while taken := await self._relay_some():
            relayed += taken
        return relayed

    async def _relay_some(self) -> int:
        async with self._connection.transaction():
            if not await self._connection.fetchval("SELECT pg_try_advisory_xact_lock($1)", RELAY_LOCK):
                return 0
            rows = sorted(await self._connection.fetch(TAKE, BATCH), key=lambda row: row["id"])
            if rows:
                await self._announce([row["payload"] for row in rows], newest=rows[-1]["id"])
        return len(rows)

    async def _tick_when_quiet(self) -> None:
        if asyncio.get_running_loop().time() - self._last_entry >= TICK_EVERY:
            await self._announce([TICK])

    async def _announce(self, entries: list[str], newest: int = 0) -> None:
        await self._append(keys=[LIVE, NOTED], args=[KEPT, newest, *entries])
        self._last_entry = asyncio.get_running_loop().time()
