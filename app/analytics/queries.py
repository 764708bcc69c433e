"""The days of the heatmap: recomputed from what is stored, never incremented."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta

from app.analytics.coverage import Span, observed_minutes
from app.analytics.days import day_bounds
from app.clients.queries import ClientRef
from app.database import query


async def recount_days(
    client: ClientRef, days: Iterable[date], spans: list[Span] | None, checks_since: datetime
) -> list[date]:
    """Counts each day anew, and returns those that changed.

    `spans`: what the checks since `checks_since` prove; a day that lies before them, or any day where `spans`
    is None, keeps its observed minutes.
    """
    rows = []
    for day in sorted(set(days)):
        start, end = day_bounds(day, client.time_zone)
        known = spans is not None and start >= checks_since
        rows.append((day, start, end, observed_minutes(spans or [], start, end) if known else None))
    changed = await query(
        """
        INSERT INTO activity_calendar AS a
            (client_id, activity_date, stories_count, posts_count, has_activity, observed_minutes)
        SELECT {}, day, stories, posts, stories + posts > 0, coalesce(observed, kept, 0)
        FROM unnest({}::date[], {}::timestamptz[], {}::timestamptz[], {}::int[]) AS d (day, starts, ends, observed)
        CROSS JOIN LATERAL (SELECT
            (SELECT count(*) FROM stories WHERE profile_id = {} AND posted_at >= starts AND posted_at < ends
             AND expires_at > {}) AS stories,
            (SELECT count(*) FROM posts WHERE profile_id = {} AND posted_at >= starts AND posted_at < ends
             AND posted_at >= {}) AS posts,
            (SELECT observed_minutes FROM activity_calendar WHERE client_id = {} AND activity_date = day) AS kept
        ) AS counts
        ON CONFLICT (client_id, activity_date) DO UPDATE SET
            stories_count = excluded.stories_count, posts_count = excluded.posts_count,
            has_activity = excluded.has_activity, observed_minutes = excluded.observed_minutes
        WHERE (a.stories_count, a.posts_count, a.observed_minutes)
            IS DISTINCT FROM (excluded.stories_count, excluded.posts_count, excluded.observed_minutes)
        RETURNING activity_date
        """,
        client.id,
        [row[0] for row in rows],
        [row[1] for row in rows],
        [row[2] for row in rows],
        [row[3] for row in rows],
        client.profile_id,
        client.tracking_started_at,
        client.profile_id,
        client.tracking_started_at,
        client.id,
    )
    return [row["activity_date"] for row in changed]


async def seed_days(client: ClientRef, observed: Sequence[tuple[date, int]]) -> None:
    """Days of a past that no check tells of: counted from what is stored, observed as given in minutes."""
    await query(
        "INSERT INTO activity_calendar (client_id, activity_date, observed_minutes)"
        " SELECT {}, day, minutes FROM unnest({}::date[], {}::int[]) AS d (day, minutes) ON CONFLICT DO NOTHING",
        client.id,
        [day for day, _ in observed],
        [minutes for _, minutes in observed],
    )
    await recount_days(client, [day for day, _ in observed], None, datetime.max.replace(tzinfo=UTC))


def first_whole_day(now: datetime) -> datetime:
    """Since when checks are looked through for a day's coverage: a few days are enough, because only the days
    that a check reaches are counted anew."""
    return now - timedelta(days=4)
