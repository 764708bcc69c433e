"""A source that fails broadly is one incident, told once, and not a storm of alerts."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import Enum

from app.alerts.queries import (
    Attempt,
    Incident,
    accounts_read_by,
    check_failed_now,
    end_incident,
    insert_incident,
    insert_notices,
    newest_attempts,
    open_incidents,
    teams_of_incident,
)
from app.database import transaction
from app.live.events import SourceFailed, SourceRecovered
from app.live.publish import publish
from app.sources.base import Source

SAMPLE = 20
"""Accounts that are looked at, those tried last: few enough to turn within minutes where there are many."""

ENOUGH = 5
LEAST = 3

BROKEN_AFTER = timedelta(days=1)
"""An account that failed for so long while its source answered is broken by itself."""

RELAPSE = timedelta(hours=1)
"""A source that fails again so soon had not recovered: nobody who knows is told twice."""


class Turn(Enum):
    FAILED = "failed"
    RECOVERED = "recovered"


async def watch_source(source: Source, now: datetime) -> Turn | None:
    """Opens or closes the source's incident, once however many workers look; None where nothing turned.

    Looks back twice as far as the longest wait after a failure, so that an outage is seen however rarely it is
    tried. Whoever gets `RECOVERED` has every client evaluated anew.
    """
    incidents = await open_incidents()
    mine = next((incident for incident in incidents if incident.source == source.name), None)
    for incident in incidents:
        if incident is not mine:
            # Nobody asks that source any more.
            await _close(incident, now)
    since = min(mine.began_at, now) if mine else now
    attempts = await newest_attempts(
        source.name, since - 2 * source.rhythm.retry_most, SAMPLE, since - 2 * BROKEN_AFTER
    )
    accounts = await accounts_read_by(source.name)
    fails = fails_broadly(attempts, accounts, since, is_open=mine is not None)
    if mine is None:
        return await _open(source.name, attempts, now) if fails else None
    return None if fails else await _close(mine, now)


def fails_broadly(attempts: Sequence[Attempt], accounts: int, since: datetime, *, is_open: bool) -> bool:
    """Whether the source fails, rather than some of its accounts.

    `attempts`: the newest of each account tried lately, 20 at most; `accounts`: how many there are to be tried;
    `since`: when the open incident began, else now. Accounts that had failed for a day by then are left out: they are
    broken by themselves, and being tried again and again would weigh too much.

    It begins to fail when at least five accounts were tried, or all where there are fewer, and half of them failed,
    and three at least: one broken account, or two, are never an incident. It goes on failing until three accounts
    were tried, or all, and no more than a third of all tried fails.
    """
    tried = [one for one in attempts if one.failing_since is None or one.failing_since > since - BROKEN_AFTER]
    accounts -= len(attempts) - len(tried)
    failed = sum(one.failing_since is not None for one in tried)
    if is_open:
        return len(tried) < min(LEAST, accounts) or failed * 3 > len(tried)
    return len(tried) >= min(ENOUGH, accounts) and failed >= LEAST and failed * 2 >= len(tried)


async def _open(source: str, attempts: Sequence[Attempt], now: datetime) -> Turn | None:
    failed = [attempt for attempt in attempts if attempt.failing_since is not None]
    async with transaction():
        incident_id = await insert_incident(source, now, len(attempts), len(failed), failed[0].error)
        if incident_id is None:
            return None
        await insert_notices(incident_id, now, now - RELAPSE)
        teams = await teams_of_incident(incident_id)
        await publish(*(SourceFailed(team_id=team_id) for team_id in teams))
    return Turn.FAILED


async def _close(incident: Incident, now: datetime) -> Turn | None:
    async with transaction():
        if not await end_incident(incident.id, now):
            return None
        await check_failed_now(incident.source, now)
        teams = await teams_of_incident(incident.id)
        await publish(*(SourceRecovered(team_id=team_id) for team_id in teams))
    return Turn.RECOVERED
