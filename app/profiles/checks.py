"""One attempt to read one profile: opened before the source is asked, closed with its outcome."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import msgspec

from app.analytics.coverage import Span, proved_span
from app.database import query
from app.sources.base import Outcome, Run

KEPT = timedelta(days=90)
RESUMABLE = timedelta(hours=24)
CLOCKS_DIFFER = timedelta(minutes=1)
"""By no more do the clocks of two workers."""


class CheckResult(msgspec.Struct, frozen=True):
    """How one check ended, in counts."""

    outcome: Outcome
    found: int = 0
    stored: int = 0
    error: str | None = None


async def open_checks(
    profile_ids: Sequence[int], kind: str, source: str, now: datetime, *, left_before: datetime
) -> dict[int, tuple[int, Run]]:
    """An open check and its runs, by profile.

    A check that a killed worker left open before `left_before` is taken up again where it had started a paid
    run; where it had not, it is closed as failed and a new one begins.
    """
    left = await query(
        "SELECT DISTINCT ON (profile_id) id, profile_id, run_id FROM checks"
        " WHERE finished_at IS NULL AND run_id IS NOT NULL AND kind = {} AND source = {}"
        " AND profile_id = ANY({}::bigint[]) AND started_at > {} AND started_at < {}"
        " ORDER BY profile_id, started_at DESC",
        kind,
        source,
        list(profile_ids),
        now - RESUMABLE,
        left_before,
    )
    opened = {row["profile_id"]: (row["id"], Run.parse(row["run_id"])) for row in left}
    await query(
        "UPDATE checks SET finished_at = {}, outcome = 'failed', found = 0, stored = 0, error = 'interrupted'"
        " WHERE finished_at IS NULL AND kind = {} AND profile_id = ANY({}::bigint[]) AND started_at < {}"
        " AND NOT id = ANY({}::bigint[])",
        now,
        kind,
        list(profile_ids),
        left_before,
        [check_id for check_id, _ in opened.values()],
    )
    fresh = await query(
        "INSERT INTO checks (profile_id, kind, source, started_at)"
        # A profile that was merged into another since it was claimed is not there any more.
        " SELECT id, {}, {}, {} FROM profiles WHERE id = ANY({}::bigint[]) RETURNING id, profile_id",
        kind,
        source,
        now,
        [profile_id for profile_id in profile_ids if profile_id not in opened],
    )
    return opened | {row["profile_id"]: (row["id"], Run()) for row in fresh}


async def note_run(check_ids: Iterable[int], run: Run) -> None:
    await query("UPDATE checks SET run_id = {} WHERE id = ANY({}::bigint[])", str(run), list(check_ids))


async def close_check(
    check_id: int,
    outcome: Outcome,
    now: datetime,
    *,
    found: int = 0,
    stored: int = 0,
    error: str | None = None,
) -> datetime | None:
    """When it had started; None where it is gone."""
    rows = await query(
        "UPDATE checks SET finished_at = {}, outcome = {}, found = {}, stored = {}, error = {} WHERE id = {}"
        " RETURNING started_at",
        now,
        outcome.value,
        found,
        stored,
        error[:500] if error else None,
        check_id,
    )
    return rows[0]["started_at"] if rows else None


async def forget_future(profile_id: int, now: datetime) -> None:
    """Checks of a clock that was ahead: they would prove time that is still to come.

    In the transaction of a good check, which proves all that they really saw.
    """
    await query(
        "DELETE FROM checks WHERE profile_id = {} AND kind = 'stories' AND finished_at > {}",
        profile_id,
        now + CLOCKS_DIFFER,
    )


async def failures_in_a_row(profile_id: int, kind: str) -> int:
    """Failed attempts since the last one that ended otherwise."""
    recent = await query(
        "SELECT outcome FROM checks WHERE profile_id = {} AND kind = {} AND finished_at IS NOT NULL"
        " ORDER BY started_at DESC LIMIT 20",
        profile_id,
        kind,
    )
    count = 0
    for row in recent:
        if row["outcome"] not in (Outcome.FAILED, Outcome.RATE_LIMITED):
            break
        count += 1
    return count


async def proved_spans(profile_id: int, since: datetime) -> list[Span]:
    """What the good stories checks prove of the time after `since`."""
    rows = await query(
        "SELECT started_at, finished_at FROM checks WHERE profile_id = {} AND kind = 'stories'"
        " AND outcome IN ('ok', 'empty') AND started_at > {}",
        profile_id,
        since,
    )
    return [proved_span(row["started_at"], row["finished_at"]) for row in rows]


async def tidy_checks(now: datetime) -> None:
    """Forgets what is older than 90 days; of the demo's checks, which come every few seconds, an hour's first and
    last stay.

    What lies between them is proved by the last one, so that coverage stays what it was.
    """
    await query("DELETE FROM checks WHERE started_at < {}", now - KEPT)
    await query(
        "DELETE FROM checks WHERE source = 'demo' AND finished_at < {} AND id NOT IN ("
        " SELECT unnest(ARRAY[min(id), max(id)]) FROM checks WHERE source = 'demo'"
        " GROUP BY profile_id, kind, outcome IN ('ok', 'empty'), date_trunc('hour', started_at))",
        now - timedelta(hours=1),
    )
