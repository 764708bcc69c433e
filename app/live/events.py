"""What can change on an open page: one struct per event, with its audience. Past tense, ids only.

An event says which parts are out of date, never what they now are: whoever takes it reads.
"""

from datetime import date
from typing import cast

import msgspec


class Event(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    team_id: int

    @property
    def name(self) -> str:
        return type(self).__name__


class ClientAdded(Event, frozen=True, tag=True, kw_only=True):
    client_id: int


class ClientEdited(Event, frozen=True, tag=True, kw_only=True):
    """Label, status, signal, or what the client's profile says of itself."""

    client_id: int


class ClientRemoved(Event, frozen=True, tag=True, kw_only=True):
    client_id: int


class StoryArchived(Event, frozen=True, tag=True, kw_only=True):
    """A story was stored, or its thumbnail came late."""

    client_id: int
    story_id: int


class StoryHidden(Event, frozen=True, tag=True, kw_only=True):
    """A manager hid it for his team."""

    client_id: int
    story_id: int


class StoryShown(Event, frozen=True, tag=True, kw_only=True):
    """It was hidden, and is no longer."""

    client_id: int
    story_id: int


class PostTracked(Event, frozen=True, tag=True, kw_only=True):
    """A post was stored, or its counts changed."""

    client_id: int
    post_id: int


class ActivityDayChanged(Event, frozen=True, tag=True, kw_only=True):
    client_id: int
    day: date


class SnapshotTaken(Event, frozen=True, tag=True, kw_only=True):
    """The profile's figures of a UTC day were taken, or taken again and found changed."""

    client_id: int
    day: date


class CheckFinished(Event, frozen=True, tag=True, kw_only=True):
    client_id: int
    kind: str
    """`stories` or `posts`."""


class AlertRaised(Event, frozen=True, tag=True, kw_only=True):
    """A client fell silent: every member of the team has an alert."""

    client_id: int


class AlertDaysChanged(Event, frozen=True, tag=True, kw_only=True):
    """The silence goes on: the days of the client's unresolved alerts were counted anew."""

    client_id: int


class AlertResolved(Event, frozen=True, tag=True, kw_only=True):
    """The client's alerts are over, for all members and with a reason."""

    client_id: int


class AlertHandled(Event, frozen=True, tag=True, kw_only=True):
    """One member read, dismissed or snoozed something in his bell, or a snooze of his ended."""

    user_id: int


class SourceFailed(Event, frozen=True, tag=True, kw_only=True):
    """A source fails broadly: what the team's pages show may be out of date."""


class SourceRecovered(Event, frozen=True, tag=True, kw_only=True):
    """It answers again."""


class TeamEdited(Event, frozen=True, tag=True, kw_only=True):
    """Name, time zone or threshold."""


class MembersChanged(Event, frozen=True, tag=True, kw_only=True):
    """Somebody was invited, joined, left, or has another name or role."""


class DayBegan(Event, frozen=True, tag=True, kw_only=True):
    """Midnight in the team's zone: "today" is another day on every page of the team."""

    day: date


class WallsChanged(Event, frozen=True, tag=True, kw_only=True):
    """A wall was paired, edited or revoked, fell silent, or is heard again."""

    wall_id: int


class AccessEnded(Event, frozen=True, tag=True, kw_only=True):
    """A member left, signed out, or has another password, or a wall was revoked: their streams end."""

    user_id: int
    """0: a wall, which its session names."""
    session: str | None = None
    """The id under which the one session that ended was kept, or a token's; None: all of them."""
    but: str | None = None
    """The id of the one session that goes on where all others ended."""

    def ends(self, user_id: int, session: str) -> bool:
        return user_id == self.user_id and self.session in (None, session) and session != self.but


AnyEvent = (
    ClientAdded
    | ClientEdited
    | ClientRemoved
    | StoryArchived
    | StoryHidden
    | StoryShown
    | PostTracked
    | ActivityDayChanged
    | SnapshotTaken
    | CheckFinished
    | AlertRaised
    | AlertDaysChanged
    | AlertResolved
    | AlertHandled
    | SourceFailed
    | SourceRecovered
    | TeamEdited
    | MembersChanged
    | DayBegan
    | WallsChanged
    | AccessEnded
)


class Entry(msgspec.Struct):
    """What the relay adds to an event."""

    age: int | None = None
    """Milliseconds from its record to its entry into the stream."""


_decoder = msgspec.json.Decoder(AnyEvent)
_entry_decoder = msgspec.json.Decoder(Entry)


def encode(event: Event) -> str:
    return msgspec.json.encode(event).decode()


def decode(text: str | bytes) -> AnyEvent:
    """Raises `msgspec.ValidationError` for an event that this version does not know."""
    return cast(AnyEvent, _decoder.decode(text))


def age_of(text: str | bytes) -> int | None:
    return _entry_decoder.decode(text).age
