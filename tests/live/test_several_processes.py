"""Three web processes behind one address: no matter who answers, and who dies, pages miss nothing."""

import asyncio
import contextlib
import os
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import msgspec
import pytest

from app.embedded.servers import Urls
from app.live.health import push_health
from app.settings import Settings
from tests.cast import PASSWORD, Cast
from tests.listener import Listener, open_stream, stream_address
from tests.live.balancer import Balancer
from tests.product import Product, sign_in

ALRT = Path(sys.executable).with_name("alrt")
PROCESSES = 3
PAGES = 12


class Several(msgspec.Struct):
    address: str
    """The one that all have."""
    balancer: Balancer
    webs: dict[int, asyncio.subprocess.Process]
    """By port."""
    product: Product
    """The relay, and a worker's hand; its own web process is no part of this."""

    @contextlib.asynccontextmanager
    async def signed_in(self, cast: Cast) -> AsyncIterator[httpx.AsyncClient]:
        async with httpx.AsyncClient(base_url=self.address, timeout=20, trust_env=False) as visitor:
            assert (await sign_in(visitor, cast.alice.email, PASSWORD)).status_code == 303
            # A connection for each request, so that each may reach another process.
            visitor.headers["connection"] = "close"
            yield visitor

    async def kill(self, port: int) -> None:
        self.webs[port].send_signal(signal.SIGKILL)
        await self.webs[port].wait()


@pytest.fixture
async def several(urls: Urls, cast: Cast, settings: Settings) -> AsyncIterator[Several]:
    product = Product(settings, urls, cast)
    product.start_relay()
    ports = [free_port() for _ in range(PROCESSES)]
    webs = dict(zip(ports, await asyncio.gather(*(web(urls, settings, port) for port in ports)), strict=True))
    balancer = Balancer(ports)
    try:
        await asyncio.gather(*(until_up(port, process) for port, process in webs.items()))
        yield Several(await balancer.start(), balancer, webs, product)
        await balancer.stop()
    finally:
        for process in webs.values():
            if process.returncode is None:
                process.kill()
            await process.wait()
        await product.stop()


async def web(urls: Urls, settings: Settings, port: int) -> asyncio.subprocess.Process:
    environment = {
        **os.environ,
        "DATABASE_URL": urls.database_url,
        "REDIS_URL": urls.redis_url,
        "DATA_DIR": str(settings.data_dir),
        "PORT": str(port),
        "SOURCE": "demo",
    }
    return await asyncio.create_subprocess_exec(ALRT, "web", env=environment)


async def until_up(port: int, process: asyncio.subprocess.Process) -> None:
    async with httpx.AsyncClient(trust_env=False) as visitor, asyncio.timeout(60):
        while True:
            assert process.returncode is None
            with contextlib.suppress(httpx.TransportError):
                if (await visitor.get(f"http://127.0.0.1:{port}/health")).is_success:
                    return
            await asyncio.sleep(0.1)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


class OpenPage:
    """Follows one client's page through whichever process answers, and comes back when it is cut off."""

    def __init__(self, visitor: httpx.AsyncClient, address: str) -> None:
        self._visitor = visitor
        self._address = address
        self.stories: set[int] = set()
        self.breaks = 0
        self.joined = asyncio.Event()
        self._changed = asyncio.Event()

    async def follow(self) -> None:
        while True:
            with contextlib.suppress(httpx.TransportError, StopAsyncIteration, AssertionError):
                async with open_stream(self._visitor, self._address) as stream:
                    await self._take(stream)
            self.breaks += 1
            await asyncio.sleep(0.1)

    async def _take(self, stream: Listener) -> None:
        while True:
            frame = await stream.next(within=60)
            assert frame.event != "reload", "the cursor of another process was not accepted"
            self.stories |= {int(story) for story in re.findall(r'id="story-\d+-(\d+)"', frame.data)}
            if frame.event == "seen":
                self._address = re.sub(r"since=.*", f"since={frame.data}", self._address)
                self.joined.set()
                self._changed.set()

    async def shows(self, stories: set[int]) -> None:
        async with asyncio.timeout(20):
            while not stories <= self.stories:
                self._changed.clear()
                await self._changed.wait()


async def test_several_web_processes_are_one_product(several: Several, cast: Cast) -> None:
    async with several.signed_in(cast) as alice, asyncio.TaskGroup() as group:
        addresses = [await stream_address(alice, f"/client/{cast.bakery.id}") for _ in range(PAGES)]
        pages = [OpenPage(alice, address) for address in addresses]
        told: list[int] = []
        following = [group.create_task(page.follow()) for page in pages] + [group.create_task(follow(alice, told))]
        await asyncio.gather(*(page.joined.wait() for page in pages))
        # Each page was rendered by one process, and its stream most often joined by another.
        assert len(several.balancer.passed_to) == PROCESSES
        state = await push_health(several.product.redis)
        assert len(state.processes) == PROCESSES

        await several.product.archive_story(cast.bakery)
        await asyncio.gather(*(page.shows({1}) for page in pages))

        # Two of the three die, one after the other, while stories are being archived.
        for number, port in enumerate(list(several.webs)[: PROCESSES - 1]):
            archiving = asyncio.create_task(archive(several.product, cast, 5))
            await asyncio.sleep(0.05)
            await several.kill(port)
            await archiving
            await asyncio.gather(*(page.shows(set(range(1, 7 + 5 * number))) for page in pages))
        assert sum(page.breaks for page in pages) >= PAGES * (PROCESSES - 1) // PROCESSES

        fresh = (await alice.get(f"/client/{cast.bakery.id}")).text
        shown = {int(story) for story in re.findall(r'id="story-\d+-(\d+)"', fresh)}
        assert all(page.stories == shown for page in pages)
        async with asyncio.timeout(10):
            while set(told) != shown:  # noqa: ASYNC110, it polls
                await asyncio.sleep(0.1)
        # Each once: nothing of the relay died, which alone may repeat.
        assert told == sorted(shown)
        for task in following:
            task.cancel()


async def archive(product: Product, cast: Cast, count: int) -> None:
    for _ in range(count):
        await product.archive_story(cast.bakery)


async def follow(program: httpx.AsyncClient, told: list[int]) -> None:
    """A program that polls, and asks again where nobody answered."""
    cursor = (await program.get("/api/events")).json()["cursor"]
    while True:
        with contextlib.suppress(httpx.TransportError):
            answer = (await program.get("/api/events", params={"since": cursor, "wait": 2})).json()
            assert not answer["reload"]
            cursor = answer["cursor"]
            told += [event["story_id"] for event in answer["events"] if event["event"] == "StoryArchived"]
