"""The product in processes of its own, on servers of its own, with a road between any two that talk."""

import asyncio
import contextlib
import os
import random
import shutil
import signal
import socket
import sys
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import httpx
from redis.asyncio import Redis as Client

from app.embedded import children
from app.embedded.children import Service
from app.embedded.postgres import Postgres
from app.embedded.redis import Redis
from app.settings import ROOT

ALRT = Path(sys.executable).with_name("alrt")
PORTS = range(20_000, 32_000)
"""Below those that the system gives to outgoing connections: a server that was killed finds its port again."""
SAMPLE_EVERY = 0.2
COPY_AGE = 2.0

# What is written must outlive kills of processes, not of the machine; and the folder is copied as a whole.
QUICK = {"fsync": "off", "min_wal_size": "32MB", "max_wal_size": "64MB", "autovacuum_naptime": "10s"}


class Program(Service):
    """One process of the product."""

    def __init__(self, name: str, command: list[str], environment: dict[str, str], log: Path) -> None:
        self.name = name
        self._command = command
        self._environment = environment
        self._log = log
        self.started = 0.0

    async def start(self) -> None:
        self.started = time.time()
        log = os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            self.process = await children.spawn(
                self._command, environment=self._environment, output=log, death_signal=signal.SIGKILL
            )
        finally:
            os.close(log)

    @property
    def has_ended(self) -> bool:
        return self.process is None or self.process.returncode is not None

    async def kill(self) -> None:
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()

    def freeze(self) -> None:
        self._send(signal.SIGSTOP)

    def thaw(self) -> None:
        self._send(signal.SIGCONT)

    def _send(self, number: int) -> None:
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(number)


class Web(Program):
    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self.port = free_port()
        super().__init__("web", [str(ALRT), "web"], environment | {"PORT": str(self.port)}, log)

    async def until_ready(self) -> None:
        async with httpx.AsyncClient(trust_env=False) as visitor:
            async with asyncio.timeout(60):
                while True:
                    # It ends where there is no database, and whoever supervises it starts it again.
                    if self.has_ended:
                        await self.start()
                    with contextlib.suppress(httpx.HTTPError):
                        answer = await visitor.get(f"http://127.0.0.1:{self.port}/health", timeout=2)
                        if answer.status_code == 200:
                            return
                    await asyncio.sleep(0.03)


class Database:
    """PostgreSQL, with copies of its past."""

    def __init__(self, folder: Path) -> None:
        self.server = Postgres(folder, free_port())
        self._copies = folder / "copies"
        self._copies.mkdir()
        self._numbers = 0

    @property
    def url(self) -> str:
        return self.server.url

    async def start(self) -> None:
        await self.server.start()
        connection = await asyncpg.connect(self.url)
        for name, value in QUICK.items():
            await connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
        await connection.close()
        await self.server.stop(5)
        await self.server.start()

    async def kill(self) -> None:
        assert self.server.process is not None
        self.server.process.kill()
        await self.server.process.wait()

    async def crash_a_backend(self, choice: random.Random) -> None:
        """PostgreSQL then ends all the others, and recovers."""
        assert self.server.process is not None
        backends = list(_children_of(self.server.process.pid))
        with contextlib.suppress(ProcessLookupError, IndexError):
            os.kill(choice.choice(backends), signal.SIGKILL)
        await asyncio.sleep(0.05)
        async with asyncio.timeout(30):
            while not await self.server._answers():  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    async def copy(self) -> Path:
        """The data as they are at one instant, as a snapshot of a disk would have them: everybody is frozen for it."""
        self._numbers += 1
        copy = self._copies / str(self._numbers)
        with self._frozen():
            process = await asyncio.create_subprocess_exec("/bin/cp", "-a", str(self.server.folder), str(copy))
            assert await process.wait() == 0
        return copy

    @contextlib.contextmanager
    def _frozen(self) -> Iterator[None]:
        assert self.server.process is not None
        leader = self.server.process.pid
        # The leader first, so that it brings no more children into the world.
        os.kill(leader, signal.SIGSTOP)
        stopped = [leader]
        try:
            for child in _children_of(leader):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child, signal.SIGSTOP)
                    stopped.append(child)
            yield
        finally:
            for pid in reversed(stopped):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    def put_back(self, copy: Path) -> None:
        """While the server is down."""
        shutil.rmtree(self.server.folder)
        copy.rename(self.server.folder)


class Cache:
    """Redis, of which every past length of its file is known."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = 0
        self.server = Redis(folder, free_port())
        self._lengths: deque[tuple[float, int]] = deque()
        self._sampling: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        return self.server.url

    def client(self) -> Client:
        client: Client = Client.from_url(self.url, socket_timeout=5)
        return client

    async def start(self) -> None:
        await self.server.start()
        self._sampling = asyncio.create_task(self._sample())

    async def stop(self) -> None:
        if self._sampling is not None:
            self._sampling.cancel()
        await self.server.stop(2)

    async def _sample(self) -> None:
        """The file is only ever appended to, so that a copy of the past is its beginning."""
        while True:
            with contextlib.suppress(OSError):
                self._lengths.append((time.monotonic(), self._file.stat().st_size))
            while self._lengths and self._lengths[0][0] < time.monotonic() - 10:
                self._lengths.popleft()
            await asyncio.sleep(SAMPLE_EVERY)

    @property
    def _file(self) -> Path:
        return self.server.folder / "appendonly.aof"

    async def kill(self) -> None:
        assert self.server.process is not None
        self.server.process.kill()
        await self.server.process.wait()

    def go_back(self) -> None:
        """While the server is down: to what it held 2 seconds ago."""
        moment = time.monotonic() - COPY_AGE
        past = [length for at, length in self._lengths if at <= moment]
        if past:
            os.truncate(self._file, past[-1])
        self._lengths.clear()

    async def fail_over(self, lag: float) -> None:
        """A replica takes over that has not heard of the last `lag` seconds."""
        self._numbers += 1
        folder = self._folder / f"redis-{self._numbers}"
        folder.mkdir()
        shutil.copy(self._folder / "redis.password", folder / "redis.password")
        replica = Redis(folder, free_port())
        await replica.start()
        async with contextlib.aclosing(Client.from_url(replica.url)) as client:
            await client.config_set("masterauth", (self._folder / "redis.password").read_text())
            await client.execute_command("REPLICAOF", "127.0.0.1", self.server.port)
            async with asyncio.timeout(20):
                while (await client.info("replication"))["master_link_status"] != "up":  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
            await client.execute_command("REPLICAOF", "NO", "ONE")
        await asyncio.sleep(lag)
        await self.kill()
        self.server = replica
        self._lengths.clear()


def _children_of(pid: int) -> Iterator[int]:
    for task in Path(f"/proc/{pid}/task").iterdir():
        yield from map(int, (task / "children").read_text().split())


def free_port() -> int:
    for port in random.SystemRandom().sample(PORTS, 200):
        with socket.socket() as listening, contextlib.suppress(OSError):
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(("127.0.0.1", port))
            return port
    raise OSError("no free port")


def clean_environment(**more: str) -> dict[str, str]:
    """Without what the machine sets for a product or a database of its own."""
    names = ("PATH", "HOME", "LANG", "TMPDIR", "CHROMIUM")
    kept = {name: os.environ[name] for name in names if name in os.environ}
    return kept | {"PYTHONUNBUFFERED": "1", "PYTHONPATH": str(ROOT)} | more
