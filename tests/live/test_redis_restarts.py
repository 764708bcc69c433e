"""A Redis of one's own that is killed, restarted from an old copy, failed over, emptied, or gone without a word."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from app.clients.edit import ClientChanges, edit_client
from app.embedded.servers import Urls
from app.settings import Settings
from tests.cast import Cast
from tests.faults.processes import Cache
from tests.faults.roads import Road
from tests.listener import listen_to, open_stream
from tests.product import Product


class OnItsOwn:
    """The product on a Redis that nobody else uses, at the end of a road."""

    def __init__(self, product: Product, cache: Cache, road: Road) -> None:
        self.product, self.cache, self.road = product, cache, road

    async def restart(self, see_a_change: "See") -> None:
        await see_a_change()
        await self.cache.kill()
        await self.cache.server.start()

    async def go_back_two_seconds(self, see_a_change: "See") -> None:
        await asyncio.sleep(2.2)
        await see_a_change()
        await self.cache.kill()
        self.cache.go_back()
        await self.cache.server.start()

    async def fail_over(self, see_a_change: "See") -> None:
        """To a replica that had been cut off a moment before, so that it never heard of the change."""
        await asyncio.gather(self.cache.fail_over(lag=1.0), see_a_change())
        self.road.targets = [self.cache.server.port]
        self.road.cut()


See = Callable[[], Awaitable[None]]
Fault = Callable[[OnItsOwn, See], Awaitable[None]]


@pytest.fixture
async def own(urls: Urls, cast: Cast, settings: Settings, tmp_path: Path) -> AsyncIterator[OnItsOwn]:
    cache = Cache(tmp_path)
    await cache.start()
    road = Road("redis", cache.server.port)
    await road.open()
    redis_url = cache.url.replace(f":{cache.server.port}/", f":{road.port}/")
    product = Product(settings, Urls(urls.database_url, redis_url), cast)
    await product.start()
    yield OnItsOwn(product, cache, road)
    await product.stop()
    road.close()
    await cache.stop()


@pytest.mark.parametrize("fault", [OnItsOwn.restart, OnItsOwn.go_back_two_seconds, OnItsOwn.fail_over])
async def test_after_another_run_of_redis_every_page_loads_anew(own: OnItsOwn, cast: Cast, fault: Fault) -> None:
    """Nobody can tell whether it lost its newest entries."""
    async with own.product.signed_in(cast.alice) as alice:
        async with listen_to(alice, "/") as page:
            before = (await page.seen()).split(":")[0]

            async def see_a_change() -> None:
                await edit_client(cast.bakery, ClientChanges(label="seen before"), own.product.now())
                await page.collect("seen before")

            await fault(own, see_a_change)
            assert (await page.until("reload", within=10)).data == "5000"
        await until_another_run(own, before)
        # Loaded anew it has a cursor of the new run, and moves again.
        async with listen_to(alice, "/") as page:
            assert (await page.seen()).split(":")[0] != before
            await edit_client(cast.bakery, ClientChanges(label="moves again"), own.product.now())
            await page.collect("moves again")


async def until_another_run(own: OnItsOwn, before: str) -> None:
    async with asyncio.timeout(10):
        while (cursor := own.product.hub.cursor) is None or cursor.run_id == before:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def test_after_redis_was_emptied_every_page_loads_anew_and_its_viewer_signs_in_again(
    own: OnItsOwn, cast: Cast
) -> None:
    async with own.product.signed_in(cast.alice) as alice, listen_to(alice, "/") as page:
        await page.seen()
        await own.product.redis.flushall()
        assert (await page.until("reload", within=10)).data == "5000"
        assert (await alice.get("/live?page=dashboard")).status_code == 401
        assert (await alice.get("/")).headers["location"] == "/login"


async def test_a_page_that_comes_back_to_another_run_loads_anew(own: OnItsOwn, cast: Cast) -> None:
    async with own.product.signed_in(cast.alice) as alice:
        async with listen_to(alice, "/") as page:
            cursor = await page.seen()
        await own.restart(nothing)
        async with open_stream(alice, f"/live?page=dashboard&since={cursor}") as page:
            assert (await page.until("reload", within=10)).event == "reload"


async def nothing() -> None: ...


async def test_a_redis_that_is_gone_without_a_word_is_missed_within_seconds(own: OnItsOwn, cast: Cast) -> None:
    """As after a failover of the network: connections stay open, and carry nothing any more."""
    async with own.product.signed_in(cast.alice) as alice, listen_to(alice, "/") as page:
        await page.seen()
        own.road.swallow()
        await edit_client(cast.bakery, ClientChanges(label="heard nevertheless"), own.product.now())
        await page.collect("heard nevertheless", within=15)
