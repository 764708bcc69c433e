"""The product under faults: servers, processes, the roads between them, writers that write, pages that are open."""

import asyncio
import contextlib
import secrets
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from playwright.async_api import Browser

from app.clients.add import add_client
from app.clock import system_clock
from app.database import database, migrate, query
from app.teams.queries import insert_member, insert_team, insert_user, proof_of
from app.web.sessions import Sessions
from tests.faults.chromium import Chromium
from tests.faults.open_pages import SignIn, Visitor
from tests.faults.processes import ALRT, Cache, Database, Program, Web, clean_environment
from tests.faults.roads import Road
from tests.faults.writer import NEVER, SPARE

TEAMS = {
    "Acme": ("acme.one", "acme.two", "acme.three", "acme.four", f"acme.{SPARE}1", f"acme.{SPARE}2", "both.bakery"),
    "Globex": ("globex.one", "globex.two", f"globex.{SPARE}1", "both.bakery"),
}
"""One account is watched by both: what is read of it once concerns the pages of both."""


class Person:
    def __init__(self, user_id: int, team_id: int) -> None:
        self.user_id, self.team_id = user_id, team_id


class World:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.logs = folder / "logs"
        self.logs.mkdir(exist_ok=True)
        self.database = Database(folder)
        self.cache = Cache(folder)
        self.people: dict[str, Person] = {}
        self.clients: dict[tuple[str, str], int] = {}
        self.visitors: list[Visitor] = []
        self.chromium: Chromium | None = None
        self.webs: list[Web] = []
        self.writer = Writers(folder / "writer.socket")
        self.roads = {
            name: Road(name)
            for name in ("page-web", "web-redis", "web-postgres", "relay-redis", "relay-postgres", "writer-postgres")
        }
        self._secret = secrets.token_urlsafe(48)
        self.locks = {name: asyncio.Lock() for name in ("web", "writer", "relay", "redis", "postgres")}

    async def start(self) -> None:
        await asyncio.gather(self.database.start(), self.cache.start())
        await migrate(self.database.url)
        for name, road in self.roads.items():
            road.targets = [] if name == "page-web" else [self._port(name.partition("-")[2])]
            await road.open()
        self.relay = Program("relay", [str(ALRT), "relay"], self._environment("relay"), self.logs / "relay.log")
        self.writing = Program(
            "writer",
            [sys.executable, "-m", "tests.faults.writer", str(self.writer.socket)],
            self._environment("writer"),
            self.logs / "writer.log",
        )

    async def open(self, webs: int) -> None:
        """The product's processes. Needs the harness's own tables."""
        await self._fill()
        await asyncio.gather(self.relay.start(), *(self.start_web() for _ in range(webs)))

    async def populate(self) -> None:
        """Somebody who writes, and pages that are looked at."""
        await self.writer.listen()
        await self.start_writer()
        self._open_pages()

    def _port(self, server: str) -> int:
        return self.cache.server.port if server == "redis" else self.database.server.port

    def _environment(self, program: str) -> dict[str, str]:
        database_url = self.database.url
        if f"{program}-postgres" in self.roads:
            road = self.roads[f"{program}-postgres"]
            database_url = database_url.replace(f":{self.database.server.port}/", f":{road.port}/")
        redis_url = self.cache.url
        if f"{program}-redis" in self.roads:
            redis_url = redis_url.replace(f":{self.cache.server.port}/", f":{self.roads[f'{program}-redis'].port}/")
        return clean_environment(
            DATABASE_URL=database_url,
            REDIS_URL=redis_url,
            DATA_DIR=str(self.folder / "data"),
            HOST="127.0.0.1",
            SOURCE="demo",
            SECRET_KEY=self._secret,
        )

    async def _fill(self) -> None:
        for team, handles in TEAMS.items():
            team_id = await insert_team(team)
            for handle in handles:
                self.clients[team, handle], _ = await add_client(team_id, handle, system_clock())
            for name, role, language in (("alice", "owner", "en"), ("bob", "member", "ar")):
                user_id = await insert_user(f"{name}@{team.lower()}.example", name.title(), "none")
                assert user_id is not None
                await insert_member(team_id, user_id, role)
                await query("UPDATE users SET language = {} WHERE id = {}", language, user_id)
                self.people[f"{name} of {team}"] = Person(user_id, team_id)

    # --- processes ----------------------------------------------------------------------------------------------

    async def start_web(self) -> Web:
        web = Web(self._environment("web"), self.logs / "web.log")
        await web.start()
        await web.until_ready()
        self.webs.append(web)
        self.roads["page-web"].targets.append(web.port)
        return web

    def retire(self, web: Web) -> None:
        """No new visitor is sent to it."""
        self.webs.remove(web)
        targets = self.roads["page-web"].targets
        if len(targets) > 1:
            targets.remove(web.port)

    async def start_writer(self) -> None:
        self.writer.forget()
        await self.writing.start()
        await self.writer.until_ready()

    def redis_moved(self) -> None:
        for name, road in self.roads.items():
            if name.endswith("-redis"):
                road.targets = [self.cache.server.port]
                road.cut()

    @property
    def programs(self) -> list[Program]:
        return [*self.webs, self.relay, *([self.writing] if self.writing.started else [])]

    # --- people -------------------------------------------------------------------------------------------------

    def sign_in(self, name: str) -> SignIn:
        person = self.people[name]

        async def begin() -> str:
            async with contextlib.aclosing(self.cache.client()) as redis:
                proof = await proof_of(person.team_id, person.user_id)
                assert proof is not None
                return await Sessions(redis).begin(person.user_id, person.team_id, proof)

        return begin

    def _open_pages(self) -> None:
        acme_one, acme_two = self.path("Acme", "acme.one"), self.path("Acme", "acme.two")
        shared = self.path("Acme", "both.bakery")
        for name, paths in (
            ("alice of Acme", ["/"]),
            ("alice of Acme", [acme_one]),
            ("alice of Acme", [shared, acme_two, "/"]),
            ("bob of Acme", ["/", acme_one]),
            ("alice of Globex", ["/"]),
            ("alice of Globex", [self.path("Globex", "both.bakery")]),
            ("bob of Globex", [self.path("Globex", "globex.one"), "/"]),
        ):
            strangers = [NEVER, "globex" if "Acme" in name else "acme"]
            self.visitors.append(Visitor(name, self.address, self.sign_in(name), paths, strangers))
        for visitor in self.visitors:
            visitor.start()

    async def open_chromium(self, browser: Browser) -> None:
        name = "alice of Acme"
        self.chromium = Chromium(browser, name, self.address, self.sign_in(name))
        await self.chromium.open([self.path("Acme", "acme.one"), "/"])

    def path(self, team: str, handle: str) -> str:
        return f"/client/{self.clients[team, handle]}"

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.roads['page-web'].port}"

    async def stop(self) -> None:
        await asyncio.gather(*(visitor.stop() for visitor in self.visitors))
        await asyncio.gather(*(program.stop(4) for program in self.programs), return_exceptions=True)
        self.writer.close()
        for road in self.roads.values():
            road.close()
        await self.cache.stop()
        await self.database.server.stop(5)


class Writers:
    """The other end of the writer's socket."""

    def __init__(self, socket: Path) -> None:
        self.socket = socket
        self.commits = 0
        self.newest: dict[tuple[int, str], int] = {}
        """The number that was committed last, by client and what was changed."""
        self._ready = asyncio.Event()
        self._to: asyncio.StreamWriter | None = None
        self._is_going = False
        self._pauses = 0
        self._paused: asyncio.Future[None] | None = None
        self._server: asyncio.Server | None = None

    async def listen(self) -> None:
        self._server = await asyncio.start_unix_server(self._hear, self.socket)

    def close(self) -> None:
        if self._server is not None:
            self._server.close()

    def forget(self) -> None:
        self._ready.clear()

    async def until_ready(self) -> None:
        await asyncio.wait_for(self._ready.wait(), 60)

    def go(self) -> None:
        self._is_going = True
        self._tell("go")

    async def pause(self) -> None:
        """When it returns, nothing is being written."""
        self._is_going = False
        self._pauses += 1
        self._paused = asyncio.get_running_loop().create_future()
        self._tell(f"paused {self._pauses}")
        await asyncio.wait_for(self._paused, 30)

    def _tell(self, line: str) -> None:
        if self._to is not None:
            self._to.write(f"{line}\n".encode())

    async def _hear(self, reader: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
        self._to = to
        while line := (await reader.readline()).decode().split():
            if line[0] == "committed":
                self.commits += 1
                self.newest[int(line[1]), line[2]] = int(line[3])
            elif line[0] == "ready":
                self._ready.set()
                if self._is_going:
                    self._tell("go")
                elif self._paused is not None and not self._paused.done():
                    # The one that was asked to pause is dead.
                    self._paused.set_result(None)
            elif self._paused is not None and not self._paused.done() and line == ["paused", str(self._pauses)]:
                self._paused.set_result(None)


@contextlib.asynccontextmanager
async def a_world(folder: Path, webs: int = 1) -> AsyncIterator[World]:
    world = World(folder)
    try:
        await world.start()
        async with database(world.database.url, pool=4):
            await world.open(webs)
            yield world
            await asyncio.gather(*(visitor.stop() for visitor in world.visitors))
    finally:
        await asyncio.shield(world.stop())
