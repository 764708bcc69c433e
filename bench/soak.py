"""`make soak`: a wall in Chromium, a demo that never rests, and every process killed by turns.

Nobody touches the wall. Every quarter of a minute its nodes and its heap are counted, after a collection, and its
state is compared with the same wall loaded anew. It ends well where nodes and heap have stayed within a fifth of what
they were in the fifth minute, and where the two walls were always equal within ten seconds.

`make soak ARGS="--minutes 30"`, `make soak ARGS="--hours 72"`.
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
from playwright.async_api import BrowserContext, CDPSession, Error, Page, ViewportSize, async_playwright

from tests.browser import launch, pair_wall, until_live

ALRT = Path(sys.executable).with_name("alrt")
PROCESSES = ("worker", "relay", "web", "redis", "postgres")
SIZE: ViewportSize = {"width": 1920, "height": 1080}

SETTLED = 5 * 60.0
"""Seconds after which a page has everything that it will ever need."""
GROWTH = 0.2
EQUAL_WITHIN = 10.0
AWAY = 60.0
"""Seconds that the wall may need to be live again after a fault, on a machine that has little to spare."""

# All that a wall shows but for what the browser writes itself, and what glows for a moment.
STATE = """() => {
    const copy = document.getElementById("wall").cloneNode(true);
    for (const own of copy.querySelectorAll(".wall-clock, .wall-pages, .live")) own.remove();
    for (const time of copy.querySelectorAll("time")) { time.replaceChildren(); time.removeAttribute("title"); }
    for (const node of [copy, ...copy.querySelectorAll("*")]) {
        node.classList.remove("changed", "entered");
        if (node.classList.length === 0) node.removeAttribute("class");
        node.removeAttribute("data-broken");
    }
    return copy.outerHTML.replace(/\\s+/g, " ").replace(/> </g, "><");
}"""


class Sample(msgspec.Struct, frozen=True):
    at: float
    """Seconds since the wall was opened."""
    nodes: int
    listeners: int
    heap: int
    loads: int


def main() -> None:
    parser = argparse.ArgumentParser(prog="make soak ARGS=…")
    parser.add_argument("--minutes", type=float, default=8)
    parser.add_argument("--hours", type=float, default=0)
    parser.add_argument("--every", type=float, default=15, help="seconds between two samples")
    parser.add_argument("--faults", type=float, default=40, help="seconds between two kills; 0: none")
    options = parser.parse_args()
    seconds = options.hours * 3600 or options.minutes * 60
    with tempfile.TemporaryDirectory(prefix="alrt-soak-") as folder, running(Path(folder)) as address:
        sys.exit(asyncio.run(Soak(address, Path(folder), options.every, options.faults).run(seconds)))


@contextlib.contextmanager
def running(folder: Path) -> Iterator[str]:
    """The product as `alrt run` starts it."""
    port = random.randint(20_000, 40_000)
    environment = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    environment |= {"DATA_DIR": str(folder), "PORT": str(port), "SOURCE": "demo", "DEMO_EVERY": "1"}
    with (folder / "output").open("wb") as output:
        product = subprocess.Popen([ALRT, "run"], env=environment, stdout=output, stderr=subprocess.STDOUT)
        try:
            while "is ready" not in (folder / "output").read_text():
                assert product.poll() is None, (folder / "output").read_text()
                time.sleep(0.2)
            yield f"http://127.0.0.1:{port}"
        finally:
            product.terminate()
            product.wait(10)


class Soak:
    def __init__(self, address: str, folder: Path, every: float, faults: float) -> None:
        self.address, self.folder, self.every, self.faults = address, folder, every, faults
        self.samples: list[Sample] = []
        self.problems: list[str] = []
        self.loads = 0
        self.killed = 0
        self.compared = 0
        self.began = 0.0

    async def run(self, seconds: float) -> int:
        async with async_playwright() as playwright:
            self.browser = browser = await launch(playwright)
            context = await browser.new_context(viewport=SIZE)
            wall = await context.new_page()
            wall.on("load", lambda _: self._note_load())
            wall.on("pageerror", lambda error: self._fail(f"a script failed: {error}"))
            await pair_wall(browser, wall, self.address, name="Soak")
            self.began = time.monotonic()
            print("   time    nodes  listeners     heap   loads   killed")
            await self._watch(context, wall, seconds)
            await browser.close()
        return self._verdict()

    async def _watch(self, context: BrowserContext, wall: Page, seconds: float) -> None:
        killing = asyncio.create_task(self._kill_for_ever())
        counter = await context.new_cdp_session(wall)
        try:
            while self._now() < seconds:
                await asyncio.sleep(self.every)
                if await self._is_live_again(wall):
                    await self._sample(counter)
                    await self._compare(context, wall)
        finally:
            killing.cancel()

    async def _kill_for_ever(self) -> None:
        while self.faults:
            for name in PROCESSES:
                await asyncio.sleep(self.faults)
                with contextlib.suppress(ProcessLookupError, OSError, KeyError, ValueError):
                    os.kill(json.loads((self.folder / "processes.json").read_text())[name], signal.SIGKILL)
                    self.killed += 1

    async def _is_live_again(self, wall: Page) -> bool:
        """Whoever looks must not load it anew: it has to come back by itself."""
        end = time.monotonic() + AWAY
        while time.monotonic() < end:
            with contextlib.suppress(Error):
                if await wall.evaluate("document.body.dataset.live") == "live":
                    return True
            await asyncio.sleep(0.5)
        self._fail(f"not live within {AWAY:.0f} s; it shows {wall.url}")
        return False

    async def _sample(self, counter: CDPSession) -> None:
        with contextlib.suppress(Error):
            await counter.send("HeapProfiler.collectGarbage")
            counts = await counter.send("Memory.getDOMCounters")
            heap = (await counter.send("Runtime.getHeapUsage"))["usedSize"]
            sample = Sample(self._now(), counts["nodes"], counts["jsEventListeners"], int(heap), self.loads)
            self.samples.append(sample)
            if len(self.samples) % 4 == 0 or self._now() < 120:
                self._print(sample)

    def _print(self, sample: Sample) -> None:
        print(
            f"{sample.at / 60:6.1f} m {sample.nodes:8} {sample.listeners:10} {sample.heap / 1e6:7.2f} M"
            f" {sample.loads:7} {self.killed:8}",
            flush=True,
        )

    async def _compare(self, context: BrowserContext, wall: Page) -> None:
        """Both are live and take the same events: they must agree soon, though never at each instant."""
        # In a process of its own, with a stream of its own: only the token is the same.
        other = await self.browser.new_context(viewport=SIZE)
        await other.add_cookies(await context.cookies())  # type: ignore[arg-type]
        fresh = await other.new_page()
        try:
            await fresh.goto(f"{self.address}/wall")
            await until_live(fresh, 30)
            end = time.monotonic() + EQUAL_WITHIN
            while True:
                states = await asyncio.gather(wall.evaluate(STATE), fresh.evaluate(STATE))
                if states[0] == states[1]:
                    self.compared += 1
                    return
                if time.monotonic() > end:
                    self._differ(*states)
                    return
                await asyncio.sleep(0.1)
        except Error:
            # A fault came in between; the next comparison counts.
            return
        finally:
            with contextlib.suppress(Error):
                await other.close()

    def _differ(self, old: str, new: str) -> None:
        start = next((number for number, pair in enumerate(zip(old, new, strict=False)) if pair[0] != pair[1]), 0)
        self._fail(
            f"differs from a fresh load: …{old[start - 150 : start + 150]}… / …{new[start - 150 : start + 150]}…"
        )

    def _note_load(self) -> None:
        self.loads += 1

    def _fail(self, problem: str) -> None:
        print(f"{self._now() / 60:6.1f} m {problem}", flush=True)
        self.problems.append(problem)

    def _now(self) -> float:
        return time.monotonic() - self.began

    def _verdict(self) -> int:
        first = around(self.samples, SETTLED)
        last = self.samples[-5:]
        print(f"\ncompared with a fresh load: {self.compared} times equal; killed: {self.killed}; loads: {self.loads}")
        if not first or last[-1].at < SETTLED + 60:
            self.problems.append("the run was too short to tell: six minutes and more")
        else:
            for name in ("nodes", "heap"):
                before = statistics.median(getattr(sample, name) for sample in first)
                after = statistics.median(getattr(sample, name) for sample in last)
                change = after / before - 1
                print(f"{name}: {before:,.0f} in the fifth minute, {after:,.0f} at the end: {change:+.1%}")
                if abs(change) > GROWTH:
                    self.problems.append(f"{name} changed by {change:+.1%}")
        if not self.compared:
            self.problems.append("never compared")
        print("passed" if not self.problems else "failed: " + "; ".join(self.problems))
        return 1 if self.problems else 0


def around(samples: list[Sample], at: float) -> list[Sample]:
    """Those of the minute before; a single one says little."""
    return [sample for sample in samples if at - 60 <= sample.at <= at]


if __name__ == "__main__":
    main()
