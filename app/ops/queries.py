"""What the operators' page reads, across all teams: how many watch a profile, and nothing else that is a team's own."""

from datetime import datetime

import msgspec

from app.alerts.silence import UNREADABLE
from app.database import query
from app.ops.views import Incident, Safety, Tally, Watched

# Safe: seen by the last check, and the next one is planned before a story could end, and not overdue. Its values: the
# latest moment that counts as overdue, and while a source fails the moment by which nobody may lose a story.
_WATCHED = f"""
WITH watched AS (
    SELECT p.id AS profile_id, p.username, p.state, w.teams, p.stories_proved_at AS proved_at,
           p.next_story_check_at AS next_at, k.outcome, k.error, k.finished_at AS tried_at,
           p.state IN {UNREADABLE} AS is_unseen,
           coalesce(
               p.state NOT IN {UNREADABLE} AND k.outcome IN ('ok', 'empty')
               AND p.next_story_check_at BETWEEN {{}} AND p.stories_proved_at + interval '24 hours'
               AND p.stories_proved_at + interval '24 hours' >= coalesce({{}}::timestamptz, '-infinity'),
               false
           ) AS is_safe
    FROM profiles p
    JOIN (SELECT profile_id, count(*) AS teams FROM clients WHERE archived_at IS NULL GROUP BY profile_id) w
        ON w.profile_id = p.id
    LEFT JOIN LATERAL (
        SELECT outcome, error, finished_at FROM checks
        WHERE profile_id = p.id AND kind = 'stories' AND finished_at IS NOT NULL ORDER BY started_at DESC LIMIT 1
    ) k ON true
)
"""


async def unsafe_profiles(
    overdue: datetime, needed_until: datetime | None, *, is_unseen: bool, limit: int
) -> list[Watched]:
    """Those first whose stories could be lost soonest."""
    rows = await query(
        f"""
        {_WATCHED}
        SELECT u.profile_id, username, state, teams, proved_at, next_at, outcome, error, tried_at,
               (SELECT count(*) FROM checks f
                WHERE f.profile_id = u.profile_id AND f.kind = 'stories' AND f.outcome IN ('failed', 'rate_limited')
                AND f.started_at > coalesce((
                    SELECT max(started_at) FROM checks
                    WHERE profile_id = u.profile_id AND kind = 'stories' AND outcome NOT IN ('failed', 'rate_limited')
                ), '-infinity')) AS failures
        FROM (SELECT * FROM watched WHERE NOT is_safe AND is_unseen = {{}}
              ORDER BY proved_at NULLS FIRST, username LIMIT {{}}) u
        ORDER BY proved_at NULLS FIRST, username
        """,
        overdue,
        needed_until,
        is_unseen,
        limit,
    )
    return [msgspec.convert(row, Watched) for row in rows]


async def safety(overdue: datetime, needed_until: datetime | None) -> Safety:
    rows = await query(
        f"""
        {_WATCHED}
        SELECT count(*) AS watched, count(*) FILTER (WHERE is_safe) AS safe,
               min(proved_at + interval '24 hours') FILTER (WHERE is_safe) AS safe_until,
               count(*) FILTER (WHERE is_unseen) AS unseen
        FROM watched
        """,
        overdue,
        needed_until,
    )
    return msgspec.convert(rows[0], Safety)


async def watched_profiles() -> int:
    rows = await query("SELECT count(DISTINCT profile_id) AS watched FROM clients WHERE archived_at IS NULL")
    return int(rows[0]["watched"])


async def incidents() -> list[Incident]:
    rows = await query(
        "SELECT source, began_at, checks, failed, error FROM source_incidents WHERE ended_at IS NULL ORDER BY source"
    )
    return [msgspec.convert(row, Incident) for row in rows]


async def tallies(since: datetime) -> list[Tally]:
    """By source."""
    rows = await query(
        """
        SELECT source, count(*) FILTER (WHERE kind = 'stories') AS stories,
               count(*) FILTER (WHERE kind = 'posts') AS posts,
               count(DISTINCT run_id) FILTER (WHERE kind = 'stories') AS runs,
               count(run_id) FILTER (WHERE kind = 'stories') AS names
        FROM checks WHERE finished_at >= {} GROUP BY source ORDER BY source
        """,
        since,
    )
    return [msgspec.convert(row, Tally) for row in rows]


async def outcomes_since(since: datetime) -> dict[str, list[tuple[str, int]]]:
    """By source: each outcome with its number, the most frequent first."""
    rows = await query(
        "SELECT source, outcome, count(*) AS number FROM checks WHERE finished_at >= {}"
        " GROUP BY source, outcome ORDER BY source, number DESC, outcome",
        since,
    )
    found: dict[str, list[tuple[str, int]]] = {}
    for row in rows:
        found.setdefault(row["source"], []).append((row["outcome"], row["number"]))
    return found
