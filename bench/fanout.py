"""The fan-out of ready fragments, side by side: our stream, nchan, and the pattern of the tutorials.

Coalescing is off: every event is a fragment of its own that every page of its topic receives.
"""

import contextlib
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import msgspec

from bench import machine
from bench.health import probing
from bench.load import Load, Lost
from bench.servers import SERVERS, Server, started

FRAGMENT = 600
LARGE_FRAGMENT = 8000
"""So that a page that stalls has filled the kernel's buffers within seconds."""
FEW = 2
WINDOWS = (8, 32, 128)
"""Events under way at a time. The more there are, the more a server can do at once, until buffers overflow: each
server counts with the one that suits it best."""


class Size(msgspec.Struct, frozen=True, kw_only=True):
    pages: int
    many_pages: int
    topics: int
    topic_rate: int
    idle_pages: int
    seconds: float
    passes: int
    """Events to the many pages."""
    rounds: int
    """Each round measures every server once."""
    rounds_of: dict[str, int] = {}
    """Rows with another number of rounds."""


LONG = Size(
    pages=1000, many_pages=10_000, topics=1000, topic_rate=500, idle_pages=4000, seconds=10, passes=15, rounds=5
)
SHORT = msgspec.structs.replace(
    LONG,
    idle_pages=2000,
    seconds=2,
    passes=5,
    rounds=2,
    # Many pages take long to open, and an idle page weighs the same each time.
    rounds_of={"topics": 1, "memory": 1, "stalled": 1},
)
TINY = Size(pages=100, many_pages=500, topics=50, topic_rate=100, idle_pages=200, seconds=1, passes=2, rounds=1)
SIZES = {"short": SHORT, "long": LONG, "tiny": TINY}

Figures = dict[str, float]


def latency(load: Load, size: Size) -> Figures:
    load.open([1] * size.pages)
    load.publish_steadily(20, 0.5)
    return {"p99": 1000 * p99(load.publish_steadily(20, size.seconds))}


def last_page(load: Load, size: Size) -> Figures:
    load.open([1] * size.many_pages)
    load.publish_once()
    took = []
    with probing(load.server.port) as answers:
        for _ in range(size.passes):
            load.read_until(time.perf_counter() + 0.3)
            took.append(load.publish_once())
    return {"last": 1000 * statistics.median(took), "health": 1000 * max(answers)}


def saturation(load: Load, size: Size) -> Figures:
    load.open([1] * size.pages)
    load.saturate(0.3, FEW)
    few = load.saturate(size.seconds / 3, FEW)
    cost = load.cost
    most = max(load.saturate(size.seconds / 3, window) for window in WINDOWS)
    return {"rate": most / 1000, "few": few / 1000, "cost of few": 1e6 * cost}


def topics(load: Load, size: Size) -> Figures:
    names = range(1, size.topics + 1)
    load.open([name for name in names for _ in range(5)])
    load.publish_steadily(size.topic_rate, 0.5, names)
    return {"p99": 1000 * p99(load.publish_steadily(size.topic_rate, size.seconds, names))}


def memory(load: Load, size: Size) -> Figures:
    """Some pages are opened and closed before, so that only what pages cost is counted."""
    warm, most = size.idle_pages // 10, size.idle_pages
    load.open([1] * warm)
    before = load.server.memory()
    load.open([1] * most)
    time.sleep(1)
    return {"page": (load.server.memory() - before) / most / 1000}


def stalled(load: Load, size: Size) -> Figures:
    sleepers = size.pages // 50
    load.open([1] * size.pages, stalling=sleepers)
    load.publish_steadily(10, 1)
    start = load.server.memory()
    healthy = p99(load.publish_steadily(10, 2 * size.seconds))
    before = load.server.memory()
    asleep = load.pages[:sleepers]
    load.stall(asleep)
    others = p99(load.publish_steadily(10, 2 * size.seconds))
    # What the same events cost without anybody asleep is not theirs.
    grown = (load.server.memory() - before) - (before - start)
    held = max(0, grown) + load.server.held_by_kernel()
    woken = load.wake(asleep)
    return {
        "harm": others / healthy,
        "others": 1000 * others,
        "held": held / sleepers / 1000,
        "woken": woken,
    }


ROWS: dict[str, Callable[[Load, Size], Figures]] = {
    "latency": latency,
    "last": last_page,
    "saturation": saturation,
    "topics": topics,
    "memory": memory,
    "stalled": stalled,
}

LOAD = "load"
"""The load generator's share of a core, beside each row's figures."""
COST = "cost"
"""Microseconds of a core that the server used for each delivery: what the machine's noise disturbs least."""


def pages_of(row: str, size: Size) -> int:
    return {"last": size.many_pages, "topics": 5 * size.topics, "memory": 2 * size.idle_pages}.get(row, size.pages)


class Measured(msgspec.Struct):
    """One server's figures in one row: a value for each round."""

    rounds: dict[str, list[float]] = {}
    missing: str | None = None


def measure_row(row: str, size: Size, redis_url: str, tell: Callable[[str], None]) -> dict[str, Measured]:
    """By the server's name; the servers take turns."""
    results = {kind.name: Measured(missing=why_not(kind, row, size)) for kind in SERVERS}
    for number in range(size.rounds_of.get(row, size.rounds)):
        for kind in SERVERS:
            measured = results[kind.name]
            if measured.missing:
                continue
            began = time.monotonic()
            try:
                figures = measure_once(kind, row, size, redis_url)
            except (Lost, OSError, RuntimeError) as error:
                measured.missing = str(error)
                continue
            for name, value in figures.items():
                measured.rounds.setdefault(name, []).append(value)
            told = ", ".join(f"{name} {value:.4g}" for name, value in figures.items())
            tell(f"{row}, round {number + 1}, {kind.name}: {told} ({time.monotonic() - began:.0f} s)")
    return results


def why_not(kind: type[Server], row: str, size: Size) -> str | None:
    needed = kind.files_per_page * pages_of(row, size) + 200
    if needed > machine.most_files():
        return f"would need {needed} files in one process, and only {machine.most_files()} are allowed here"
    return kind.missing()


def measure_once(kind: type[Server], row: str, size: Size, redis_url: str) -> Figures:
    fragment = LARGE_FRAGMENT if row == "stalled" else FRAGMENT
    with started(kind, redis_url, fragment) as server, _a_process() as process:
        try:
            return process.submit(_load, server, row, size).result(300)
        except TimeoutError as error:
            raise Lost("it took longer than five minutes") from error
        except Lost as error:
            raise Lost(f"{error}{server.last_words()}") from error


def _load(server: Server, row: str, size: Size) -> Figures:
    """In the load generator's own process."""
    machine.pin(0, machine.LOAD)
    load = Load(server)
    try:
        figures = ROWS[row](load, size)
    finally:
        load.close()
    return {**figures, LOAD: load.share, COST: 1e6 * load.cost}


@contextlib.contextmanager
def _a_process() -> Iterator[ProcessPoolExecutor]:
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        yield process


def p99(values: Sequence[float]) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
