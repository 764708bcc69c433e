"""One alert per silence and member.

Whatever could change what a client's silence means calls `evaluate`, in the same transaction and with the profile's
row held, so that all of it happens in one order. The other verbs are its steps; each tells the open pages.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from app.alerts.queries import close_alerts, insert_alerts, is_failing, set_days
from app.alerts.silence import UNREADABLE
from app.clients.queries import (
    ClientRef,
    Standing,
    client_of,
    clients_of_profile,
    clients_to_judge,
    held_profiles,
    hold_profiles,
    set_silence,
    standing_of,
)
from app.clients.signal import Judgement, Seen, judge, seen_of
from app.clock import Clock
from app.database import transaction
from app.live.events import AlertDaysChanged, AlertRaised, AlertResolved, ClientEdited
from app.live.publish import publish
from app.profiles.checks import CLOCKS_DIFFER
from app.profiles.queries import check_stories_by, hold_profile

CONFIRMED_WITHIN = timedelta(minutes=5)
"""How soon a suspected silence is looked at again; a source that is asked more often anyway is not slowed down."""

CHUNK = 500


class Resolution(StrEnum):
    """Why an alert is over."""

    STORY = "story"
    """A new story: "back after 6 days"."""
    ARCHIVED = "archived"
    """The client is no longer tracked."""
    UNREADABLE = "unreadable"
    """The account turned private, was restricted or is gone: nothing is said about its silence."""
    THRESHOLD = "threshold"
    """The threshold was raised beyond the silence."""


async def evaluate(
    client: ClientRef, now: datetime, *, seen: Seen | None = None, checked_at: datetime | None = None
) -> bool:
    """Signal, days and alerts of a client by what is known now; whether signal or days changed.

    In a transaction that holds the profile's row. `checked_at`: when the good check began whose transaction it is.
    A silence is first suspected and asked about again at once; only a good check that began after that raises the
    alert. Doing it twice changes nothing.
    """
    was = await standing_of(client)
    judged = judge(client, seen or await seen_of(client, now), was, now)
    over = _why_over(client, was, judged)
    suspected_at = None if over else was.suspected_at
    if suspected_at and suspected_at > now + CLOCKS_DIFFER:
        # Noted by a clock that was ahead: for as long no check would begin after it.
        suspected_at = None
    is_alerted = was.alerted_days is not None and not over
    if was.alerted_days is not None and over:
        await resolve_alerts(client, over, now)
    if judged.is_silent and not is_alerted:
        suspected_at = await _confirm(client, judged, suspected_at, now, checked_at)
    elif judged.is_silent:
        suspected_at = None
        await count_days(client, judged.days or 0)
    await set_silence(client, judged.signal, judged.silent, judged.since, suspected_at)
    return (was.signal, was.silent_days) != (judged.signal, judged.days)


def _why_over(client: ClientRef, was: Standing, judged: Judgement) -> Resolution | None:
    """None while the silence that the client was judged by last goes on."""
    if was.state in UNREADABLE:
        return Resolution.UNREADABLE
    if was.silent_since is not None and judged.since > was.silent_since:
        return Resolution.STORY
    if judged.is_silent:
        return None
    # A clock that goes back makes a silence shorter than it was found to be; that ends nothing.
    counted = was.alerted_days if was.alerted_days is not None else 0
    return None if counted >= client.inactive_after_days else Resolution.THRESHOLD


async def _confirm(
    client: ClientRef, judged: Judgement, suspected_at: datetime | None, now: datetime, checked_at: datetime | None
) -> datetime | None:
    """Raises the alert where this check confirms the suspicion. Since when the client is suspected from now on."""
    if await is_failing(client.profile_id):
        # No alert comes out of an incident; when it is over, everything is evaluated again.
        return suspected_at or now
    if checked_at and suspected_at and checked_at > suspected_at:
        await raise_alerts(client, judged.days or 0, now)
        return None
    await check_stories_by(client.profile_id, now + CONFIRMED_WITHIN)
    return suspected_at or now


async def raise_alerts(client: ClientRef, days: int, now: datetime) -> int:
    """For every member who has no unresolved one; how many. `days`: whole observed days of silence."""
    raised = await insert_alerts(client.team_id, client.id, days, now)
    if raised:
        await publish(AlertRaised(team_id=client.team_id, client_id=client.id))
    return raised


async def count_days(client: ClientRef, days: int) -> None:
    if await set_days(client.id, days):
        await publish(AlertDaysChanged(team_id=client.team_id, client_id=client.id))


async def resolve_alerts(client: ClientRef, why: Resolution, now: datetime) -> bool:
    """Whether there were any. `days_inactive` stays what it was."""
    resolved = await close_alerts(client.id, why, now)
    if resolved:
        await publish(AlertResolved(team_id=client.team_id, client_id=client.id))
    return resolved


async def evaluate_team(team_id: int, now: datetime) -> int:
    """After the team's threshold changed, in the same transaction; how many clients stand otherwise now.

    The pages are told by whoever changed it.
    """
    # First, so that every check under way has been judged by the old threshold, and the next is by the new one.
    await hold_profiles(team_id)
    changed = 0
    for client_id in await clients_to_judge(team_id):
        client = await client_of(team_id, client_id)
        changed += client is not None and await evaluate(client, now)
    return changed


async def check_inactivity(clock: Clock) -> int:
    """The net: every tracked client is evaluated anew from what is stored; how many stood otherwise.

    It raises no alert itself, being no fresh check, but asks for the one that confirms. Each profile is a transaction
    of its own: safe to run twice, beside checks, and to kill anywhere.
    """
    changed = after = 0
    while profile_ids := await held_profiles(after, CHUNK):
        for after in profile_ids:
            changed += await _evaluate_profile(after, clock)
    return changed


async def _evaluate_profile(profile_id: int, clock: Clock) -> int:
    changed = []
    async with transaction():
        await hold_profile(profile_id)
        now = clock()
        for client in await clients_of_profile(profile_id):
            if await evaluate(client, now):
                changed.append(ClientEdited(team_id=client.team_id, client_id=client.id))
        await publish(*changed)
    return len(changed)
