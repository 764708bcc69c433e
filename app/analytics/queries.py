"""The days of the heatmap: recomputed from what is stored, never incremented."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta

from app.analytics.coverage import Span, observed_minutes
from app.analytics.days import day_bounds
from app.analytics.views import DayCounts, DayPost, DayStory, SnapshotPoint
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


async def snapshots(client: ClientRef, since: date) -> list[SnapshotPoint]:
    """The figures of the UTC days from `since` on, oldest first; a day without a row was not read.

    A profile may be known for longer than the team tracks it: earlier days are not the team's to see.
    """
    rows = await query(
        """
        SELECT snapshot_date AS day, followers_count, avg_likes, avg_comments, engagement_rate, posts_per_day
        FROM analytics_snapshots WHERE profile_id = {} AND snapshot_date >= {} ORDER BY snapshot_date
        """,
        client.profile_id,
        max(since, client.tracking_started_at.astimezone(UTC).date()),
    )
    return [SnapshotPoint(**row) for row in rows]


async def day_counts(client: ClientRef, since: date) -> list[DayCounts]:
    """The team's days from `since` on, oldest first, as far as anything is known of them."""
    rows = await query(
        """
        SELECT activity_date AS day, stories_count AS stories, posts_count AS posts, observed_minutes
        FROM activity_calendar WHERE client_id = {} AND activity_date >= {} ORDER BY activity_date
        """,
        client.id,
        since,
    )
    return [DayCounts(**row) for row in rows]


async def counts_of_days(client: ClientRef, days: Sequence[date]) -> list[DayCounts]:
    """A day that nothing is known of is left out."""
    rows = await query(
        """
        SELECT activity_date AS day, stories_count AS stories, posts_count AS posts, observed_minutes
        FROM activity_calendar WHERE client_id = {} AND activity_date = ANY({}::date[])
        """,
        client.id,
        list(days),
    )
    return [DayCounts(**row) for row in rows]


async def stories_of_day(client: ClientRef, day: date) -> tuple[list[DayStory], int]:
    """Those that the team sees, newest first, and how many more it has hidden."""
    rows = await query(
        """
        SELECT s.id AS story_id, s.story_type, s.posted_at, s.thumbnail_storage_path IS NOT NULL AS has_thumbnail,
               EXISTS (SELECT FROM hidden_stories h WHERE h.client_id = {} AND h.story_id = s.id) AS is_hidden
        FROM stories s
        WHERE s.profile_id = {} AND s.posted_at >= {} AND s.posted_at < {} AND s.expires_at > {}
        ORDER BY s.posted_at DESC, s.id DESC
        """,
        client.id,
        client.profile_id,
        *day_bounds(day, client.time_zone),
        client.tracking_started_at,
    )
    hidden = [row.pop("is_hidden") for row in rows]
    shown = [DayStory(client_id=client.id, **row) for row, is_hidden in zip(rows, hidden, strict=True) if not is_hidden]
    return shown, sum(hidden)


async def posts_of_day(client: ClientRef, day: date) -> list[DayPost]:
    """Newest first."""
    rows = await query(
        """
        SELECT id AS post_id, media_type, posted_at, post_url, likes_count, comments_count, caption,
               thumbnail_storage_path IS NOT NULL AS has_thumbnail
        FROM posts WHERE profile_id = {} AND posted_at >= {} AND posted_at < {} AND posted_at >= {}
        ORDER BY posted_at DESC, id DESC
        """,
        client.profile_id,
        *day_bounds(day, client.time_zone),
        client.tracking_started_at,
    )
    return [DayPost(client_id=client.id, **row) for row in rows]


async def charts_state(client: ClientRef) -> str:
    """Changes whenever anything that the charts are drawn from does."""
    rows = await query(
        """
        SELECT md5(concat(
            (SELECT sum(hashtextextended(s::text, 0)) FROM analytics_snapshots s WHERE profile_id = {}), '/',
            (SELECT sum(hashtextextended(a::text, 0)) FROM activity_calendar a WHERE client_id = {})
        )) AS state
        """,
        client.profile_id,
        client.id,
    )
    return str(rows[0]["state"])


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


async def days_known(team_id: int) -> tuple[date, date] | None:
    """The first and the last day of the team's clients, archived ones too; None where there is none yet."""
    rows = await query(
        "SELECT min(a.activity_date) AS first, max(a.activity_date) AS last FROM activity_calendar a"
        " JOIN clients c ON c.id = a.client_id WHERE c.team_id = {}",
        team_id,
    )
    return (rows[0]["first"], rows[0]["last"]) if rows[0]["first"] else None


async def recut_days(
    team_id: int, days: Sequence[tuple[date, datetime, datetime]], overlaps: Sequence[tuple[date, date, int]]
) -> None:
    """Puts these days, each with its bounds, in the place of all that the team's clients have.

    `overlaps`: see `app.analytics.zone`. One statement reads the old days and writes the new ones.
    """
    await query(
        """
        WITH ours AS (SELECT id, profile_id, tracking_started_at FROM clients WHERE team_id = {}),
        days AS (SELECT * FROM unnest({}::date[], {}::timestamptz[], {}::timestamptz[])
            WITH ORDINALITY AS d (day, starts, ends, n)),
        seen AS (
            SELECT c.id AS client_id, width_bucket(s.posted_at, {}::timestamptz[]) AS n, count(*) AS stories
            FROM ours c JOIN stories s ON s.profile_id = c.profile_id AND s.expires_at > c.tracking_started_at
            GROUP BY 1, 2),
        made AS (
            SELECT c.id AS client_id, width_bucket(p.posted_at, {}::timestamptz[]) AS n, count(*) AS posts
            FROM ours c JOIN posts p ON p.profile_id = c.profile_id AND p.posted_at >= c.tracking_started_at
            GROUP BY 1, 2),
        proofs AS (
            SELECT profile_id, range_agg(tstzrange(least(finished_at - interval '24 hours', started_at), started_at))
                AS spans
            FROM checks WHERE profile_id IN (SELECT profile_id FROM ours) AND kind = 'stories'
                AND outcome IN ('ok', 'empty')
            GROUP BY profile_id),
        proved AS (
            SELECT p.profile_id, d.day, floor(extract(epoch FROM sum(upper(r) - lower(r))) / 60) AS minutes
            FROM proofs p JOIN days d ON d.ends > lower(p.spans)
            CROSS JOIN LATERAL unnest(p.spans * tstzmultirange(tstzrange(d.starts, d.ends))) AS r
            GROUP BY 1, 2),
        carried AS (
            SELECT a.client_id, o.day, sum(greatest(0, a.observed_minutes - o.outside)) AS minutes
            FROM unnest({}::date[], {}::date[], {}::int[]) AS o (day, old, outside)
            JOIN activity_calendar a ON a.activity_date = o.old JOIN ours c ON c.id = a.client_id
            GROUP BY 1, 2)
        INSERT INTO activity_calendar
            (client_id, activity_date, stories_count, posts_count, has_activity, observed_minutes)
        SELECT c.id, d.day, coalesce(s.stories, 0), coalesce(m.posts, 0), coalesce(s.stories, m.posts, 0) > 0,
               greatest(p.minutes, k.minutes, 0)
        FROM ours c CROSS JOIN days d
        LEFT JOIN seen s ON s.client_id = c.id AND s.n = d.n
        LEFT JOIN made m ON m.client_id = c.id AND m.n = d.n
        LEFT JOIN proved p ON p.profile_id = c.profile_id AND p.day = d.day
        LEFT JOIN carried k ON k.client_id = c.id AND k.day = d.day
        LEFT JOIN activity_calendar was ON was.client_id = c.id AND was.activity_date = d.day
        WHERE was.id IS NOT NULL OR s.stories > 0 OR m.posts > 0 OR greatest(p.minutes, k.minutes, 0) > 0
        ON CONFLICT (client_id, activity_date) DO UPDATE SET
            stories_count = excluded.stories_count, posts_count = excluded.posts_count,
            has_activity = excluded.has_activity, observed_minutes = excluded.observed_minutes
        """,
        team_id,
        [day for day, _, _ in days],
        [starts for _, starts, _ in days],
        [ends for _, _, ends in days],
        [*(starts for _, starts, _ in days), days[-1][2]],
        [*(starts for _, starts, _ in days), days[-1][2]],
        [new for new, _, _ in overlaps],
        [old for _, old, _ in overlaps],
        [outside for _, _, outside in overlaps],
    )
    await query(
        "DELETE FROM activity_calendar a USING clients c WHERE c.id = a.client_id AND c.team_id = {}"
        " AND NOT a.activity_date BETWEEN {} AND {}",
        team_id,
        days[0][0],
        days[-1][0],
    )


def first_whole_day(now: datetime) -> datetime:
    """Since when checks are looked through for a day's coverage: a few days are enough, because only the days
    that a check reaches are counted anew."""
    return now - timedelta(days=4)
