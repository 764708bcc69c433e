"""What programs and operators are told."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType, convert


class Change(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something is out of date since: which thing, never what it now is."""

    cursor: Annotated[str, Meta(description="Of this event.")]
    event: Annotated[str, Meta(examples=["StoryArchived"])]
    client_id: int | UnsetType = UNSET
    story_id: int | UnsetType = UNSET
    post_id: int | UnsetType = UNSET
    user_id: Annotated[int | UnsetType, Meta(description="The caller himself.")] = UNSET
    wall_id: int | UnsetType = UNSET
    day: date | UnsetType = UNSET
    kind: Annotated[str | UnsetType, Meta(description="Of a check: `stories` or `posts`.")] = UNSET


def change_of(name: str, facts: Mapping[str, Any], cursor: str) -> Change:
    return convert({**facts, "event": name, "cursor": cursor}, Change)


class Changes(Struct, frozen=True, kw_only=True):
    events: list[Change]
    cursor: Annotated[str, Meta(description="For `since`: all events up to it were told.")]
    reload: Annotated[
        bool, Meta(description="The events since the cursor that was sent can't be told: read anew what you keep.")
    ]


class Took(Struct, frozen=True, kw_only=True):
    """Seconds: of all since the start, and percentiles of the last ten minutes (None: nothing was measured)."""

    count: int
    total: float
    p50: float | None
    p99: float | None


class ProcessHealth(Struct, frozen=True, kw_only=True):
    """One web process. What is counted is counted since its start."""

    process: str
    """Machine and process id."""
    up_seconds: float
    streams: int
    pages: int
    """That are kept up to date now."""
    stalled: int
    """Streams that can't receive."""
    programs: int
    """Polls and streams of programs that wait."""
    joins: int
    replays: int
    reloads: int
    skips: int
    passes: Took
    paints: Took
    paint_samples: list[float]
    taken: str | None
    """Until when it has taken all events, in milliseconds of Redis's clock."""
    is_hearing: bool


class PushHealth(Struct, frozen=True, kw_only=True):
    processes: list[ProcessHealth]
    paints: Took
    """From the record of a change to the screen, over all processes."""
    measured: int
    """Samples that its percentiles are made of."""
    waiting: int
    """Events in the outbox."""
    lag: float
    """Seconds that the oldest of them has been waiting."""
    silent_for: float | None
    """Seconds since the relay's last entry, of which one comes every five; None: it never made one."""
