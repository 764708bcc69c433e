"""Which profiles are to be read now. A claim is a lease: whoever is killed after it loses nothing."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from app.alerts.silence import UNREADABLE
from app.clients.queries import held
from app.database import query
from app.sources.base import Outcome, Rhythm, Source

KINDS = {"stories": "next_story_check_at", "posts": "next_post_check_at"}
LEASES = {"stories": "story_lease_until", "posts": "post_lease_until"}

AHEAD = 0.1
"""How much of the time between two checks one may come early, where a batch that is paid for anyway has room."""

WORTH_FILLING = timedelta(hours=1)
"""A source that is asked more often than that is the demo, which costs nothing."""

# Who could lose a story soonest: what a new account shows may be in its last hour, the others' was seen when they were
# proved. Those out of sight have nothing to lose that we know of, and yet must not wait for ever.
_URGENCY = {
    "stories": f"CASE WHEN state IN {UNREADABLE} THEN next_story_check_at"
    " ELSE coalesce(stories_proved_at, 'epoch'::timestamptz) END",
    "posts": "next_post_check_at",
}


class Due(msgspec.Struct, frozen=True):
    profile_id: int
    is_missing: bool
    """The last check found no such account."""


async def claim_due(kind: str, source: Source, now: datetime, limit: int = 1000) -> list[Due]:
    """Moves the next check of due profiles that some client holds ahead by the lease, and returns them.

    The ones whose stories could be lost soonest come first, and places that their last batch leaves go to those that
    are due next. Two claimers never get the same profile. What is further ahead than any wait is long was planned by a
    clock that ran ahead, and is due. What the demo made up is claimed for the demo only: asking
    a network for it would cost, and could find somebody else.
    """
    due = await _claim(kind, source, now, now, limit)
    places = -sum(not one.is_missing for one in due) % source.rhythm.batch
    return due + await _fill(kind, source, now, min(places, limit - len(due)))


async def _fill(kind: str, source: Source, now: datetime, places: int) -> list[Due]:
    """Starting a run costs as much as 33 names in it. Nobody comes early while the source fails."""
    every = _every(kind, source.rhythm)
    if places == 0 or every < WORTH_FILLING or await _is_failing(source):
        return []
    return await _claim(kind, source, now, now + every * AHEAD, places, is_early=True)


def _every(kind: str, rhythm: Rhythm) -> timedelta:
    return rhythm.stories_every if kind == "stories" else rhythm.posts_every


async def _is_failing(source: Source) -> bool:
    return bool(await query("SELECT id FROM source_incidents WHERE source = {} AND ended_at IS NULL", source.name))


async def _claim(
    kind: str, source: Source, now: datetime, until: datetime, limit: int, *, is_early: bool = False
) -> list[Due]:
    due_at, lease = KINDS[kind], LEASES[kind]
    order, condition = _URGENCY[kind], "true"
    if is_early:
        # A lease looks like a check that is due soon, and is somebody's already. Those out of sight would spoil a batch
        # with their error rows.
        order, condition = due_at, f"{due_at} IS DISTINCT FROM {lease} AND state NOT IN {UNREADABLE}"
    claimed = await query(
        f"""
        WITH due AS (
            SELECT id, {order} AS turn, {due_at} AS due_at FROM profiles
            WHERE ({due_at} <= {{}} OR {due_at} > {{}}) AND {held("profiles.id")} AND {condition}
              AND ({{}} = 'demo' OR external_id IS NULL OR external_id NOT LIKE 'demo-%')
            ORDER BY turn, due_at LIMIT {{}} FOR UPDATE SKIP LOCKED
        )
        UPDATE profiles SET {due_at} = {{}}, {lease} = {{}} FROM due WHERE profiles.id = due.id
        RETURNING profiles.id, profiles.state = 'not_found' AS is_missing, due.turn, due.due_at
        """,
        until,
        now + max(_every(kind, source.rhythm), source.rhythm.retry_most, timedelta(hours=1)),
        source.name,
        limit,
        now + source.rhythm.lease,
        now + source.rhythm.lease,
    )
    in_turn = sorted(claimed, key=lambda row: (row["turn"], row["due_at"]))
    return [Due(row["id"], row["is_missing"]) for row in in_turn]


def next_check(
    rhythm: Rhythm,
    every: timedelta,
    outcome: Outcome,
    failures: int,
    now: datetime,
    chance: Callable[[float, float], float] = random.uniform,
) -> datetime:
    """When to look again: `failures` are the failed attempts in a row, this one included."""
    if outcome in (Outcome.FAILED, Outcome.RATE_LIMITED):
        # Doubling, but never so late that a story could expire unseen while the source answers at all.
        wait: timedelta = min(rhythm.retry_most, rhythm.retry_first * 2 ** min(failures - 1, 16))
        return now + wait * chance(0.75, 1.0)
    # Spread over the fifth before the limit, so that profiles added together don't stay together.
    return now + every * chance(0.8, 1.0)
