"""Real servers of our own for the whole run; tables and Redis are emptied before each test that uses them."""

from collections.abc import AsyncIterator
from pathlib import Path

import hypothesis
import pytest
from playwright.async_api import Browser, Page, async_playwright, expect
from redis.asyncio import Redis

from app.database import database, migrate, query
from app.embedded.servers import Urls, embedded_servers
from app.settings import Settings, read_settings
from tests.browser import launch
from tests.cast import Cast, make_cast
from tests.product import Product

# How long an example takes is the machine's affair: timings belong in `make bench`.
hypothesis.settings.register_profile("alrt", hypothesis.settings(), deadline=None)
hypothesis.settings.load_profile("alrt")
expect.set_options(timeout=20_000)


@pytest.fixture(scope="session")
async def urls(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Urls]:
    settings = read_settings({"DATA_DIR": str(tmp_path_factory.mktemp("servers"))})
    async with embedded_servers(settings) as urls:
        await migrate(urls.database_url)
        async with database(urls.database_url, pool=20):
            yield urls


@pytest.fixture
async def empty(urls: Urls) -> None:
    """Empty tables, and an empty Redis."""
    tables = await query(
        "SELECT string_agg(quote_ident(tablename), ', ') AS names FROM pg_tables"
        " WHERE schemaname = 'public' AND tablename <> 'migration'"
    )
    await query(f"TRUNCATE {tables[0]['names']} RESTART IDENTITY CASCADE")
    redis = Redis.from_url(urls.redis_url)
    await redis.flushall()
    await redis.aclose()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return read_settings({"DATA_DIR": str(tmp_path), "SOURCE": "demo"})


@pytest.fixture
async def cast(empty: None) -> Cast:
    """Alice and Bob of one team, Charlie the stranger of another; each team watches an account."""
    return await make_cast()


@pytest.fixture
async def product(urls: Urls, cast: Cast, settings: Settings) -> AsyncIterator[Product]:
    """Web and relay, running in this process on the real servers."""
    product = Product(settings, urls, cast)
    await product.start()
    yield product
    await product.stop()


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await launch(playwright)
        yield browser
        await browser.close()


@pytest.fixture
async def page(browser: Browser) -> AsyncIterator[Page]:
    """A page whose scripts may not fail."""
    context = await browser.new_context(viewport={"width": 1440, "height": 900})
    page = await context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    await context.close()
    assert errors == []
