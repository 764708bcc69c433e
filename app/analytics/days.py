"""A day is a day of the team's time zone: 23 to 25 hours long."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def day_of(moment: datetime, zone: str) -> date:
    return moment.astimezone(ZoneInfo(zone)).date()


def day_bounds(day: date, zone: str) -> tuple[datetime, datetime]:
    """The moments at which the day begins and at which the next one begins, in UTC."""
    return _midnight(day, zone), _midnight(day + timedelta(days=1), zone)


def days_between(start: datetime, end: datetime, zone: str) -> list[date]:
    """Every day that has a moment in [start, end]."""
    first, last = day_of(start, zone), day_of(end, zone)
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)
