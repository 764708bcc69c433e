"""Current state → the bell of each member, and what pages say of silence and of a source that fails."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from app.alerts.queries import bells, client_alerts, source_trouble
from app.alerts.views import Bell
from app.analytics.days import day_bounds, day_of
from app.clock import Clock
from app.live.parts import Part, Rendered
from app.teams.queries import team_facts
from app.web.templates import gone, partial

TOLD_FOR = timedelta(days=3)
"""How long the bell tells that a client is back. Whole days of the team, whose beginning is an event."""


async def bell_fragments(team_id: int, parts: Sequence[Part], language: str, clock: Clock) -> Rendered:
    found = await bells_of(team_id, [part.item_id for part in parts], clock())
    return {part: partial("alerts/_bell.html", language, bell=found[part.item_id]) for part in parts}


async def bells_of(team_id: int, user_ids: Sequence[int], now: datetime) -> dict[int, Bell]:
    zone = (await team_facts(team_id)).time_zone
    since, _ = day_bounds(day_of(now, zone) - TOLD_FOR, zone)
    return await bells(team_id, user_ids, now, since)


async def client_alert_fragments(team_id: int, parts: Sequence[Part], language: str, _: Clock) -> Rendered:
    alerts = await client_alerts(team_id, [part.client_id for part in parts])
    return {
        part: partial("alerts/_client_alert.html", language, alert=alerts[part.client_id])
        if part.client_id in alerts
        else gone(f"client-alert-{part.client_id}")
        for part in parts
    }


async def source_notice_fragments(team_id: int, parts: Sequence[Part], language: str, clock: Clock) -> Rendered:
    html = partial("alerts/_source_notice.html", language, trouble=await source_trouble(team_id, clock()))
    return dict.fromkeys(parts, html)
