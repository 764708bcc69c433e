"""What the charts of a client's page are drawn from: a value for each day, and None for a day without one."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from app.analytics.days import day_of
from app.analytics.queries import day_counts, snapshots
from app.analytics.views import ActivitySeries, Charts, DayCounts, SnapshotPoint, SnapshotSeries
from app.clients.queries import ClientRef

PERIODS = (7, 30, 90, 365)


async def charts_of(client: ClientRef, days: int, now: datetime) -> Charts:
    """The last `days` days, today among them: UTC days for the figures, the team's for what was posted."""
    figure_days = _last_days(now.astimezone(UTC).date(), days)
    team_days = _last_days(day_of(now, client.time_zone), days)
    return Charts(
        days=days,
        snapshots=_snapshot_series(figure_days, await snapshots(client, figure_days[0])),
        activity=_activity_series(team_days, await day_counts(client, team_days[0])),
    )


def _last_days(today: date, days: int) -> list[date]:
    return [today - timedelta(days=ago) for ago in reversed(range(days))]


def _snapshot_series(days: list[date], points: Iterable[SnapshotPoint]) -> SnapshotSeries:
    known = {point.day: point for point in points}
    shown = [known.get(day) for day in days]
    return SnapshotSeries(
        dates=days,
        is_known=any(shown),
        engagement_rate=[_float(point.engagement_rate if point else None) for point in shown],
        avg_likes=[_float(point.avg_likes if point else None) for point in shown],
        avg_comments=[_float(point.avg_comments if point else None) for point in shown],
    )


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def _activity_series(days: list[date], counts: Iterable[DayCounts]) -> ActivitySeries:
    known = {count.day: count for count in counts}
    shown = [known.get(day) for day in days]
    return ActivitySeries(
        dates=days,
        is_known=any(day and (day.stories or day.posts or day.observed_minutes) for day in shown),
        stories=[_seen(day, day.stories) if day else None for day in shown],
        posts=[_seen(day, day.posts) if day else None for day in shown],
    )


def _seen(day: DayCounts, count: int) -> int | None:
    """None where nobody looked: nothing seen is not the same as nothing posted."""
    return count if count or day.observed_minutes else None
