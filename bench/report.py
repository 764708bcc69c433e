"""The tables: what was measured, beside what was aimed at. Ratios first."""

import statistics
from collections.abc import Mapping, Sequence

import msgspec

from bench.fanout import COST, LOAD, Measured, Size
from bench.servers import SERVERS

OURS, NCHAN, TUTORIAL = (kind.name for kind in SERVERS)
NOTHING = "–"


class Target(msgspec.Struct, frozen=True):
    """What is aimed at: a number, or so many times what nchan does."""

    must: float
    stretch: float
    is_ratio: bool = False
    more_is_better: bool = False

    def told(self, value: float) -> str:
        if self._reaches(value, self.stretch):
            return "stretch"
        return "must" if self._reaches(value, self.must) else "**no**"

    def _reaches(self, value: float, aim: float) -> bool:
        return value >= aim if self.more_is_better else value <= aim


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One figure of the product by itself."""

    what: str
    values: list[float] = []
    """One for each round."""
    unit: str = "ms"
    target: Target | None = None
    remark: str = ""
    missing: str | None = None


class FanOutLine(msgspec.Struct, frozen=True, kw_only=True):
    """One figure of a row of the fan-out, of every server."""

    row: str
    figure: str
    what: str
    unit: str = "ms"
    target: Target | None = None


def fan_out_lines(size: Size) -> list[FanOutLine]:
    asleep = f"2 % of {size.pages:,} pages stalled"
    return [
        FanOutLine(
            row="latency",
            figure="p99",
            what=f"{size.pages:,} pages, 20 events/s: p99 of publish → socket",
            target=Target(1.3, 1, is_ratio=True),
        ),
        FanOutLine(row="latency", figure=COST, what="… the server's CPU for each delivery", unit="µs"),
        FanOutLine(
            row="last",
            figure="last",
            what=f"{size.many_pages:,} pages: publish → last page",
            target=Target(1.3, 1, is_ratio=True),
        ),
        FanOutLine(row="last", figure="health", what="… health meanwhile, slowest answer", target=Target(50, 10)),
        FanOutLine(
            row="saturation",
            figure="rate",
            what=f"saturation, {size.pages:,} pages, no loss",
            unit="k deliveries/s",
            target=Target(2, 3, is_ratio=True, more_is_better=True),
        ),
        FanOutLine(
            row="saturation", figure="few", what="… with two events under way, so one a frame", unit="k deliveries/s"
        ),
        FanOutLine(row="saturation", figure="cost of few", what="… the server's CPU for each delivery then", unit="µs"),
        FanOutLine(
            row="topics",
            figure="p99",
            what=f"{size.topics:,} topics × 5 pages, {size.topic_rate} events/s: p99",
            target=Target(2, 1, is_ratio=True),
        ),
        FanOutLine(
            row="memory",
            figure="page",
            what="memory of one idle page (ours: signed in)",
            unit="KB",
            target=Target(20, 12),
        ),
        FanOutLine(row="stalled", figure="harm", what=f"{asleep}: p99 of the others, times without", unit="×"),
        FanOutLine(
            row="stalled",
            figure="held",
            what="… held for each, in process and kernel",
            unit="KB",
            target=Target(256, 256),
        ),
        FanOutLine(row="stalled", figure="woken", what="… all current after they wake", unit="s"),
    ]


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def whole_way_table(lines: Sequence[Line]) -> str:
    head = ("what", "measured", "reaches", "must", "stretch", "spread", "remark")
    return table(head, [_whole_way_row(line) for line in lines])


def _whole_way_row(line: Line) -> list[str]:
    if not line.values:
        return [line.what, NOTHING, "", *_aims(line.target, line.unit), "", line.missing or ""]
    value = statistics.median(line.values)
    reached = line.target.told(value) if line.target else ""
    aims = _aims(line.target, line.unit)
    return [line.what, f"{_number(value)} {line.unit}", reached, *aims, _spread(line.values), line.remark]


def fan_out_table(lines: Sequence[FanOutLine], results: Mapping[str, Mapping[str, Measured]]) -> str:
    head = (
        "what",
        f"{OURS} : nchan",
        f"{OURS} : tutorial",
        "reaches",
        "must",
        "stretch",
        OURS,
        "nchan",
        "tutorial",
        "spread",
        "load generator",
    )
    return table(head, [_fan_out_row(line, results[line.row]) for line in lines if line.row in results])


def _fan_out_row(line: FanOutLine, servers: Mapping[str, Measured]) -> list[str]:
    values = {name: servers[name].rounds.get(line.figure, []) for name in (OURS, NCHAN, TUTORIAL)}
    medians = {name: statistics.median(rounds) if rounds else None for name, rounds in values.items()}
    to_nchan, to_tutorial = (_ratio(medians[OURS], medians[name]) for name in (NCHAN, TUTORIAL))
    judged = to_nchan if line.target and line.target.is_ratio else medians[OURS]
    return [
        line.what,
        NOTHING if to_nchan is None else f"{to_nchan:.2f}",
        NOTHING if to_tutorial is None else f"{to_tutorial:.2f}",
        line.target.told(judged) if line.target and judged is not None else "",
        *_aims(line.target, line.unit),
        *(NOTHING if value is None else f"{_number(value)} {line.unit}" for value in medians.values()),
        " / ".join(_spread(rounds) for rounds in values.values()),
        " / ".join(_share(servers[name].rounds.get(LOAD)) for name in (OURS, NCHAN, TUTORIAL)),
    ]


def missing_of(results: Mapping[str, Mapping[str, Measured]]) -> list[str]:
    """What could not be measured, and why."""
    return [
        f"{name}, {row}: {measured.missing}"
        for row, servers in results.items()
        for name, measured in servers.items()
        if measured.missing
    ]


def _aims(target: Target | None, unit: str) -> tuple[str, str]:
    if target is None:
        return "", ""
    suffix = " × nchan" if target.is_ratio else f" {unit}"
    return f"{target.must:g}{suffix}", f"{target.stretch:g}{suffix}"


def _ratio(ours: float | None, theirs: float | None) -> float | None:
    return ours / theirs if ours is not None and theirs else None


def _spread(values: Sequence[float]) -> str:
    """Between the rounds, as a share of their median: what the machine's noise did."""
    if len(values) < 2:
        return NOTHING
    return f"{(max(values) - min(values)) / statistics.median(values):.0%}"


def _share(values: Sequence[float] | None) -> str:
    return f"{max(values):.0%}" if values and max(values) > 0 else NOTHING


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
