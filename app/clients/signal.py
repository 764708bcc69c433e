"""What was seen of a client, and what its silence means. Decides nothing and stores nothing.

Only observed time counts. So no signal and no number of days ever changes because time goes by: what changes them is
a check, a person, or a source that says more of the past, and each of these judges anew in its own transaction.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from app.alerts.silence import DAY, Signal, signal_of, silence
from app.analytics.coverage import Span
from app.analytics.queries import first_whole_day
from app.clients.queries import ClientRef, Standing
from app.profiles.checks import KEPT, proved_spans
from app.stories.queries import newest_story_at


class Seen(msgspec.Struct, frozen=True):
    newest: datetime | None
    """When the newest story was posted that the client may see."""
    spans: Sequence[Span]
    """What was observed since then, or since tracking began, and in the last few days in any case."""


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    since: datetime
    """The newest known story, or the beginning of tracking."""
    silent: timedelta | None
    """The observed time since then; None where nobody has looked."""
    signal: Signal
    is_silent: bool
    """For the client's threshold or longer; never for one that can't be read."""

    @property
    def days(self) -> int | None:
        return None if self.silent is None else self.silent // DAY


async def seen_of(client: ClientRef, now: datetime) -> Seen:
    newest = await newest_story_at(client)
    since = min(newest or client.tracking_started_at, first_whole_day(now))
    return Seen(newest, await proved_spans(client.profile_id, since))


def judge(client: ClientRef, seen: Seen, was: Standing, now: datetime) -> Judgement:
    since = seen.newest or client.tracking_started_at
    silent = _silent(seen, was, since, now)
    signal = signal_of(
        state=was.state,
        was_checked=silent is not None,
        silent=silent or timedelta(),
        inactive_after_days=client.inactive_after_days,
    )
    return Judgement(since=since, silent=silent, signal=signal, is_silent=signal is Signal.GREEN)


def _silent(seen: Seen, was: Standing, since: datetime, now: datetime) -> timedelta | None:
    if seen.newest is None and not any(ends > since for _, ends in seen.spans):
        return None
    silent = silence(seen.spans, since, now)
    if was.silent_since == since and was.silent_minutes is not None and since < now - KEPT + DAY:
        # The oldest checks of this silence are being forgotten; what they proved was counted.
        return max(silent, timedelta(minutes=was.silent_minutes))
    return silent
