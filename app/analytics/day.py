"""One day of a client: what the pop-up and the API show of it."""

import re
from datetime import date, datetime

from app.analytics.days import day_of
from app.analytics.heatmap import has_day, heatmap_cells
from app.analytics.queries import posts_of_day, stories_of_day
from app.analytics.views import Day
from app.clients.queries import ClientRef

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def read_day(text: str) -> date | None:
    """None for what is no date; other forms of ISO 8601 would give a day several addresses."""
    try:
        return date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        return None


async def day_of_client(client: ClientRef, day: date, now: datetime) -> Day | None:
    """None for a day that no heatmap of the client shows."""
    if not has_day(client, day, now):
        return None
    (cell,) = await heatmap_cells(client, [day], now)
    stories, hidden = await stories_of_day(client, day) if cell.is_available else ([], 0)
    return Day(
        cell=cell,
        time_zone=client.time_zone,
        tracked_since=day_of(client.tracking_started_at, client.time_zone),
        stories=tuple(stories),
        hidden_stories=hidden,
        posts=tuple(await posts_of_day(client, day)) if cell.is_available else (),
    )
