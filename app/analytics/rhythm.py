"""What is usual for an account, and from when on its silence is not. It explains, and alarms nobody."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

import msgspec

from app.analytics.coverage import Span, observed

WINDOW = timedelta(weeks=12)
WEEK = timedelta(weeks=1)

ONE_OCCASION = timedelta(hours=1)
"""Stories that follow each other within that time were posted on one occasion."""

LEAST_WEEKS = 4
"""Observed ones: a monthly habit, as holidays, can be told from silence."""

LEAST_GAPS = 10

NEVER_BEFORE = timedelta(hours=12)
"""Nobody is called unusual for a night's sleep."""

TIMES_USUAL = 3
BEYOND_LONG = 1.25
"""How much longer than its long gaps, such as its Sundays, a silence is."""

RARE = 0.05
"""Gaps that are among so many of the longest say nothing of the habit ..."""

WEEKS_APART = 2
"""... and neither do those that come more seldom than every second week."""


class AccountRhythm(msgspec.Struct, frozen=True):
    """What a client's stories say of its account; gaps are None while they say too little."""

    weeks: int
    """Whole weeks that were observed, of the last 12."""
    usual_gap: timedelta | None = None
    """From one occasion to the next, the median."""
    unusual_after: timedelta | None = None
    """A longer observed silence is clearly beyond the account's own habit."""


def rhythm_of(
    posted: Sequence[datetime], spans: Sequence[Span], tracked_since: datetime, now: datetime
) -> AccountRhythm:
    """`posted`: the stories of the last 12 weeks that the client may see, oldest first; `spans`: what was observed."""
    seen = observed(spans, max(tracked_since, now - WINDOW), now)
    # The hours since the last check, or before the first, don't make a week less.
    weeks = (seen + timedelta(days=1)) // WEEK
    gaps = sorted(_gaps(posted, spans))
    if weeks < LEAST_WEEKS or len(gaps) < LEAST_GAPS:
        return AccountRhythm(weeks)
    usual = gaps[len(gaps) // 2]
    return AccountRhythm(weeks, usual, max(NEVER_BEFORE, TIMES_USUAL * usual, BEYOND_LONG * _long_gap(gaps, weeks)))


def _gaps(posted: Sequence[datetime], spans: Sequence[Span]) -> list[timedelta]:
    """Between occasions, in observed time, as silences are measured: what nobody saw makes no gap longer.

    One of which less than an occasion was observed says nothing.
    """
    between = [observed(spans, earlier, later) for earlier, later in pairwise(posted) if later - earlier > ONE_OCCASION]
    return [gap for gap in between if gap > ONE_OCCASION]


def _long_gap(gaps: Sequence[timedelta], weeks: int) -> timedelta:
    """The longest that still is a habit: neither rare among the account's gaps, nor more seldom than every other week.

    *gaps*: the shortest first.
    """
    rarer = min(int(len(gaps) * RARE), weeks // WEEKS_APART)
    return gaps[-1 - rarer]
