"""A client's days as cells: the last 52 weeks, or a calendar year."""

import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from app.analytics.days import day_bounds, day_of
from app.analytics.levels import is_well_observed, level_of
from app.analytics.queries import counts_of_days
from app.analytics.views import DayCounts, Heatmap, HeatmapDay, Month
from app.clients.queries import ClientRef

WEEKS = 52
_YEAR = re.compile(r"[0-9]{4}")


class NoSuchYear(ValueError):
    """No year at all, or one in which the client was not tracked."""


async def heatmap_of(client: ClientRef, now: datetime, year: int | None = None) -> Heatmap:
    """What the client page shows: the last 52 weeks, or one of `tracked_years`."""
    first, last = calendar_year(year) if year else last_weeks(day_of(now, client.time_zone))
    days = tuple(await heatmap_days(client, first, last, now))
    return Heatmap(
        client_id=client.id,
        year=year,
        years=tracked_years(client, now),
        tracked_since=day_of(client.tracking_started_at, client.time_zone),
        days=days,
        months=_months(first, last),
    )


async def heatmap_days(client: ClientRef, first: date, last: date, now: datetime) -> list[HeatmapDay]:
    """Every day from `first` to `last`. Of a day without a row nothing was seen, and nothing observed."""
    return await heatmap_cells(client, [first + timedelta(days=n) for n in range((last - first).days + 1)], now)


async def heatmap_cells(client: ClientRef, days: Iterable[date], now: datetime) -> list[HeatmapDay]:
    days = list(days)
    counts = {row.day: row for row in await counts_of_days(client, days)}
    return [_cell(client, counts.get(day) or _nothing(day), now) for day in days]


def _nothing(day: date) -> DayCounts:
    return DayCounts(day=day, stories=0, posts=0, observed_minutes=0)


def _cell(client: ClientRef, counts: DayCounts, now: datetime) -> HeatmapDay:
    today = day_of(now, client.time_zone)
    begins, ends = day_bounds(counts.day, client.time_zone)
    day_minutes = ((now if counts.day == today else ends) - begins) // timedelta(minutes=1)
    return HeatmapDay(
        client_id=client.id,
        day=counts.day,
        stories=counts.stories,
        posts=counts.posts,
        level=level_of(counts.stories, counts.posts),
        observed_minutes=counts.observed_minutes,
        day_minutes=day_minutes,
        is_available=day_of(client.tracking_started_at, client.time_zone) <= counts.day <= today,
        is_today=counts.day == today,
        coverage=_coverage(counts.observed_minutes, day_minutes, counts.day == today),
    )


def _coverage(observed_minutes: int, day_minutes: int, is_today: bool) -> str:
    """A good check proves the 24 hours before it: a gap in today can only lie after the last one, and the next
    check fills it. So today's cell does not change as time passes, only with events, and may be kept rendered.
    """
    if not observed_minutes:
        return "none"
    return "whole" if is_today or is_well_observed(observed_minutes, day_minutes) else "part"


# --- which days -----------------------------------------------------------------------------------------------


def last_weeks(today: date) -> tuple[date, date]:
    """52 weeks from Monday on, of which the last one ends with today."""
    monday = today - timedelta(days=today.weekday())
    return monday - timedelta(weeks=WEEKS - 1), today


def calendar_year(year: int) -> tuple[date, date]:
    return date(year, 1, 1), date(year, 12, 31)


def tracked_years(client: ClientRef, now: datetime) -> tuple[int, ...]:
    """Newest first."""
    first = day_of(client.tracking_started_at, client.time_zone).year
    return tuple(range(day_of(now, client.time_zone).year, first - 1, -1))


def read_year(text: str | None, client: ClientRef, now: datetime) -> int | None:
    """The year of an address; None where it names none. Raises `NoSuchYear`."""
    if text is None:
        return None
    if _YEAR.fullmatch(text) is None or int(text) not in tracked_years(client, now):
        raise NoSuchYear(text)
    return int(text)


def has_day(client: ClientRef, day: date, now: datetime) -> bool:
    """Whether a heatmap of the client can show the day, be it unavailable."""
    first = day_of(client.tracking_started_at, client.time_zone)
    today = day_of(now, client.time_zone)
    return min(date(first.year, 1, 1), last_weeks(today)[0]) <= day <= date(today.year, 12, 31)


def _months(first: date, last: date) -> tuple[Month, ...]:
    """Over how many columns each month reaches. A week belongs to the month in which it ends."""
    months: list[Month] = []
    monday = first - timedelta(days=first.weekday())
    while monday <= last:
        ends = min(monday + timedelta(days=6), last)
        begins = ends.replace(day=1)
        weeks = months.pop().weeks if months and months[-1].first == begins else 0
        months.append(Month(first=begins, weeks=weeks + 1))
        monday += timedelta(weeks=1)
    return tuple(months)
