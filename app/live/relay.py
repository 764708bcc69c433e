"""Carries committed events from the outbox to Redis: a process of its own, of which any number may run."""

import asyncio
import contextlib
import logging
import math
from collections.abc import AsyncIterator

import asyncpg
from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.live.channel import APPEND, KEPT, LIFE, LIVE, NOTED, TICK

log = logging.getLogger("alrt.relay")

BATCH = 500
LOOK_EVERY = 1.0
TICK_EVERY = 5.0
RETRY = 0.5
# Any number that no other program locks in the same database.
RELAY_LOCK = 4_172_650_412

AWAY = (
    OSError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    # A server that ends a connection in the middle of an answer.
    asyncpg.InternalClientError,
    RedisError,
    TimeoutError,
)

TAKE = """
DELETE FROM outbox WHERE id IN (SELECT id FROM outbox ORDER BY id LIMIT $1)
RETURNING id, payload::text AS payload, extract(epoch FROM clock_timestamp() - recorded_at)::float8 AS age
"""

# The sequence alone would not do. It is logged ahead: after a crash, and in every copy of a disk, it stands up to 32
# numbers further than it was. And a change may be shown that was lost before its event went out. So the life of the
# server counts, as Redis's run_id does: it ends with every restart, failover and restore of a disk. A dump that is read
# into a server which goes on sets the sequence back, or makes another database of it.
LOOK = """
SELECT last_value, (SELECT oid FROM pg_database WHERE datname = current_database())
       || ' since ' || extract(epoch FROM pg_postmaster_start_time())
FROM outbox_id_seq
"""


async def run_relay(database_url: str, redis_url: str) -> None:
    """Relays until cancelled, through any outage of PostgreSQL or Redis."""
    while True:
        try:
            async with connections(database_url, redis_url) as (connection, redis):
                await Relay(connection, redis).run()
        except AWAY as error:
            log.warning("relay waits: %s", error or type(error).__name__)
            await asyncio.sleep(RETRY)


@contextlib.asynccontextmanager
async def connections(database_url: str, redis_url: str) -> AsyncIterator[tuple[asyncpg.Connection, Redis]]:
    connection = await asyncpg.connect(
        database_url,
        timeout=5,
        command_timeout=4,
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
        async with self._transaction():
            await self._connection.execute("SELECT pg_advisory_xact_lock($1)", RELAY_LOCK)
            newest, life = await self._connection.fetchrow(LOOK)
            noted, its_life = await self._redis.mget(NOTED, LIFE)
            if its_life != life.encode() or newest < int(noted or 0):
                log.info("another life of the database: pages load anew")
                # At once: whoever is killed between the two would leave the old stream to the new life.
                async with self._redis.pipeline(transaction=True) as forget:
                    forget.delete(LIVE, NOTED)
                    forget.set(LIFE, life)
                    await forget.execute()
        await self._announce([TICK])

    async def drain(self) -> int:
        """Relays what is committed, until nothing is left. A crash before the commit only repeats events."""
        relayed = 0
        while taken := await self._relay_some():
            relayed += taken
        return relayed

    async def _relay_some(self) -> int:
        async with self._transaction():
            if not await self._connection.fetchval("SELECT pg_try_advisory_xact_lock($1)", RELAY_LOCK):
                return 0
            began = _now()
            rows = sorted(await self._connection.fetch(TAKE, BATCH), key=lambda row: row["id"])
            if rows:
                since = _now() - began
                entries = [aged(row["payload"], row["age"], since) for row in rows]
                await self._announce(entries, newest=rows[-1]["id"])
        return len(rows)

    @contextlib.asynccontextmanager
    async def _transaction(self) -> AsyncIterator[None]:
        """Of a server that does not answer no rollback is asked: that would be waited for once more."""
        transaction = self._connection.transaction()
        await transaction.start()
        try:
            yield
        except BaseException:
            self._connection.terminate()
            raise
        await transaction.commit()

    async def _tick_when_quiet(self) -> None:
        if _now() - self._last_entry >= TICK_EVERY:
            await self._announce([TICK])

    async def _announce(self, entries: list[str], newest: int = 0) -> None:
        await self._append(keys=[LIVE, NOTED], args=[KEPT, newest, *entries])
        self._last_entry = _now()


def aged(payload: str, age: float | None, since: float) -> str:
    """The entry with its age in milliseconds, rounded up: when it was taken, and what went by since.

    Together with the entry's id, which is Redis's time, that tells when it was, whatever the other clocks say.
    """
    return payload if age is None else f'{payload[:-1]}, "age": {math.ceil(max(0.0, age + since) * 1000)}}}'


def _now() -> float:
    return asyncio.get_running_loop().time()
