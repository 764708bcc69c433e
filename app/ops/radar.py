"""Which profiles could lose a story, by when and why; and what reading them costs."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import ceil

from app.alerts.silence import UNREADABLE
from app.analytics.coverage import STORY_LIFE
from app.ops.queries import incidents, outcomes_since, safety, tallies, unsafe_profiles, watched_profiles
from app.ops.views import Incident, Radar, Risk, SourceState, Tally, Watched
from app.sources.cost import stories_cost

LATE = timedelta(minutes=15)
"""A claim is a lease of ten minutes, and the job that follows may wait a little."""

SOON = timedelta(hours=6)
"""While a source fails, whoever has less time than that could lose a story: his next check will fail too."""

SHOWN = 100
"""Rows of each list: who works through them works from the top."""

STORIES_A_DAY = timedelta(days=1) / timedelta(hours=18)
"""Checks of one profile, by the budget of app/profiles/plan.py."""

PAID = "apify"


async def radar_of(now: datetime) -> Radar:
    is_failing = bool(await incidents())
    terms = (now - LATE, now + SOON if is_failing else None)
    at_risk, unseen = [await unsafe_profiles(*terms, is_unseen=is_unseen, limit=SHOWN) for is_unseen in (False, True)]
    return Radar(
        safety=await safety(*terms),
        risks=tuple(risk_of(profile, now, is_failing=is_failing) for profile in at_risk),
        unseen=tuple(risk_of(profile, now, is_failing=is_failing) for profile in unseen),
    )


def risk_of(profile: Watched, now: datetime, *, is_failing: bool) -> Risk:
    lost_from = profile.proved_at + STORY_LIFE if profile.proved_at else None
    is_lost = lost_from is not None and lost_from <= now
    return Risk(
        profile=profile,
        lost_from=lost_from,
        is_lost=is_lost,
        reasons=tuple(_reasons(profile, lost_from, now, is_failing=is_failing)),
    )


def _reasons(profile: Watched, lost_from: datetime | None, now: datetime, *, is_failing: bool) -> list[str]:
    """Why it is not safe: the causes first, then what follows from them."""
    if profile.state in UNREADABLE:
        return [profile.state]
    reasons = []
    if is_failing and (lost_from is None or lost_from < now + SOON):
        reasons.append("incident")
    if profile.outcome is None:
        reasons.append("never_checked")
    elif profile.outcome in ("failed", "rate_limited"):
        reasons.append(profile.outcome)
    if profile.next_at is None or profile.next_at < now - LATE:
        reasons.append("overdue")
    elif lost_from is not None and profile.next_at > lost_from > now:
        reasons.append("planned_late")
    return reasons


async def sources_of(configured: str, batch: int, now: datetime) -> tuple[SourceState, ...]:
    """Every source that was asked today or lately, or fails; the configured one in any case, and first.

    `batch`: handles in a full run.
    """
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    failing = {incident.source: incident for incident in await incidents()}
    today = {tally.source: tally for tally in await tallies(midnight)}
    lately = await outcomes_since(now - timedelta(hours=1))
    watched = await watched_profiles()
    names = [configured, *sorted({*failing, *today, *lately} - {configured})]
    return tuple(
        _source(name, failing.get(name), today.get(name), lately.get(name, ()), watched, batch) for name in names
    )


def _source(
    name: str,
    incident: Incident | None,
    today: Tally | None,
    lately: Sequence[tuple[str, int]],
    watched: int,
    batch: int,
) -> SourceState:
    today = today or Tally(source=name, stories=0, posts=0, runs=0, names=0)
    planned = ceil(watched * STORIES_A_DAY) if name == PAID else None
    return SourceState(
        name=name,
        incident=incident,
        last_hour=tuple(lately),
        today=today,
        planned=planned,
        cost=stories_cost(today.runs, today.names) if planned is not None else None,
        planned_cost=stories_cost(ceil(planned / batch), planned) if planned is not None else None,
    )
