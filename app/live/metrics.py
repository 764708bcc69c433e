"""GET /metrics: the push in Prometheus's text format, of all web processes, whichever answers."""

import hmac
from collections.abc import Iterator
from typing import Any

from litestar import MediaType, Response, get
from litestar.connection import ASGIConnection
from litestar.exceptions import NotAuthorizedException
from litestar.handlers import BaseRouteHandler

from app.live.health import push_health
from app.live.views import ProcessHealth, PushHealth, Took
from app.settings import Settings
from app.web.auth import operating, signed_in
from app.web.http import Request
from app.web.tokens import bearer_of

GAUGES = {
    "streams": "Open streams of browsers.",
    "pages": "Open pages that are kept up to date.",
    "stalled": "Streams that can't receive.",
    "programs": "Polls and streams of programs that wait.",
    "up_seconds": "Since the start of the process.",
}
COUNTERS = {
    "joins": "Pages that joined.",
    "replays": "Joins that brought what the page had missed.",
    "reloads": "Pages that were told to load anew.",
    "skips": "Writes that would have had to wait.",
}
TIMES = {
    "passes": "A round of reading, rendering and writing for one team.",
    "paints": "From the record of a change to the screen that shows it.",
}
TEXT = "text/plain; version=0.0.4; charset=utf-8"


async def operator_or_token(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    settings: Settings = connection.app.state.settings
    bearer = bearer_of(connection)
    if bearer is None:
        await signed_in(connection, handler)
        await operating(connection, handler)
    elif settings.metrics_token is None or not hmac.compare_digest(bearer.encode(), settings.metrics_token.encode()):
        raise NotAuthorizedException


@get("/metrics", guards=[operator_or_token], media_type=MediaType.TEXT)
async def metrics(request: Request) -> Response[str]:
    health = await push_health(request.app.state.redis)
    return Response("".join(f"{line}\n" for line in written(health)), headers={"content-type": TEXT})


def written(health: PushHealth) -> Iterator[str]:
    yield from _one("alrt_relay_waiting", "Events that wait for the relay.", health.waiting)
    yield from _one("alrt_relay_lag_seconds", "For how long the oldest of them does.", health.lag)
    if health.silent_for is not None:
        about = "Since the relay's last entry; one comes every five seconds."
        yield from _one("alrt_relay_silent_seconds", about, health.silent_for)
    for kinds, kind in ((GAUGES, "gauge"), (COUNTERS, "counter")):
        for name, about in kinds.items():
            full = f"alrt_{name}" if kind == "gauge" else f"alrt_{name}_total"
            yield from _head(full, about, kind)
            for process in health.processes:
                yield f"{full}{_labels(process)} {getattr(process, name)}"
    yield from _hubs(health)
    for name, about in TIMES.items():
        full = f"alrt_{name}_seconds"
        yield from _head(full, f"{about} Quantiles are of the last ten minutes.", "summary")
        for process in health.processes:
            yield from _summary(full, process, getattr(process, name))


def _hubs(health: PushHealth) -> Iterator[str]:
    yield from _head("alrt_hub_hearing", "Whether the process hears the relay.", "gauge")
    for process in health.processes:
        yield f"alrt_hub_hearing{_labels(process)} {int(process.is_hearing)}"
    yield from _head("alrt_hub_position_seconds", "Until when it has taken all events, by Redis's clock.", "gauge")
    for process in health.processes:
        if process.taken is not None:
            yield f"alrt_hub_position_seconds{_labels(process)} {int(process.taken) / 1000:.3f}"


def _summary(name: str, process: ProcessHealth, took: Took) -> Iterator[str]:
    for quantile, value in (("0.5", took.p50), ("0.99", took.p99)):
        if value is not None:
            yield f"{name}{_labels(process, quantile=quantile)} {value:.6f}"
    yield f"{name}_sum{_labels(process)} {took.total:.6f}"
    yield f"{name}_count{_labels(process)} {took.count}"


def _one(name: str, about: str, value: float) -> Iterator[str]:
    yield from _head(name, about, "gauge")
    yield f"{name} {value}"


def _head(name: str, about: str, kind: str) -> Iterator[str]:
    yield f"# HELP {name} {about}"
    yield f"# TYPE {name} {kind}"


def _labels(process: ProcessHealth, **more: str) -> str:
    values = {"process": process.process, **more}
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in values.items()) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


ROUTES = [metrics]
