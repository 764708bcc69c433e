"""The connection pool, when a transaction is cut short, or the database goes away under it."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import asyncpg
import pytest

from app.database import query, transaction
from app.embedded.servers import Urls
from app.piccolo_conf import DB, Engine
from tests.cast import Cast
from tests.faults.roads import Road

MORE_THAN_THE_POOL_HOLDS = 25
BROKEN = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    ZeroDivisionError,
)


async def _change() -> None:
    await query("SELECT 1")


async def _fail() -> None:
    raise ZeroDivisionError


@pytest.mark.parametrize("work", [_change, _fail], ids=["commit", "rollback"])
async def test_a_transaction_whose_connection_breaks_gives_its_place_back(
    urls: Urls, work: Callable[[], Awaitable[None]]
) -> None:
    operator = await asyncpg.connect(urls.database_url)
    for _ in range(MORE_THAN_THE_POOL_HOLDS):
        with pytest.raises(BROKEN):
            async with transaction():
                (row,) = await query("SELECT pg_backend_pid() AS pid")
                await operator.execute("SELECT pg_terminate_backend($1, 1000)", row["pid"])
                await work()
        # Else this task would go on in a transaction that is no more.
        assert await _in_time(query("SELECT 1 AS one")) == [{"one": 1}]
    await operator.close()


async def test_a_connection_that_broke_while_nobody_used_it_gives_its_place_back(urls: Urls) -> None:
    operator = await asyncpg.connect(urls.database_url)
    for _ in range(MORE_THAN_THE_POOL_HOLDS):
        await operator.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            " AND datname = current_database() AND backend_type = 'client backend'"
        )
        try:
            async with asyncio.timeout(5), transaction():
                await query("SELECT 1")
        except BROKEN:
            continue
    assert await _in_time(query("SELECT 1 AS one")) == [{"one": 1}]
    await operator.close()


async def all_are_back() -> bool:
    """Soon: what was cancelled while it gave its connection back still does so."""
    assert DB.pool is not None
    for _ in range(200):
        if DB.pool.get_size() == DB.pool.get_idle_size():
            return True
        await asyncio.sleep(0.01)
    return False


async def test_a_transaction_that_is_cancelled_anywhere_gives_its_connection_back(cast: Cast) -> None:
    """Jobs run out of time, and visitors leave."""

    async def renames() -> None:
        async with transaction():
            await query("UPDATE teams SET name = 'Renamed' WHERE id = {}", cast.alice.team_id)
            await query("UPDATE teams SET name = 'Again' WHERE id = {}", cast.alice.team_id)

    for steps in range(40):
        task = asyncio.ensure_future(renames())
        for _ in range(steps):
            await asyncio.sleep(0.0003)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        assert await all_are_back()
        rows = await query("SELECT name FROM teams WHERE id = {} FOR UPDATE NOWAIT", cast.alice.team_id)
        assert rows[0]["name"] in ("Acme", "Again")


async def _in_time(work: Awaitable[list[dict[str, object]]]) -> list[dict[str, object]]:
    return await asyncio.wait_for(work, 5)


async def test_a_database_that_is_gone_without_a_word_is_waited_for_once(urls: Urls) -> None:
    """Its connections stay open, and carry nothing any more."""
    port = urlsplit(urls.database_url).port
    assert port
    road = Road("database", port)
    await road.open()
    engine = Engine(config={"dsn": urls.database_url.replace(f":{port}/", f":{road.port}/")}, extensions=())
    await engine.start_connection_pool(min_size=5, max_size=5, timeout=1, command_timeout=1)
    assert engine.pool
    try:
        road.swallow()
        began = asyncio.get_running_loop().time()
        asked = [engine._run_in_pool("SELECT 1") for _ in range(3)]
        answers = await asyncio.gather(*asked, return_exceptions=True)
        assert [type(answer) for answer in answers] == [TimeoutError] * 3
        # Those of the same age that nobody has asked yet are not asked any more.
        for _ in range(5):
            assert len(await engine._run_in_pool("SELECT 1")) == 1
        assert asyncio.get_running_loop().time() - began < 2.5
    finally:
        engine.pool.terminate()
        road.close()
