"""Which profiles are to be read now. A claim is a lease: whoever is killed after it loses nothing."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from app.clients.queries import held
from app.database import query
from app.sources.base import Outcome, Rhythm, Source

KINDS = {"stories": "next_story_check_at", "posts": "next_post_check_at"}


class Due(msgspec.Struct, frozen=True):
    profile_id: int
    is_missing: bool
    """The last check found no such account."""


async def claim_due(kind: str, source: Source, now: datetime, limit: int = 1000) -> list[Due]:
    """Moves the next check of due profiles that some client holds ahead by the lease, and returns them.

    The ones whose stories could be lost soonest come first. Two claimers never get the same profile. What the demo
    made up is claimed for the demo only: asking a network for it would cost, and could find somebody else.
    """
    column = KINDS[kind]
    claimed = await query(
        f"""
        WITH due AS (
            SELECT id, {column} AS due_at FROM profiles
            WHERE {column} <= {{}} AND {held("profiles.id")}
              AND ({{}} = 'demo' OR external_id IS NULL OR external_id NOT LIKE 'demo-%')
            ORDER BY {column} LIMIT {{}} FOR UPDATE SKIP LOCKED
        )
        UPDATE profiles SET {column} = {{}} FROM due WHERE profiles.id = due.id
        RETURNING profiles.id, profiles.state = 'not_found' AS is_missing, due.due_at
        """,
        now,
        source.name,
        limit,
        now + source.rhythm.lease,
    )
    return [Due(row["id"], row["is_missing"]) for row in sorted(claimed, key=lambda row: row["due_at"])]


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
