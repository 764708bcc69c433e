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


class StoriesPage(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of the archive, newest first."""

    client_id: int
    cards: tuple[StoryCard, ...]
    total: int
    older: str | None
    """The cursor of the next stretch; None where this is the last."""
