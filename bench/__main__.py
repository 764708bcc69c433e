"""`make bench`: the whole way of a change on the real product, and its fan-out beside other servers'.

Load goes to loopback only, and ends by itself: the short version within five minutes.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import uvloop
from redis import Redis

from app.embedded.servers import embedded_servers
from app.settings import read_settings
from bench import archive, fanout, machine, whole_way
from bench.fanout import Measured
from bench.report import Line, fan_out_lines, fan_out_table, missing_of, whole_way_table

WHOLE_WAY = ("pages", "commits", "chromium", "bell")
ROWS = (*WHOLE_WAY, "archive", *fanout.ROWS)


def main() -> None:
    options = read_options()
    machine.raise_files()
    facts, began = machine.facts(), time.monotonic()
    lines = measure_whole_way(options)
    results = measure_fan_out(options)
    report = "\n".join(written(options, facts, lines, results, time.monotonic() - began))
    print(report)
    if options.write:
        options.write.write_text(report + "\n")


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench ARGS=…")
    parser.add_argument("--long", action="store_true", help="more rounds, each longer: about an hour")
    parser.add_argument("--tiny", action="store_true", help="hardly any load: only to see that everything works")
    parser.add_argument("--only", action="append", choices=ROWS, metavar="ROW", help=f"of {', '.join(ROWS)}")
    parser.add_argument("--write", type=Path, metavar="FILE", help="where to write the tables too")
    options = parser.parse_args()
    options.rows = options.only or ROWS
    options.name = "long" if options.long else "tiny" if options.tiny else "short"
    return options


def measure_whole_way(options: argparse.Namespace) -> list[Line]:
    lines: list[Line] = []
    with tempfile.TemporaryDirectory(prefix="alrt-bench-") as folder:
        rows = [row for row in WHOLE_WAY if row in options.rows]
        if rows:
            lines += uvloop.run(whole_way.measure(Path(folder), rows, whole_way.SIZES[options.name], tell))
    if "archive" in options.rows:
        with tempfile.TemporaryDirectory(prefix="alrt-bench-") as folder:
            lines += uvloop.run(archive.measure(Path(folder), archive.PROFILES[options.name], tell))
    return lines


def measure_fan_out(options: argparse.Namespace) -> dict[str, dict[str, Measured]]:
    rows = [row for row in fanout.ROWS if row in options.rows]
    return asyncio.run(_on_a_redis(rows, fanout.SIZES[options.name])) if rows else {}


async def _on_a_redis(rows: Sequence[str], size: fanout.Size) -> dict[str, dict[str, Measured]]:
    with tempfile.TemporaryDirectory(prefix="alrt-bench-") as folder:
        settings = read_settings({"DATA_DIR": folder, "DATABASE_URL": "postgresql://of.no.use/"})
        async with embedded_servers(settings) as urls:
            with Redis.from_url(urls.redis_url) as redis:
                redis.config_set("maxclients", machine.most_files() - 100)
            return {row: await asyncio.to_thread(fanout.measure_row, row, size, urls.redis_url, tell) for row in rows}


def written(
    options: argparse.Namespace,
    facts: str,
    lines: list[Line],
    results: dict[str, dict[str, Measured]],
    seconds: float,
) -> list[str]:
    text = [f"## `make bench`, {options.name} version", "", f"{facts}; the run took {seconds / 60:.1f} minutes."]
    if lines:
        text += ["", "The whole way, on the product as `alrt run` starts it:", "", whole_way_table(lines)]
    if results:
        size = fanout.SIZES[options.name]
        text += [
            "",
            f"The fan-out of ready frames of {fanout.FRAGMENT} bytes, coalescing off. Medians of up to {size.rounds}"
            " rounds in which the servers took turns, each in a new process, on a core of its own where there are two."
            " nchan is published to directly, the others through Redis. Spread between the rounds, and load generator"
            " (its largest share of a core): in the order of the servers.",
            "",
            fan_out_table(fan_out_lines(size), results),
        ]
        text += ["", *(f"- not measured: {reason}" for reason in missing_of(results))]
    return text


def tell(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
