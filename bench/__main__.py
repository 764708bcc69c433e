"""`make bench`: the whole way of a change, and pages, measured on the real product in processes of its own.

Load goes to loopback only, and ends by itself within about a minute.
"""

import argparse
import asyncio
import json
import os
import platform
import random
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from app.analytics.chart_fragments import charts_point
from app.analytics.heatmap import heatmap_of
from app.clients.page import client_page_of
from app.clients.queries import client_of, notes_of
from app.clock import system_clock
from app.database import database, query, transaction
from app.live.events import ClientEdited
from app.live.publish import publish
from app.stories.queries import stories_page
from app.web.templates import render
from bench.open_pages import OpenPages
from tests.product import sign_in

ALRT = Path(sys.executable).with_name("alrt")


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench ARGS=…")
    parser.add_argument("--pages", type=int, default=1000, help="open pages (at most 5000)")
    parser.add_argument("--commits", type=int, default=200)
    parser.add_argument("--rate", type=float, default=20, help="commits per second")
    options = parser.parse_args()
    options.pages = min(options.pages, 5000)
    # Each open page is a file here and in the web process, which inherits the limit.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 3 * options.pages + 1000), most))
    with tempfile.TemporaryDirectory(prefix="alrt-bench-") as folder:
        asyncio.run(measure(Path(folder), options))


async def measure(folder: Path, options: argparse.Namespace) -> None:
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    first, product, address = start(folder)
    stopped = stop(product)
    second, product, address = start(folder)
    print(f"start: first {first:.1f} s, second {second:.1f} s; stop {stopped:.1f} s")
    try:
        url = json.loads((folder / "servers.json").read_text())["database_url"]
        async with database(url), httpx.AsyncClient(base_url=address, trust_env=False, timeout=30) as visitor:
            assert (await sign_in(visitor, "demo@example.com", "demo")).status_code == 303
            await measure_pages(visitor, address)
            await measure_whole_way(visitor, address, options)
    finally:
        stop(product)


def start(folder: Path) -> tuple[float, subprocess.Popen[bytes], str]:
    """Seconds until ready. The demo is kept quiet, so that only the measured commits are under way."""
    port = random.randint(20_000, 40_000)
    environment = {**os.environ, "DATA_DIR": str(folder), "PORT": str(port), "SOURCE": "demo", "DEMO_EVERY": "3600"}
    began = time.monotonic()
    product = subprocess.Popen([ALRT, "run"], env=environment, stdout=subprocess.PIPE)
    assert product.stdout
    while b"is ready" not in (line := product.stdout.readline()):
        assert line, "alrt run ended"
    return time.monotonic() - began, product, f"http://127.0.0.1:{port}"


def stop(product: subprocess.Popen[bytes]) -> float:
    began = time.monotonic()
    product.terminate()
    product.wait(10)
    return time.monotonic() - began


async def measure_pages(visitor: httpx.AsyncClient, address: str) -> None:
    """Pages a second over keep-alive connections, with and without pushes going on, beside plain rendering."""
    client_id = (await query("SELECT profile_id, id FROM clients ORDER BY total_stories_archived DESC LIMIT 1"))[0][
        "id"
    ]
    cookie = f"alrt_session={visitor.cookies['alrt_session']}"
    for name, path in (("dashboard", "/"), ("client page, a year of data", f"/client/{client_id}")):
        size = len((await visitor.get(path)).content) / 1024
        print(f"{name}, {size:.0f} KB:")
        for connections in (1, 4):
            print(f"  {connections} at a time: {await fetch(address, path, cookie, connections)}")
        pushing = asyncio.create_task(edit_for_ever(client_id))
        print(f"  4 at a time, 5 changes of it a second: {await fetch(address, path, cookie, 4)}")
        pushing.cancel()
    print(f"plain rendering of the same client page, without any query: {await render_plainly(client_id)}")


async def fetch(address: str, path: str, cookie: str, connections: int, seconds: float = 4) -> str:
    took: list[float] = []
    began = time.monotonic()
    getters = [get_until(address, path, cookie, began + seconds, took) for _ in range(connections)]
    await asyncio.gather(*getters)
    return f"{len(took) / (time.monotonic() - began):.0f} pages/s, {told(took)}"


async def get_until(address: str, path: str, cookie: str, end: float, took: list[float]) -> None:
    parts = urlsplit(address)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    request = f"GET {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nCookie: {cookie}\r\n\r\n".encode()
    while time.monotonic() < end:
        began = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
        assert length
        await reader.readexactly(int(length[1]))
        took.append(time.perf_counter() - began)
    writer.close()


async def edit_for_ever(client_id: int) -> None:
    (row,) = await query("SELECT team_id FROM clients WHERE id = {}", client_id)
    for number in range(1000):
        async with transaction():
            await query("UPDATE clients SET custom_label = {} WHERE id = {}", f"edit {number}", client_id)
            await publish(ClientEdited(team_id=row["team_id"], client_id=client_id))
        await asyncio.sleep(0.2)


async def render_plainly(client_id: int) -> str:
    (row,) = await query("SELECT team_id FROM clients WHERE id = {}", client_id)
    now = system_clock()
    client = await client_of(row["team_id"], client_id)
    assert client
    page = await client_page_of(client.team_id, client_id, now)
    heatmap = await heatmap_of(client, now)
    rest = {
        "page": page,
        "charts": await charts_point(client, now),
        "notes": await notes_of(client.team_id, client_id),
        "stories": await stories_page(client),
    }
    took = []
    for _ in range(50):
        began = time.perf_counter()
        render("clients/_client_header.html", "en", page=page)
        render("clients/_client_cards.html", "en", page=page)
        render("analytics/_heatmap.html", "en", heatmap=heatmap)
        render("clients/_client_rest.html", "en", **rest)
        took.append(time.perf_counter() - began)
    return f"{len(took) / sum(took):.0f} pages/s a core, {told(took)}"


async def measure_whole_way(visitor: httpx.AsyncClient, address: str, options: argparse.Namespace) -> None:
    """Commit → the last of the open dashboards has the fragment: read, rendered, framed, written."""
    team_id, client_id = (await query("SELECT team_id, id FROM clients ORDER BY id LIMIT 1"))[0].values()
    found = re.search(r'data-stream="([^"]*)"', (await visitor.get("/")).text)
    assert found
    cookie = f"alrt_session={visitor.cookies['alrt_session']}"
    pages = OpenPages(address, found[1].replace("&amp;", "&"), cookie)
    began = time.monotonic()
    await pages.open(options.pages)
    print(f"{options.pages} pages joined in {time.monotonic() - began:.1f} s")
    took, own = [], time.process_time()
    began = time.monotonic()
    for number in range(options.commits):
        label = f"bench {number}."
        arrived = pages.expect(label)
        async with transaction():
            await query("UPDATE clients SET custom_label = {} WHERE id = {}", label, client_id)
            await publish(ClientEdited(team_id=team_id, client_id=client_id))
        committed = time.perf_counter()
        took.append(await asyncio.wait_for(arrived, 30) - committed)
        await asyncio.sleep(max(0, began + (number + 1) / options.rate - time.monotonic()))
    elapsed = time.monotonic() - began
    share = (time.process_time() - own) / elapsed
    print(f"commit → last of {options.pages} pages, {options.commits / elapsed:.0f} commits/s: {told(took)}")
    print(f"(the load generator took {share:.0%} of a core)")
    pages.close()


def told(seconds: list[float]) -> str:
    ordered = sorted(value * 1000 for value in seconds)
    p99 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
    return f"p50 {statistics.median(ordered):.1f} ms, p99 {p99:.1f} ms, most {ordered[-1]:.1f} ms"


main()
