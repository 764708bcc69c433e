"""Another time zone is another set of days: the whole team's are cut anew."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from app.analytics.days import day_bounds, day_of, days_between
from app.analytics.queries import days_known, recut_days


async def rebuild_days(team_id: int, old_zone: str, new_zone: str, now: datetime) -> None:
    """In the caller's transaction, with the team's profiles held (`hold_profiles`).

    Stories and posts are counted anew. What was observed is proved anew by the checks as far back as they are kept.
    Of an older day only its minutes are known, not when in the day they were: the new day takes over no more than
    must lie in it. So a day that was observed whole, or not at all, stays so; where a gap begins or ends some minutes
    become unknown, and unknown time is never taken for silence.
    """
    known = await days_known(team_id)
    if known is None:
        return
    starts, ends = day_bounds(known[0], old_zone)[0], day_bounds(known[1], old_zone)[1]
    first, last = day_of(starts, new_zone), max(day_of(ends, new_zone), day_of(now, new_zone))
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    overlaps = [overlap for day in days for overlap in overlaps_of(day, old_zone, new_zone)]
    await recut_days(team_id, [(day, *day_bounds(day, new_zone)) for day in days], overlaps)


def overlaps_of(day: date, old_zone: str, new_zone: str) -> Iterator[tuple[date, date, int]]:
    """The new day, each old one that it shares time with, and how many minutes of that lie outside of the new one."""
    starts, ends = day_bounds(day, new_zone)
    for old in days_between(starts, ends, old_zone):
        begins, over = day_bounds(old, old_zone)
        common = min(ends, over) - max(starts, begins)
        if common > timedelta():
            yield day, old, (over - begins - common) // timedelta(minutes=1)
