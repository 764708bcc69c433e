"""A deploy under 200 open streams; `python -m tests.faults --deploy 2000` plays it with more."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from app.clients.edit import ClientChanges, edit_client
from app.embedded.servers import Urls
from app.settings import Settings
from app.web.sessions import COOKIE
from tests.cast import Cast
from tests.faults.deploy import deploy
from tests.faults.processes import Web, clean_environment
from tests.faults.streams import Streams
from tests.listener import stream_address
from tests.product import Product

STREAMS = 200


@pytest.fixture
async def web(urls: Urls, product: Product, settings: Settings, tmp_path: Path) -> AsyncIterator[Web]:
    """A second web process, which can be told to stop as a deploy does it."""
    environment = clean_environment(
        DATABASE_URL=urls.database_url,
        REDIS_URL=urls.redis_url,
        DATA_DIR=str(settings.data_dir),
        SECRET_KEY=settings.secret_key,
        HOST="127.0.0.1",
    )
    web = Web(environment, tmp_path / "web.log")
    await web.start()
    await web.until_ready()
    yield web
    await web.stop(5)


async def test_after_a_deploy_everybody_is_back_and_nothing_was_lost(product: Product, cast: Cast, web: Web) -> None:
    async def change(number: int) -> None:
        await edit_client(cast.bakery, ClientChanges(label=f"deploy no {number}"), product.now())

    async with product.signed_in(cast.alice) as alice:
        pages, cursor = (await stream_address(alice, "/")).split("?")[1].split("&since=")
        cookie = alice.cookies[COOKIE]
    streams = Streams(web.port, f"{COOKIE}={cookie}", pages, cursor.replace("%3A", ":"))
    try:
        await streams.open(STREAMS)
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{web.port}", cookies={COOKIE: cookie}, trust_env=False
        ) as visitor:
            deployed = await asyncio.wait_for(deploy(web, streams, change, visitor), 90)
        assert streams.live == STREAMS
        assert streams.behind(3) == 0
        assert deployed.reloads == 0
        assert deployed.back < 15
        assert deployed.answers
        assert max(deployed.answers) < 5
    finally:
        streams.close()
