"""What the templates of stories receive."""

from datetime import date, datetime

import msgspec


class StoryCard(msgspec.Struct, frozen=True, kw_only=True):
    client_id: int
    story_id: int
    story_type: str
    """`image` or `video`."""
    posted_at: datetime
    day: date
    """In the team's zone."""
    has_thumbnail: bool


class StoriesCount(msgspec.Struct, frozen=True, kw_only=True):
    client_id: int
    total: int
    """With those that are hidden."""
    hidden: int


class StoriesPage(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of the archive, newest first."""

    client_id: int
    cards: tuple[StoryCard, ...]
    total: int
    hidden: int
    """How many of the total."""
    older: str | None
    """The cursor of the next stretch; None where this is the last."""
