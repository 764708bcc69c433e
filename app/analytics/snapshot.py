"""One profile's figures on one UTC day."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import msgspec

from app.analytics.rates import NEWEST, Rates, rates
from app.clients.queries import clients_of_profile, newest_posts
from app.database import query, transaction
from app.live.events import SnapshotTaken
from app.live.publish import publish

LARGEST = {
    "avg_likes": Decimal("99999999.99"),
    "avg_comments": Decimal("99999999.99"),
    "engagement_rate": Decimal("9999999.99"),
    "posts_per_day": Decimal("999.99"),
}
"""What the columns hold."""


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What a snapshot keeps; None is unknown."""

    day: date
    followers_count: int | None
    following_count: int | None
    posts_count: int | None
    rates: Rates


async def take_snapshot(profile_id: int, now: datetime) -> bool:
    """Whether the day's row is new, or other than it was. Running a day again overwrites it.

    Call it in the transaction that stored what was read, and only for a read that saw the account.
    """
    async with transaction():
        [profile] = await query(
            "SELECT followers_count, following_count, posts_count FROM profiles WHERE id = {}", profile_id
        )
        found = rates(await newest_posts(profile_id, NEWEST), profile["followers_count"], now)
        changed = await store_snapshots(profile_id, [Figures(day=now.astimezone(UTC).date(), rates=found, **profile)])
        clients = await clients_of_profile(profile_id) if changed else []
        await publish(
            *(
                SnapshotTaken(team_id=client.team_id, client_id=client.id, day=day)
                for client in clients
                for day in changed
            )
        )
    return bool(changed)


async def store_snapshots(profile_id: int, figures: Iterable[Figures]) -> list[date]:
    """The days whose rows are new or changed."""
    rows = [_row(one) for one in figures]
    changed = await query(
        """
        INSERT INTO analytics_snapshots AS s (profile_id, snapshot_date, followers_count, following_count, posts_count,
            avg_likes, avg_comments, engagement_rate, posts_per_day)
        SELECT {}, n.* FROM unnest({}::date[], {}::bigint[], {}::bigint[], {}::bigint[], {}::numeric[], {}::numeric[],
            {}::numeric[], {}::numeric[]) AS n
        ON CONFLICT (profile_id, snapshot_date) DO UPDATE SET
            followers_count = excluded.followers_count, following_count = excluded.following_count,
            posts_count = excluded.posts_count, avg_likes = excluded.avg_likes, avg_comments = excluded.avg_comments,
            engagement_rate = excluded.engagement_rate, posts_per_day = excluded.posts_per_day
        WHERE (s.followers_count, s.following_count, s.posts_count, s.avg_likes, s.avg_comments, s.engagement_rate,
               s.posts_per_day)
            IS DISTINCT FROM (excluded.followers_count, excluded.following_count, excluded.posts_count,
                              excluded.avg_likes, excluded.avg_comments, excluded.engagement_rate,
                              excluded.posts_per_day)
        RETURNING snapshot_date
        """,
        profile_id,
        *([row[column] for row in rows] for column in range(8)),
    )
    return [row["snapshot_date"] for row in changed]


def _row(figures: Figures) -> tuple[object, ...]:
    return (
        figures.day,
        figures.followers_count,
        figures.following_count,
        figures.posts_count,
        *(_storable(name, getattr(figures.rates, name)) for name in LARGEST),
    )


def _storable(name: str, value: Decimal | None) -> Decimal | None:
    """A figure that its column can't hold is unknown: a cut one would be wrong. It takes an account of a few
    followers and millions of likes."""
    return value if value is not None and value <= LARGEST[name] else None


async def take_missing_snapshots(now: datetime) -> int:
    """The net below the post checks, which take the snapshot themselves: the day of a profile's newest good check
    gets its row. A day on which nothing was read gets none."""
    missing = await query(
        """
        SELECT k.profile_id, k.finished_at FROM (
            SELECT DISTINCT ON (profile_id) profile_id, finished_at FROM checks
            WHERE kind = 'posts' AND outcome IN ('ok', 'empty') AND finished_at > {}
            ORDER BY profile_id, finished_at DESC
        ) k
        WHERE NOT EXISTS (SELECT FROM analytics_snapshots s WHERE s.profile_id = k.profile_id
                          AND s.snapshot_date = (k.finished_at AT TIME ZONE 'UTC')::date)
        """,
        now - timedelta(days=2),
    )
    for row in missing:
        await take_snapshot(row["profile_id"], row["finished_at"])
    return len(missing)
