"""What the operators' page receives."""

from datetime import datetime
from decimal import Decimal

import msgspec


class Watched(msgspec.Struct, frozen=True, kw_only=True):
    """One profile that some team watches, and that is not known to be safe."""

    profile_id: int
    username: str
    state: str
    teams: int
    """How many watch it."""
    proved_at: datetime | None
    """Until then nothing can have been missed; None: it never was seen."""
    next_at: datetime | None
    outcome: str | None
    """Of the last check; None: there was none."""
    error: str | None
    tried_at: datetime | None
    failures: int
    """Failed checks in a row."""


class Risk(msgspec.Struct, frozen=True, kw_only=True):
    profile: Watched
    lost_from: datetime | None
    """A story that was posted right after the last proof ends then; None: at any time."""
    is_lost: bool
    """That moment is over."""
    reasons: tuple[str, ...]
    """`never_checked`, `failed`, `rate_limited`, `overdue`, `planned_late`, `incident`; or the account's state."""


class Safety(msgspec.Struct, frozen=True, kw_only=True):
    watched: int
    safe: int
    safe_until: datetime | None
    """The earliest moment at which one of the safe ones could lose a story; None: there are none."""
    unseen: int
    """Private, gone or restricted."""

    @property
    def at_risk(self) -> int:
        return self.watched - self.safe - self.unseen


class Radar(msgspec.Struct, frozen=True, kw_only=True):
    safety: Safety
    risks: tuple[Risk, ...]
    """Those that could lose a story first."""
    unseen: tuple[Risk, ...]

    @property
    def more_risks(self) -> int:
        return self.safety.at_risk - len(self.risks)

    @property
    def more_unseen(self) -> int:
        return self.safety.unseen - len(self.unseen)


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    source: str
    began_at: datetime
    checks: int
    failed: int
    error: str | None


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """The checks of one source that ended today (UTC)."""

    source: str
    stories: int
    posts: int
    runs: int
    """Paid ones, for stories."""
    names: int
    """That were read in them."""


class SourceState(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    incident: Incident | None
    last_hour: tuple[tuple[str, int], ...]
    """Outcomes with their number, the most frequent first."""
    today: Tally
    planned: int | None
    """Stories checks in a whole day; None where they cost nothing."""
    cost: Decimal | None
    """Of today's stories checks, in dollars."""
    planned_cost: Decimal | None


class WorkerState(msgspec.Struct, frozen=True, kw_only=True):
    is_working: bool
    """One was heard of in the last ten seconds."""
    queued: int
    """Jobs that wait or run."""
