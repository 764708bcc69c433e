"""The servers that are compared: each is started anew for each measurement, in a process of its own."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar
from urllib.parse import unquote, urlsplit

import msgspec
from redis import Redis
from redis.asyncio import Redis as AsyncRedis

from app.embedded.children import LEASH
from app.live.channel import APPEND, KEPT, LIVE, NOTED
from app.live.cursor import Cursor, stream_id
from app.live.events import PostTracked, encode
from app.web.sessions import COOKIE, Sessions
from bench import machine
from bench.fragment import fragment
from bench.peers import nchan


class Server(msgspec.Struct, kw_only=True):
    """How a running server is spoken to. It is handed to the load generator's process."""

    name: ClassVar[str]
    joined: ClassVar[bytes]
    """What a page receives once it misses nothing any more."""
    files_per_page: ClassVar[int] = 1

    port: int
    pid: int
    size: int
    """Bytes of a fragment."""
    redis_url: str
    log: Path

    @classmethod
    def missing(cls) -> str | None:
        """Why it can't be measured here."""
        return None

    @classmethod
    def command(cls, folder: Path, port: int, size: int) -> list[str]:
        raise NotImplementedError

    def prepare(self, topics: list[int]) -> None:
        """`topics`: one for each page that will be opened."""

    def request(self, page: int, topic: int) -> bytes:
        """With what a page opens its stream."""
        return f"GET /events/{topic} HTTP/1.1\r\nHost: bench\r\nAccept: text/event-stream\r\n\r\n".encode()

    def connect_publisher(self) -> socket.socket:
        """Through which `publication` goes; the answers are of no interest."""
        return _redis_socket(self.redis_url)

    def publication(self, topic: int, number: int) -> bytes:
        raise NotImplementedError

    def last_words(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()
        return f" (the server's last words: {lines[-1]})" if lines else ""

    def memory(self) -> int:
        """Bytes that its processes hold, each shared page counted once."""
        return sum(_proportional(pid) for pid in _family(self.pid))

    def busy(self) -> float:
        """Seconds of a core that its processes have used."""
        return sum(_on_core(pid) for pid in _family(self.pid))

    def held_by_kernel(self) -> int:
        """Bytes that wait in the kernel to be sent to pages."""
        lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
        fields = [line.split() for line in lines]
        return sum(int(field[4].split(":")[0], 16) for field in fields if int(field[1].split(":")[1], 16) == self.port)


class Ours(Server, kw_only=True):
    name = "Alrt"
    joined = b"event: seen"

    tokens: list[str] = []
    cursor: str = ""
    script: str = ""

    @classmethod
    def command(cls, folder: Path, port: int, size: int) -> list[str]:
        return [sys.executable, "-m", "bench.our_stream", str(port), str(size)]

    def prepare(self, topics: list[int]) -> None:
        """Signs a member of the topic's team in for each page, and notes where the pages stand."""
        self.tokens = asyncio.run(_sign_in(self.redis_url, topics))
        with Redis.from_url(self.redis_url) as redis:
            self.script = redis.script_load(APPEND)
            last = redis.xinfo_stream(LIVE)["last-generated-id"]
            self.cursor = str(Cursor(redis.info("server")["run_id"], stream_id(last.decode())))

    def request(self, page: int, topic: int) -> bytes:
        return (
            f"GET /live?page=dashboard&since={self.cursor} HTTP/1.1\r\nHost: bench\r\nAccept: text/event-stream\r\n"
            f"Cookie: {COOKIE}={self.tokens[page]}\r\n\r\n"
        ).encode()

    def publication(self, topic: int, number: int) -> bytes:
        """As the relay announces an event."""
        event = encode(PostTracked(team_id=topic, client_id=number, post_id=0))
        return _redis_command("EVALSHA", self.script, "2", LIVE, NOTED, str(KEPT), "0", event)


class Nchan(Server, kw_only=True):
    name = "nchan"
    joined = b": hi"

    @classmethod
    def missing(cls) -> str | None:
        return None if nchan.is_installed() else nchan.MISSING

    @classmethod
    def command(cls, folder: Path, port: int, size: int) -> list[str]:
        return nchan.command(folder, port, machine.most_files())

    def connect_publisher(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port))

    def publication(self, topic: int, number: int) -> bytes:
        head = f"POST /publish/{topic} HTTP/1.1\r\nHost: bench\r\nContent-Length: {self.size}\r\n\r\n"
        return (head + fragment(number, self.size)).encode()


class Tutorial(Server, kw_only=True):
    name = "tutorial"
    joined = b": joined"
    files_per_page = 2

    @classmethod
    def command(cls, folder: Path, port: int, size: int) -> list[str]:
        return [sys.executable, "-m", "bench.peers.tutorial", str(port)]

    def publication(self, topic: int, number: int) -> bytes:
        return _redis_command("PUBLISH", f"topic:{topic}", fragment(number, self.size))


SERVERS: tuple[type[Server], ...] = (Ours, Nchan, Tutorial)


@contextlib.contextmanager
def started(kind: type[Server], redis_url: str, size: int) -> Iterator[Server]:
    with Redis.from_url(redis_url) as redis:
        redis.flushall()
    port = _free_port()
    with tempfile.TemporaryDirectory(prefix="alrt-bench-") as name:
        folder = Path(name)
        # nginx gives its worker up to an account of its own, which must get through to here.
        folder.chmod(0o755)
        with (folder / "log").open("wb") as log:
            process = _spawn(kind.command(folder, port, size), redis_url, folder, log.fileno())
        try:
            _wait_until_ready(process, port, folder / "log")
            yield kind(port=port, pid=process.pid, size=size, redis_url=redis_url, log=folder / "log")
        finally:
            _end(process)


def _spawn(command: list[str], redis_url: str, folder: Path, log: int) -> subprocess.Popen[bytes]:
    leash = [sys.executable, "-I", "-S", str(LEASH), str(os.getpid()), str(int(signal.SIGTERM)), "-", "-"]
    environment = {**os.environ, "REDIS_URL": redis_url, "DATA_DIR": str(folder), "SOURCE": "demo"}
    process = subprocess.Popen([*leash, *command], env=environment, stdout=log, stderr=log, start_new_session=True)
    machine.pin(process.pid, machine.SERVER)
    return process


def _wait_until_ready(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + 30
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), opener.open(f"http://127.0.0.1:{port}/health", timeout=1):
            return
        time.sleep(0.03)
    raise RuntimeError(f"The server did not start: {log.read_text()[-2000:]}")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        # A session of its own: its workers go with it.
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(5)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


async def _sign_in(redis_url: str, teams: list[int]) -> list[str]:
    async with AsyncRedis.from_url(redis_url) as redis:
        sessions = Sessions(redis)
        return [await sessions.begin(user_id, team_id, "") for user_id, team_id in enumerate(teams, start=1)]


def _redis_socket(redis_url: str) -> socket.socket:
    parts = urlsplit(redis_url)
    assert parts.port
    connection = socket.create_connection((parts.hostname, parts.port))
    if parts.password:
        connection.sendall(_redis_command("AUTH", unquote(parts.password)))
        assert connection.recv(100) == b"+OK\r\n"
    return connection


def _redis_command(*words: str) -> bytes:
    encoded = [word.encode() for word in words]
    return b"*%d\r\n" % len(encoded) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in encoded)


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(descendant for child in children for descendant in _family(int(child)))]


def _on_core(pid: int) -> float:
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9


def _proportional(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
