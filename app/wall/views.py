"""What the templates of walls receive."""

from datetime import datetime

import msgspec


class Shows(msgspec.Struct, frozen=True, omit_defaults=True):
    """Which clients a wall shows: those named, and those that bear one of the labels. Nothing chosen: all."""

    clients: tuple[int, ...] = ()
    labels: tuple[str, ...] = ()

    @property
    def is_all(self) -> bool:
        return not self.clients and not self.labels


class Tile(msgspec.Struct, frozen=True, kw_only=True):
    """One client on a wall, as far as the wall shows more than a row of the dashboard does."""

    client_id: int
    weeks: tuple[tuple[str, str], ...]
    """The mini heatmap: what kind of day (`0` to `4`, `unknown`), and the squares of those days as an SVG path."""
    has_alert: bool
    sort: str
    """Silent ones first, and among them the longest silent; then by handle, so that nothing jumps with each story."""


class FeedStory(msgspec.Struct, frozen=True, kw_only=True):
    client_id: int
    story_id: int
    username: str
    full_name: str | None
    avatar_key: str | None
    story_type: str
    posted_at: datetime


class TickerAlert(msgspec.Struct, frozen=True, kw_only=True):
    """A silence that somebody on the team still has an unresolved alert for."""

    client_id: int
    username: str
    label: str | None
    days: int
    raised_at: datetime


class WallHead(msgspec.Struct, frozen=True, kw_only=True):
    wall_id: int
    name: str
    team_name: str
    time_zone: str
    """The wall's, or the team's."""
    language: str
    green: int
    yellow: int
    red: int
    grey: int


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    source: str
    began_at: datetime


class Screen(msgspec.Struct, frozen=True, kw_only=True):
    """A browser that holds the wall's token."""

    screen: str
    version: str
    width: int
    height: int
    lag_ms: int | None
    """From the entry in the stream of events to the open page; None where nothing changed yet."""
    nodes: int
    heap_bytes: int | None
    """None where the browser does not say."""
    loaded_at: datetime
    last_seen_at: datetime


class WallSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A wall as settings list it."""

    id: int
    name: str
    language: str
    time_zone: str | None
    """None: the team's."""
    shows: Shows
    last_seen_at: datetime | None
    went_silent_at: datetime | None
    created_at: datetime
    version: str | None
    screens: tuple[Screen, ...]
    """Those that were heard within a day, the latest first."""
    team_name: str


class Choices(msgspec.Struct, frozen=True, kw_only=True):
    """What a wall can be made to show."""

    clients: tuple[tuple[int, str], ...]
    """Ids and handles."""
    labels: tuple[str, ...]
    team_zone: str
