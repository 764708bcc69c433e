"""What a tile shows beside the client's row: eight weeks in a few strokes, its alert, and its place."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from app.analytics.days import day_bounds, day_of
from app.analytics.levels import is_well_observed, level_of
from app.analytics.views import DayCounts
from app.clients.views import ClientRow
from app.wall.queries import alerted, days_since, tracked_since, zone_of
from app.wall.views import Tile

WEEKS = 8
SQUARE, STEP = 10, 12

RANKS = {"GREEN": 0, "YELLOW": 1, "RED": 2}


async def tiles_of(team_id: int, rows: Sequence[ClientRow], now: datetime) -> list[Tile]:
    """In the order of the rows."""
    ids = [row.client_id for row in rows]
    zone = await zone_of(team_id)
    today = day_of(now, zone)
    days = _days(today)
    # One zone for all: how long a day is need not be asked for each client.
    lengths = {day: _minutes(day, zone) for day in days}
    known = await days_since(team_id, ids, days[0])
    since = await tracked_since(team_id, ids)
    alerts = await alerted(team_id, ids)
    return [
        Tile(
            client_id=row.client_id,
            weeks=_strokes(days, lengths, known.get(row.client_id, {}), day_of(since[row.client_id], zone), today)
            if row.client_id in since
            else (),
            has_alert=row.client_id in alerts,
            sort=sort_key(row),
        )
        for row in rows
    ]


def sort_key(row: ClientRow) -> str:
    longest_first = 99_999 - min(row.silent_days or 0, 99_999) if row.signal == "GREEN" else 0
    return f"{RANKS.get(row.signal, 3)}-{longest_first:05}-{row.username}-{row.client_id:012}"


def _days(today: date) -> list[date]:
    """From a Monday on, so that today lies in the last of the weeks."""
    monday = today - timedelta(days=today.weekday(), weeks=WEEKS - 1)
    return [monday + timedelta(days=number) for number in range((today - monday).days + 1)]


def _minutes(day: date, zone: str) -> int:
    begins, ends = day_bounds(day, zone)
    return (ends - begins) // timedelta(minutes=1)


def _strokes(
    days: Sequence[date], lengths: dict[date, int], known: dict[date, DayCounts], since: date, today: date
) -> tuple[tuple[str, str], ...]:
    """A path for each kind of day: six nodes instead of 56. Days before tracking began are left out."""
    paths: dict[str, list[str]] = {}
    for number, day in enumerate(days):
        if day < since:
            continue
        column, line = divmod(number, 7)
        square = f"M{column * STEP} {line * STEP}h{SQUARE}v{SQUARE}h-{SQUARE}z"
        paths.setdefault(_kind(known.get(day), lengths[day], is_today=day == today), []).append(square)
    return tuple((kind, "".join(squares)) for kind, squares in sorted(paths.items()))


def _kind(counts: DayCounts | None, minutes: int, *, is_today: bool) -> str:
    """A level, or `unknown` where nothing was seen and not enough was observed to mean anything."""
    level = level_of(counts.stories, counts.posts) if counts else 0
    observed = counts.observed_minutes if counts else 0
    if level == 0 and not (observed if is_today else is_well_observed(observed, minutes)):
        return "unknown"
    return str(level)
