"""What a page, an event and a web process cost, with one, two and three processes on the same database and Redis.

Counted in processor time, which a busy machine changes little: `.venv/bin/python -m bench.several`.
"""

import argparse
import asyncio
import contextlib
import os
import platform
import re
import resource
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx

from app.clients.add import add_client
from app.clock import system_clock
from app.database import database, migrate, query, transaction
from app.embedded.servers import Urls, embedded_servers
from app.live.events import ClientEdited
from app.live.publish import publish
from app.settings import read_settings
from app.teams.people import create_user

ALRT = Path(sys.executable).with_name("alrt")
EMAIL, PASSWORD = "bench@example.org", "correct horse battery"
AT_ONCE = 50
TICKS = os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--pages", type=int, default=1000, help="open pages in all")
    parser.add_argument("--commits", type=int, default=100)
    parser.add_argument("--rate", type=float, default=10, help="commits per second")
    parser.add_argument("--most", type=int, default=3, help="web processes in the largest run")
    options = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 3 * options.pages + 1000), most))
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {platform.python_version()}")
    with tempfile.TemporaryDirectory(prefix="alrt-several-") as folder:
        asyncio.run(measure(Path(folder), options))


async def measure(folder: Path, options: argparse.Namespace) -> None:
    async with embedded_servers(read_settings({"DATA_DIR": str(folder)})) as urls:
        await migrate(urls.database_url)
        async with database(urls.database_url):
            _, team_id = await create_user(EMAIL, "Bench", PASSWORD, "Bench")
            client_id, _ = await add_client(team_id, "bakery", system_clock())
            async with started("relay", urls, folder, 0) as relay:
                for count in range(1, options.most + 1):
                    await measure_some(count, urls, folder, relay, team_id, client_id, options)


async def measure_some(
    count: int, urls: Urls, folder: Path, relay: int, team_id: int, client_id: int, options: argparse.Namespace
) -> None:
    async with contextlib.AsyncExitStack() as stack:
        ports = [free_port() for _ in range(count)]
        webs = [await stack.enter_async_context(started("web", urls, folder, port)) for port in ports]
        cookie, stream = await sign_in(ports)
        few = Pages(stream, cookie)
        await few.open(ports, count)
        alone = await push(few, webs, relay, team_id, client_id, options)
        before = [memory(pid) for pid in webs]
        many = Pages(stream, cookie)
        await many.open(ports, options.pages)
        each = [(memory(pid) - start) * 1024 / (options.pages / count) for pid, start in zip(webs, before, strict=True)]
        full = await push(many, webs, relay, team_id, client_id, options)
        few.close()
        many.close()
    per_page = (full["web"] - alone["web"]) / options.pages
    print(f"{count} web, {options.pages} pages:")
    print(f"  a process without pages {statistics.mean(before):.0f} MB, a page {statistics.mean(each):.1f} KB")
    event, relayed = alone["web"] / count * 1000, alone["relay"] * 1000
    print(f"  an event: {event:.2f} ms in each web process, {relayed:.2f} ms in the relay")
    print(f"  and {per_page * 1e6:.1f} µs for each page that shows it")
    print(f"  commit → last page: p50 {full['p50'] * 1000:.0f} ms, p99 {full['p99'] * 1000:.0f} ms")


async def push(
    pages: "Pages", webs: list[int], relay: int, team_id: int, client_id: int, options: argparse.Namespace
) -> dict[str, float]:
    """Processor seconds per commit, in all web processes and in the relay; and how long the commits took."""
    web, own, took = sum(map(cpu, webs)), cpu(relay), []
    began = time.monotonic()
    for number in range(options.commits):
        arrived = pages.expect(label := f"bench {time.monotonic_ns()}.")
        async with transaction():
            await query("UPDATE clients SET custom_label = {} WHERE id = {}", label, client_id)
            await publish(ClientEdited(team_id=team_id, client_id=client_id))
        committed = time.perf_counter()
        took.append(await asyncio.wait_for(arrived, 30) - committed)
        await asyncio.sleep(max(0, began + (number + 1) / options.rate - time.monotonic()))
    took.sort()
    return {
        "web": (sum(map(cpu, webs)) - web) / options.commits,
        "relay": (cpu(relay) - own) / options.commits,
        "p50": took[len(took) // 2],
        "p99": took[int(len(took) * 0.99)],
    }


@contextlib.asynccontextmanager
async def started(command: str, urls: Urls, folder: Path, port: int) -> AsyncIterator[int]:
    """A process of the product, by its id."""
    addresses = {"DATABASE_URL": urls.database_url, "REDIS_URL": urls.redis_url}
    environment = {**os.environ, **addresses, "DATA_DIR": str(folder), "PORT": str(port or 8000), "SOURCE": "demo"}
    process = await asyncio.create_subprocess_exec(ALRT, command, env=environment)
    try:
        async with httpx.AsyncClient(trust_env=False) as visitor:
            while port:
                assert process.returncode is None, f"alrt {command} ended"
                with contextlib.suppress(httpx.TransportError):
                    await visitor.get(f"http://127.0.0.1:{port}/health")
                    break
                await asyncio.sleep(0.1)
        yield process.pid
    finally:
        process.terminate()
        await process.wait()


async def sign_in(ports: list[int]) -> tuple[str, str]:
    """The cookie, and where the stream of the dashboard is."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{ports[0]}", trust_env=False, timeout=30) as visitor:
        await visitor.get("/login")
        form = {"email": EMAIL, "password": PASSWORD, "_csrf_token": visitor.cookies["alrt_csrf"]}
        await visitor.post("/login", data=form)
        found = re.search(r'data-stream="([^"]*)"', (await visitor.get("/")).text)
        assert found
        return f"alrt_session={visitor.cookies['alrt_session']}", found[1].replace("&amp;", "&")


class Pages:
    """Open streams on plain sockets."""

    def __init__(self, stream: str, cookie: str) -> None:
        self._request = f"GET {stream} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n\r\n".encode()
        self.pages: list[_Page] = []
        self.awaited = b""
        self._missing: set[_Page] = set()
        self._arrived: asyncio.Future[float] | None = None

    async def open(self, ports: list[int], count: int) -> None:
        """Spread over the ports; returns when all have joined."""
        for start in range(0, count, AT_ONCE):
            ours = [ports[number % len(ports)] for number in range(start, min(start + AT_ONCE, count))]
            await asyncio.gather(*map(self._open, ours))
        await asyncio.wait_for(asyncio.gather(*(page.joined for page in self.pages)), 120)

    async def _open(self, port: int) -> None:
        loop = asyncio.get_running_loop()
        _, page = await loop.create_connection(lambda: _Page(self), "127.0.0.1", port)
        page.transport.write(self._request)
        self.pages.append(page)

    def expect(self, text: str) -> "asyncio.Future[float]":
        self.awaited, self._missing = text.encode(), set(self.pages)
        self._arrived = asyncio.get_running_loop().create_future()
        return self._arrived

    def has(self, page: "_Page") -> None:
        self._missing.discard(page)
        if not self._missing and self._arrived and not self._arrived.done():
            self._arrived.set_result(time.perf_counter())

    def close(self) -> None:
        for page in self.pages:
            page.transport.close()


class _Page(asyncio.Protocol):
    transport: asyncio.Transport

    def __init__(self, pages: Pages) -> None:
        self._pages = pages
        self._tail = b""
        self.joined: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._tail = (self._tail + data)[-8192:]
        if not self.joined.done() and b"event: seen" in self._tail:
            self.joined.set_result(None)
        if self._pages.awaited and self._pages.awaited in self._tail:
            self._pages.has(self)


def cpu(pid: int) -> float:
    """Seconds of processor time."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory(pid: int) -> float:
    """MB that belong to the process alone, or its share of what is shared."""
    found = re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    assert found
    return int(found[1]) / 1024


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


if __name__ == "__main__":
    main()
