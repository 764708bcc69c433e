"""Pages report how long a change took to their screen: see docs/live.md, "Seen".

All of it is measured by one clock, Redis's, so that no machine's own has to be right.
"""

from typing import Annotated

from litestar import post
from litestar.params import JSONBody
from msgspec import Meta, Struct

from app.live.hub import Hub
from app.web.auth import signed_in
from app.web.http import Request

MOST = 20
"""Paints in one report."""
LONGEST = 600_000
"""Milliseconds; what took longer slept, and was not shown late."""
LARGEST_REPORT = 4_096


class Report(Struct, frozen=True):
    painted: Annotated[list[tuple[int, int]], Meta(max_length=MOST)]
    """When the change was recorded, as the page was told, and how long before this report it was on the screen; both
    in milliseconds."""


class Clock(Struct, frozen=True):
    now: int


@post("/live/painted", guards=[signed_in], status_code=200, request_max_body_size=LARGEST_REPORT)
async def painted(request: Request, data: JSONBody[Report]) -> Clock:
    """Counts the way of the report itself as part of what was measured: the figure never flatters."""
    hub: Hub = request.app.state.hub
    now = await hub.clock()
    for recorded, ago in data.painted:
        took = now - ago - recorded
        if ago >= 0 and 0 <= took <= LONGEST:
            hub.measures.paints.add(took / 1000)
    return Clock(now)


ROUTES = [painted]
