"""The web process and the relay in the test's own process, and the archive as a worker would run it."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import httpx
from redis.asyncio import Redis

from app.clients.queries import ClientRef
from app.clock import Clock, system_clock
from app.embedded.servers import Urls
from app.live.channel import LIVE
from app.live.hub import Hub
from app.live.relay import run_relay
from app.main import create_app
from app.profiles.queries import profiles_by_id
from app.reading.batch import Tools, check_profiles
from app.settings import Settings
from app.sources.limits import Spacing
from app.storage.open import open_storage
from app.web.server import Server, listen, server
from tests.cast import PASSWORD, Cast, Person
from tests.fakes.source import ScriptedSource, story


class Product:
    def __init__(self, settings: Settings, urls: Urls, cast: Cast) -> None:
        self.settings, self.urls, self.cast = settings, urls, cast
        self.source = ScriptedSource()
        self.storage = open_storage(settings.storage_url)
        self.redis = Redis.from_url(urls.redis_url)
        self.clock: Clock = system_clock
        self.tools = Tools(self.source, self.storage, Spacing(self.redis), lambda: self.clock())
        self._numbers = itertools.count(1)
        self._relay: asyncio.Task[None] | None = None
        self._server: Server | None = None
        self._serving: asyncio.Task[None] | None = None
        self._port = 0

    async def start(self) -> None:
        self.start_relay()
        # The hub would find no stream, and look again only after a while.
        while not await self.redis.exists(LIVE):  # noqa: ASYNC110
            await asyncio.sleep(0.005)
        await self.start_web()

    async def stop(self) -> None:
        await self.stop_web()
        await self.stop_relay()
        await self.redis.aclose()

    def start_relay(self) -> None:
        self._relay = asyncio.create_task(run_relay(self.urls.database_url, self.urls.redis_url))

    async def stop_relay(self) -> None:
        if self._relay is not None:
            self._relay.cancel()
            await asyncio.gather(self._relay, return_exceptions=True)
            self._relay = None

    async def start_web(self) -> None:
        """On the same port as before, so that open pages find it again."""
        listening = listen("127.0.0.1", self._port)
        self._port = listening.getsockname()[1]
        self.application = create_app(
            self.settings, self.urls.database_url, self.urls.redis_url, clock=self.tools.clock, own_pool=False
        )
        self._server = server(self.application)
        # Signals belong to the test runner.
        self._server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign, assignment]
        self._serving = asyncio.create_task(self._server.serve(sockets=[listening]))
        while not self._server.started:
            assert not self._serving.done(), self._serving.exception()
            await asyncio.sleep(0.01)

    async def stop_web(self) -> None:
        if self._server is not None and self._serving is not None:
            self._server.should_exit = True
            await self._serving
            self._server = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def hub(self) -> Hub:
        hub: Hub = self.application.state.hub
        return hub

    @contextlib.asynccontextmanager
    async def visitor(self) -> AsyncIterator[httpx.AsyncClient]:
        """Somebody who is not signed in."""
        async with httpx.AsyncClient(base_url=self.address, timeout=10, trust_env=False) as visitor:
            yield visitor

    @contextlib.asynccontextmanager
    async def signed_in(self, person: Person) -> AsyncIterator[httpx.AsyncClient]:
        async with self.visitor() as visitor:
            answer = await sign_in(visitor, person.email, PASSWORD)
            assert answer.status_code == 303, answer.text
            yield visitor

    async def archive_story(self, client: ClientRef, *, ago: timedelta = timedelta(minutes=1)) -> str:
        """What a worker does when the account shows one more story; answers the network's id."""
        (profile,) = await profiles_by_id([client.profile_id])
        number = str(3_800_000_000_000_000_000 + next(self._numbers))
        known = self.source.stories.get(profile.username)
        new = story(number, self.now() - ago)
        self.source.shows(profile.username, *(known.stories if known else ()), new)
        await check_profiles("stories", [client.profile_id], self.tools)
        return number

    def now(self) -> datetime:
        return self.tools.clock()


async def sign_in(visitor: httpx.AsyncClient, email: str, password: str) -> httpx.Response:
    await visitor.get("/login")
    form = {"email": email, "password": password, "_csrf_token": visitor.cookies["alrt_csrf"]}
    return await visitor.post("/login", data=form)
