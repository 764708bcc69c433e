"""Tells an open page that its charts are out of date; static/charts.js then asks for their data anew."""

from collections.abc import Sequence
from datetime import datetime

from app.analytics.days import day_of
from app.analytics.queries import charts_state
from app.analytics.views import ChartsPoint
from app.clients.queries import ClientRef, client_of
from app.clock import Clock
from app.live.parts import Part, Rendered
from app.web.templates import gone, partial


async def charts_fragments(team_id: int, parts: Sequence[Part], language: str, clock: Clock) -> Rendered:
    """With the frame of the charts: for a page that is loaded, never pushed."""
    return await _charts_fragments("analytics/_charts.html", team_id, parts, language, clock)


async def charts_point_fragments(team_id: int, parts: Sequence[Part], language: str, clock: Clock) -> Rendered:
    return await _charts_fragments("analytics/_charts_point.html", team_id, parts, language, clock)


async def _charts_fragments(
    template: str, team_id: int, parts: Sequence[Part], language: str, clock: Clock
) -> Rendered:
    rendered: Rendered = {}
    for part in parts:
        client = await client_of(team_id, part.client_id)
        rendered[part] = (
            partial(template, language, point=await charts_point(client, clock()))
            if client
            else gone(f"charts-{part.client_id}")
        )
    return rendered


async def charts_point(client: ClientRef, now: datetime) -> ChartsPoint:
    """The day belongs to it: when it turns, the charts move on."""
    state = f"{day_of(now, client.time_zone)}/{await charts_state(client)}"
    return ChartsPoint(client_id=client.id, state=state)
