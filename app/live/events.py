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


class DayBegan(Event, frozen=True, tag=True, kw_only=True):
    """Midnight in the team's zone: "today" is another day on every page of the team."""

    day: date


class AccessEnded(Event, frozen=True, tag=True, kw_only=True):
    """A member left, or signed out: their streams end."""

    user_id: int
    session: str | None = None
    """The id under which the one session that ended was kept; None: all of them."""


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
    | DayBegan
    | AccessEnded
)

_decoder = msgspec.json.Decoder(AnyEvent)


def encode(event: Event) -> str:
    return msgspec.json.encode(event).decode()


def decode(text: str | bytes) -> AnyEvent:
    """Raises `msgspec.ValidationError` for an event that this version does not know."""
    return cast(AnyEvent, _decoder.decode(text))
