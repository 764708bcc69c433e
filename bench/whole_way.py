"""The whole way of a change, and pages, measured on the real product in processes of its own."""

import asyncio
import json
import os
import random
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from itertools import chain
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import msgspec
from playwright.async_api import Page as Tab
from playwright.async_api import async_playwright

from app.alerts.inactivity import Resolution, raise_alerts, resolve_alerts
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
from bench.fanout import p99
from bench.health import probing
from bench.open_pages import OpenPages
from bench.report import Line, Target
from tests.browser import launch, until_live
from tests.product import sign_in

ALRT = Path(sys.executable).with_name("alrt")
RATE = 20
"""Commits per second."""
PLAIN = 300
"""Pages of 30 KB that Jinja renders in a second on a core, anywhere: what the client page's target counts in."""

Tell = Callable[[str], None]


class Size(msgspec.Struct, frozen=True):
    pages: int
    """Open, while commits are measured."""
    browser_pages: int
    """Open beside the one in Chromium, which is one of them."""
    commits: int
    fetching: float
    """Seconds for each way of fetching pages."""
    rounds: int


SIZES = {
    "short": Size(pages=1000, browser_pages=200, commits=100, fetching=2, rounds=2),
    "long": Size(pages=1000, browser_pages=200, commits=600, fetching=6, rounds=5),
    "tiny": Size(pages=50, browser_pages=20, commits=20, fetching=0.5, rounds=1),
}


async def measure(folder: Path, rows: Sequence[str], size: Size, tell: Tell) -> list[Line]:
    first, product, address = start(folder)
    stopped = stop(product)
    second, product, address = start(folder)
    tell(f"start: first {first:.1f} s, second {second:.1f} s; stop {stopped:.1f} s")
    lines: dict[str, list[Line]] = {
        "start": [
            Line(what="start, the first in a folder", values=[first], unit="s"),
            Line(what="start, the second", values=[second], unit="s", remark=f"stop {stopped:.1f} s"),
        ]
    }
    try:
        url = json.loads((folder / "servers.json").read_text())["database_url"]
        async with database(url), httpx.AsyncClient(base_url=address, trust_env=False, timeout=30) as visitor:
            assert (await sign_in(visitor, "demo@example.com", "demo")).status_code == 303
            for row in rows:
                lines[row] = await MEASURES[row](visitor, address, size)
                for line in lines[row]:
                    tell(f"{line.what}: {line.values} {line.unit} {line.missing or line.remark}")
    finally:
        stop(product)
    # What counts most comes first.
    return [line for row in ("commits", "chromium", "bell", "pages", "start") for line in lines.get(row, [])]


def start(folder: Path) -> tuple[float, subprocess.Popen[bytes], str]:
    """Seconds until ready. The demo is kept quiet, so that only the measured commits are under way."""
    port = random.randint(20_000, 32_000)
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


# --- commit → the last open page --------------------------------------------------------------------------------


async def measure_commits(visitor: httpx.AsyncClient, address: str, size: Size) -> list[Line]:
    """Commit → the last of the open dashboards has the fragment: read, rendered, framed, written."""
    pages = await open_dashboards(visitor, address)
    began = time.monotonic()
    await pages.open(size.pages)
    joining = time.monotonic() - began
    edits = await Edits.of_some_client()
    rounds, own = [], time.process_time()
    began = time.monotonic()
    with probing(port_of(address)) as answers:
        for _ in range(size.rounds):
            rounds.append(await commit_and_wait(edits, pages, size.commits))
    share = (time.process_time() - own) / (time.monotonic() - began)
    pages.close()
    return [
        Line(
            what=f"commit → last of {size.pages:,} open pages has the fragment, {RATE} commits/s: p99",
            values=[1000 * p99(took) for took in rounds],
            target=Target(150, 60),
            remark=f"p50 {1000 * statistics.median(chain(*rounds)):.0f} ms; load generator {share:.0%} of a core",
        ),
        Line(
            what="health meanwhile: p99",
            values=[1000 * p99(answers)],
            target=Target(50, 10),
            remark=f"p50 {1000 * statistics.median(answers):.1f} ms, slowest {1000 * max(answers):.1f} ms",
        ),
        Line(what=f"{size.pages:,} pages join at once", values=[joining], unit="s"),
    ]


async def open_dashboards(visitor: httpx.AsyncClient, address: str) -> OpenPages:
    """None yet, but where their streams are."""
    found = re.search(r'data-stream="([^"]*)"', (await visitor.get("/")).text)
    assert found
    return OpenPages(address, found[1].replace("&amp;", "&"), cookie_of(visitor))


class Edits(msgspec.Struct):
    """Changes of a client that every dashboard of its team shows, numbered."""

    team_id: int
    client_id: int
    count: int = 0

    @classmethod
    async def of_some_client(cls) -> "Edits":
        (row,) = await query("SELECT team_id, id FROM clients ORDER BY id LIMIT 1")
        return cls(row["team_id"], row["id"])

    @property
    def next_label(self) -> str:
        return f"bench {self.count + 1}."

    async def commit(self) -> None:
        async with transaction():
            await query("UPDATE clients SET custom_label = {} WHERE id = {}", self.next_label, self.client_id)
            await publish(ClientEdited(team_id=self.team_id, client_id=self.client_id))
        self.count += 1


async def commit_and_wait(edits: Edits, pages: OpenPages, commits: int) -> list[float]:
    """Seconds from each commit until the last page had it."""
    took, began = [], time.monotonic()
    for number in range(1, commits + 1):
        arrived = pages.expect(edits.next_label)
        await edits.commit()
        committed = time.perf_counter()
        took.append(await asyncio.wait_for(arrived, 30) - committed)
        await asyncio.sleep(max(0, began + number / RATE - time.monotonic()))
    return took


# --- commit → what a browser shows ------------------------------------------------------------------------------

NOTE_ARRIVALS = """() => {
  window.arrivals = {};
  new MutationObserver((changes) => {
    const now = performance.timeOrigin + performance.now();
    for (const change of changes) {
      for (const [, number] of change.target.textContent.matchAll(/bench (\\d+)\\./g)) arrivals[number] ??= now;
    }
  }).observe(document.body, { subtree: true, childList: true, characterData: true });
}"""


async def measure_chromium(visitor: httpx.AsyncClient, address: str, size: Size) -> list[Line]:
    """The browser's clock and ours are the same machine's."""
    what = f"commit → DOM changed in Chromium, {size.browser_pages} pages open: p99"
    target = Target(150, 75)
    pages = await open_dashboards(visitor, address)
    await pages.open(size.browser_pages - 1)
    try:
        async with async_playwright() as playwright:
            try:
                browser = await launch(playwright)
            except AssertionError as error:
                return [Line(what=what, target=target, missing=f"{error} `make chromium` does too.")]
            tab = await browser.new_page()
            await show_dashboard(tab, visitor, address)
            edits = await Edits.of_some_client()
            rounds = [await commit_and_see(edits, tab, size.commits // 2) for _ in range(size.rounds)]
            await browser.close()
    finally:
        pages.close()
    remark = f"p50 {statistics.median(chain(*rounds)):.0f} ms, {RATE // 2} commits/s"
    return [Line(what=what, values=[p99(took) for took in rounds], target=target, remark=remark)]


async def show_dashboard(tab: Tab, visitor: httpx.AsyncClient, address: str) -> None:
    token = visitor.cookies["alrt_session"]
    await tab.context.add_cookies([{"name": "alrt_session", "value": token, "url": address}])
    await tab.goto(address)
    await until_live(tab)
    await tab.evaluate(NOTE_ARRIVALS)


async def commit_and_see(edits: Edits, tab: Tab, commits: int) -> list[float]:
    """Milliseconds from each commit until the DOM showed it. One that a later one overtook on its way counts until
    that one was shown."""
    committed: dict[int, float] = {}
    for _ in range(commits):
        await edits.commit()
        committed[edits.count] = 1000 * time.time()
        await asyncio.sleep(2 / RATE * random.uniform(0.8, 1.2))
    await asyncio.sleep(1)
    arrivals = {int(number): moment for number, moment in (await tab.evaluate("() => window.arrivals")).items()}
    shown = {n: min((at for later, at in arrivals.items() if later >= n), default=None) for n in committed}
    lost = [number for number, moment in shown.items() if moment is None]
    assert not lost, f"Chromium never showed {lost}"
    return [max(0.0, moment - committed[number]) for number, moment in shown.items() if moment is not None]


# --- commit → the bell ------------------------------------------------------------------------------------------

NOTE_COUNTS = """() => {
  window.counts = [];
  new MutationObserver((changes) => {
    const now = performance.timeOrigin + performance.now();
    for (const { target } of changes) window.counts.push([Number(target.dataset.unread), now]);
  }).observe(document.body, { subtree: true, attributes: true, attributeFilter: ["data-unread"] });
}"""


async def measure_bell(visitor: httpx.AsyncClient, address: str, size: Size) -> list[Line]:
    """An alert is raised, or resolved, until the bell in Chromium says another number."""
    what = "commit → the bell's number changed in Chromium: p99"
    client = await Edits.of_some_client()
    async with async_playwright() as playwright:
        try:
            browser = await launch(playwright)
        except AssertionError as error:
            return [Line(what=what, target=Target(150, 75), missing=f"{error} `make chromium` does too.")]
        tab = await browser.new_page()
        await show_dashboard(tab, visitor, address)
        await tab.evaluate(NOTE_COUNTS)
        rounds = [await ring(client, tab, size.commits) for _ in range(size.rounds)]
        await browser.close()
    remark = f"p50 {statistics.median(chain(*rounds)):.0f} ms"
    return [Line(what=what, values=[p99(took) for took in rounds], target=Target(150, 75), remark=remark)]


async def ring(of: Edits, tab: Tab, commits: int) -> list[float]:
    """Milliseconds from each commit until the number was another; `commits` is even, so that nothing is left."""
    client = await client_of(of.team_id, of.client_id)
    assert client
    await tab.evaluate("() => { window.counts = []; }")
    committed = []
    for number in range(commits):
        async with transaction():
            if number % 2:
                await resolve_alerts(client, Resolution.STORY, system_clock())
            else:
                await raise_alerts(client, 3, system_clock())
        committed.append(1000 * time.time())
        await asyncio.sleep(2 / RATE * random.uniform(0.8, 1.2))
    await asyncio.sleep(1)
    counts = await tab.evaluate("() => window.counts")
    assert len(counts) == commits, f"{commits} changes, and the bell showed {len(counts)}"
    return [max(0.0, shown - at) for (_, shown), at in zip(counts, committed, strict=True)]


# --- pages ------------------------------------------------------------------------------------------------------


async def measure_pages(visitor: httpx.AsyncClient, address: str, size: Size) -> list[Line]:
    """Pages a second over keep-alive connections, with and without pushes going on, beside plain rendering."""
    (row,) = await query("SELECT id FROM clients ORDER BY total_stories_archived DESC LIMIT 1")
    client_id = row["id"]
    lines = []
    for name, path in (("client page, a year of data", f"/client/{client_id}"), ("dashboard", "/")):
        kilobytes = len((await visitor.get(path)).content) / 1024
        fetch = Fetching(address, path, cookie_of(visitor), size.fetching)
        alone, four = await fetch.at_once(1), await fetch.at_once(4)
        pushing = asyncio.create_task(edit_for_ever(client_id))
        pushed = await fetch.at_once(4)
        pushing.cancel()
        target = Target(5 * PLAIN, 10 * PLAIN, more_is_better=True) if client_id and path != "/" else None
        what = f"{name}, {kilobytes:.0f} KB, 4 at a time"
        lines += [
            Line(
                what=f"{what}, 5 changes of it a second",
                values=[pushed.rate],
                unit="pages/s",
                target=target,
                remark=str(pushed),
            ),
            Line(
                what=what, values=[four.rate], unit="pages/s", remark=f"{four}; one at a time {alone.rate:.0f} pages/s"
            ),
        ]
    plain = await render_plainly(client_id)
    lines.append(
        Line(
            what="plain rendering of the same client page, no query",
            values=[plain.rate],
            unit="pages/s a core",
            remark=str(plain),
        )
    )
    return lines


class Fetched(msgspec.Struct):
    rate: float
    took: list[float]

    def __str__(self) -> str:
        ordered = sorted(1000 * value for value in self.took)
        return f"p50 {statistics.median(ordered):.1f} ms, p99 {p99(ordered):.1f} ms"


class Fetching(msgspec.Struct):
    address: str
    path: str
    cookie: str
    seconds: float

    async def at_once(self, connections: int) -> Fetched:
        took: list[float] = []
        began = time.monotonic()
        await asyncio.gather(*(self._get_until(began + self.seconds, took) for _ in range(connections)))
        return Fetched(len(took) / (time.monotonic() - began), took)

    async def _get_until(self, end: float, took: list[float]) -> None:
        parts = urlsplit(self.address)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        request = f"GET {self.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nCookie: {self.cookie}\r\n\r\n".encode()
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
    edits = Edits(row["team_id"], client_id)
    while True:
        await edits.commit()
        await asyncio.sleep(0.2)


async def render_plainly(client_id: int) -> Fetched:
    (row,) = await query("SELECT team_id FROM clients WHERE id = {}", client_id)
    now = system_clock()
    client = await client_of(row["team_id"], client_id)
    assert client
    page = await client_page_of(client.team_id, client_id, now)
    assert page
    heatmap = await heatmap_of(client, now)
    charts = await charts_point(client, now)
    stories = await stories_page(client)
    notes = await notes_of(client.team_id, client_id)
    took = []
    for _ in range(50):
        began = time.perf_counter()
        render("clients/_client_header.html", "en", page=page)
        render("clients/_client_cards.html", "en", page=page)
        render("analytics/_heatmap.html", "en", heatmap=heatmap)
        render("analytics/_charts.html", "en", point=charts)
        render("stories/_stories_archive.html", "en", stories=stories, row=page.row)
        render("clients/_notes.html", "en", notes=notes)
        took.append(time.perf_counter() - began)
    return Fetched(len(took) / sum(took), took)


def cookie_of(visitor: httpx.AsyncClient) -> str:
    """All of them, as a browser sends them."""
    return "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())


def port_of(address: str) -> int:
    port = urlsplit(address).port
    assert port
    return port


MEASURES = {"commits": measure_commits, "chromium": measure_chromium, "bell": measure_bell, "pages": measure_pages}
