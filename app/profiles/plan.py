"""When to look for stories again: soon after an account's usual hours, rarely at dead ones, never later than the source
allows, and on average no more often than without a plan."""

import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate, pairwise

from app.profiles.due import WORTH_FILLING, next_check
from app.profiles.queries import good_story_checks, posting_times
from app.sources.base import Outcome, Rhythm

WINDOW = timedelta(weeks=10)
"""Habits are older than that only by chance."""

LEAST_STORIES = 30
LEAST_DAYS = 10

BUSY_HOURS = 8
BUSY_SHARE = 0.6
"""An account has habits where its 8 busiest hours hold that much: at 30 stories one in 30 accounts that post at any
hour looks so by chance, and loses nothing by it."""

TOGETHER = 4
"""Checks that are planned at a time. A habit of a day and checks every 20 hours meet again after three to five days."""

STEPS = 20
"""Into so many is the longest wait divided: hours, where that is 20 hours."""

SPARE = 8
"""Steps by which any four waits in a row may be shorter than the longest, together: 18 hours on average, as
much as the spread of accounts without habits (`next_check`) takes. That is the budget: 4 checks in 3 days."""

TAIL = 4
"""Waits of full length that are counted after the planned ones, so that a plan does not end at a bad hour."""

Hours = Sequence[float]
"""The share of an account's stories that it posts in each hour of the day, in UTC."""


async def plan_check(
    profile_id: int,
    rhythm: Rhythm,
    outcome: Outcome,
    failures: int,
    now: datetime,
    chance: Callable[[float, float], float] = random.uniform,
) -> datetime:
    """The profile's next stories check, in the transaction that closed this one. The demo's seconds are left alone."""
    if outcome.proves and rhythm.stories_every >= WORTH_FILLING:
        hours = posting_hours(await posting_times(profile_id, now - WINDOW))
        if hours is not None:
            checked = await good_story_checks(profile_id, TOGETHER)
            return planned(hours, checked, rhythm.stories_every, now, chance)
    return next_check(rhythm, rhythm.stories_every, outcome, failures, now, chance)


def posting_hours(posted: Sequence[datetime]) -> Hours | None:
    """None where no habit is to be seen."""
    if len(posted) < LEAST_STORIES or len({moment.date() for moment in posted}) < LEAST_DAYS:
        return None
    counts = [0] * 24
    for moment in posted:
        counts[moment.astimezone(UTC).hour] += 1
    # Neighbouring hours count a little: nobody posts by the clock, and clocks are put forward and back.
    hours = [(counts[hour - 1] + 2 * counts[hour] + counts[(hour + 1) % 24]) / (4 * len(posted)) for hour in range(24)]
    return hours if sum(sorted(hours)[-BUSY_HOURS:]) >= BUSY_SHARE else None


def planned(
    hours: Hours,
    checked: Sequence[datetime],
    longest: timedelta,
    now: datetime,
    chance: Callable[[float, float], float] = random.uniform,
) -> datetime:
    """The first of the four next checks that together see what is posted soonest.

    `checked`: the newest good checks, this one included, oldest first. What earlier waits were shorter than the
    longest is not spent again, whyever they were.
    """
    step = longest / STEPS
    spent = [max(0.0, STEPS - (later - earlier) / step) for earlier, later in pairwise(checked)]
    # Of a profile with a short past nothing is known: it has spent what is usual.
    past = [*[SPARE / TOGETHER] * TOGETHER, *spent][1 - TOGETHER :]
    wait = _first_wait(_Posts(hours, now, step), past)
    # Profiles that were read together come apart.
    return now + step * (wait - chance(0.0, 0.5))


class _Posts:
    """What is expected to be posted from now on, in steps."""

    def __init__(self, hours: Hours, now: datetime, step: timedelta) -> None:
        self.end = STEPS * (TOGETHER + TAIL)
        shares = [hours[(now + step * (number + 0.5)).astimezone(UTC).hour] for number in range(self.end)]
        self._posted = [0.0, *accumulate(shares)]
        self._moments = [0.0, *accumulate(share * (number + 0.5) for number, share in enumerate(shares))]

    def delay(self, start: int, check: int) -> float:
        """How long what is posted from `start` to `check` waits for that check, all stories together."""
        stop = min(check, self.end)
        return check * (self._posted[stop] - self._posted[start]) - (self._moments[stop] - self._moments[start])


def _first_wait(posts: _Posts, past: Sequence[float]) -> int:
    """In steps. `past`: what the last three waits were shorter than the longest."""
    best = (float("inf"), STEPS)

    def look(check: int, past: Sequence[float], left: int, delay: float, first: int) -> None:
        nonlocal best
        if delay >= best[0]:
            return
        if left == 0:
            best = min(best, (delay + _tail(posts, check), first))
            return
        for shorter in range(int(max(0.0, SPARE - sum(past)) + 1e-9) + 1):
            wait = STEPS - shorter
            seen = delay + posts.delay(check, check + wait)
            look(check + wait, [*past[1:], shorter], left - 1, seen, first or wait)

    look(0, past, TOGETHER, 0.0, 0)
    return best[1]


def _tail(posts: _Posts, check: int) -> float:
    """Counted for all plans up to the same moment."""
    delay = 0.0
    while check < posts.end:
        delay += posts.delay(check, check + STEPS)
        check += STEPS
    return delay
