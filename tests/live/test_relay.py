"""From the outbox to Redis, through crashes and restores."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from redis.asyncio import Redis

from app.database import query, transaction
from app.embedded.servers import Urls
from app.live.channel import LIVE, NOTED
from app.live.events import ClientEdited, decode
from app.live.publish import publish
from app.live.relay import RELAY_LOCK, Relay, connections
from tests.faults.processes import Database


@pytest.fixture
async def redis(urls: Urls, empty: None) -> AsyncIterator[Redis]:
    redis = Redis.from_url(urls.redis_url)
    yield redis
    await redis.aclose()


@contextlib.asynccontextmanager
async def a_relay(urls: Urls) -> AsyncIterator[Relay]:
    async with connections(urls.database_url, urls.redis_url) as (connection, redis):
        relay = Relay(connection, redis)
        await relay.begin()
        yield relay


async def announce(*client_ids: int) -> None:
    async with transaction():
        await publish(*(ClientEdited(team_id=1, client_id=client_id) for client_id in client_ids))


async def relayed(redis: Redis) -> list[int]:
    entries = [fields[b"e"] for _, fields in await redis.xrange(LIVE)]
    return [getattr(decode(entry), "client_id", 0) for entry in entries if entry.startswith(b"{")]


async def test_events_go_out_in_the_order_of_their_ids(urls: Urls, redis: Redis) -> None:
    await announce(1, 2, 3)
    await announce(4)
    async with a_relay(urls) as relay:
        assert await relay.drain() == 4
    assert await relayed(redis) == [1, 2, 3, 4]
    assert await query("SELECT id FROM outbox") == []


async def test_more_than_one_batch_goes_out_whole(urls: Urls, redis: Redis) -> None:
    await announce(*range(1, 1202))
    async with a_relay(urls) as relay:
        await relay.drain()
    assert await relayed(redis) == list(range(1, 1202))


async def test_a_new_stream_begins_with_start(urls: Urls, redis: Redis) -> None:
    async with a_relay(urls):
        pass
    (_, first), *_ = await redis.xrange(LIVE)
    assert first == {b"e": b"start"}


async def test_a_stream_that_was_emptied_begins_anew_with_the_next_event(urls: Urls, redis: Redis) -> None:
    async with a_relay(urls) as relay:
        await redis.flushall()
        await announce(5)
        await relay.drain()
    (_, first), *_ = await redis.xrange(LIVE)
    assert first == {b"e": b"start"}
    assert await relayed(redis) == [5]


def announce_and_crash(relay: Relay) -> Callable[..., Awaitable[None]]:
    announce_entries = relay._announce

    async def crash(*args: Any, **kwargs: Any) -> None:
        await announce_entries(*args, **kwargs)
        relay._connection.terminate()

    return crash


async def test_a_crash_before_the_commit_only_repeats_events(
    urls: Urls, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    await announce(1, 2)
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
        async with a_relay(urls) as relay:
            monkeypatch.setattr(relay, "_announce", announce_and_crash(relay))
            await relay.drain()
    async with a_relay(urls) as relay:
        await relay.drain()
    assert await relayed(redis) == [1, 2, 1, 2]


async def test_two_relays_at_once_lose_nothing_and_keep_the_order(urls: Urls, redis: Redis) -> None:
    async with a_relay(urls) as one, a_relay(urls) as other:
        for batch in range(20):
            await announce(*range(batch * 5, batch * 5 + 5))
            await asyncio.gather(one.drain(), other.drain())
        await one.drain()
    assert await relayed(redis) == list(range(100))


async def test_while_another_relay_is_at_it_nothing_is_taken(urls: Urls, redis: Redis) -> None:
    holder = await asyncpg.connect(urls.database_url)
    async with a_relay(urls) as relay:
        await announce(1)
        async with holder.transaction():
            await holder.execute("SELECT pg_advisory_xact_lock($1)", RELAY_LOCK)
            assert await relay.drain() == 0
        assert await relay.drain() == 1
    await holder.close()


async def test_a_database_that_went_back_in_time_starts_a_new_stream(urls: Urls, redis: Redis) -> None:
    await announce(1, 2, 3)
    async with a_relay(urls) as relay:
        await relay.drain()
    await query("SELECT setval('outbox_id_seq', 1)")
    async with a_relay(urls):
        pass
    assert await relayed(redis) == []
    assert await redis.get(NOTED) is None


async def test_a_copy_of_a_moment_ago_starts_a_new_stream(urls: Urls, redis: Redis, tmp_path: Path) -> None:
    """After a crash, or out of a copy of the disk, the sequence stands further than it did: it tells of nothing."""
    database = Database(tmp_path)
    await database.start()
    try:
        restored = Urls(database.url, urls.redis_url)
        await sql(restored, "CREATE TABLE outbox (id bigserial PRIMARY KEY, payload jsonb, recorded_at timestamptz)")
        async with a_relay(restored) as relay:
            await sql(restored, INSERT.format(1))
            await relay.drain()
            copy = await database.copy()
            await sql(restored, INSERT.format(2))
            await relay.drain()
            assert await relayed(redis) == [1, 2]
        await database.kill()
        database.put_back(copy)
        await database.server.start()
        async with a_relay(restored):
            pass
        assert await relayed(redis) == []
        async with a_relay(restored) as relay:
            await sql(restored, INSERT.format(3))
            await relay.drain()
        # No life has begun since: nobody loads anew for a relay that was started again.
        async with a_relay(restored):
            pass
        assert await relayed(redis) == [3]
    finally:
        await database.server.stop(5)


INSERT = """INSERT INTO outbox (payload) VALUES ('{{"type":"ClientEdited","team_id":1,"client_id":{}}}')"""


async def sql(urls: Urls, text: str) -> None:
    connection = await asyncpg.connect(urls.database_url)
    await connection.execute(text)
    await connection.close()


async def test_each_announcement_names_the_entry_before_it(urls: Urls, redis: Redis) -> None:
    async with redis.pubsub() as subscription:
        await subscription.subscribe(LIVE)
        async with a_relay(urls) as relay:
            await announce(1, 2)
            await relay.drain()
        previous = b"0-0"
        for _ in await redis.xrange(LIVE):
            message = None
            while message is None:
                message = await subscription.get_message(ignore_subscribe_messages=True, timeout=1)
            before, position, _ = message["data"].split(b"|", 2)
            assert before == previous
            previous = position
