"""How long a client has been silent, and what that means to the agency. Unknown time is not silence."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from app.analytics.coverage import Span, observed

DAY = timedelta(hours=24)
UNREADABLE = ("private", "not_found", "restricted")


class Signal(StrEnum):
    GREEN = "GREEN"
    """Opportunity: silent for the threshold or longer."""
    YELLOW = "YELLOW"
    """Slowing down: silent for more than a day."""
    RED = "RED"
    """Posting as usual."""
    GREY = "GREY"
    """Can't be read, or not yet checked."""


def silence(spans: Sequence[Span], since: datetime, now: datetime) -> timedelta:
    """The observed time since the newest known story, or since tracking began."""
    return observed(spans, since, now)


def signal_of(*, state: str, was_checked: bool, silent: timedelta, inactive_after_days: int) -> Signal:
    if state in UNREADABLE or not was_checked:
        return Signal.GREY
    if silent >= DAY * inactive_after_days:
        return Signal.GREEN
    return Signal.YELLOW if silent > DAY else Signal.RED
