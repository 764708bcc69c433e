"""What the templates and the API receive of a client's days and figures."""

from datetime import date, datetime
from decimal import Decimal

import msgspec


class HeatmapDay(msgspec.Struct, frozen=True, kw_only=True):
    """One cell: a day of the team's zone."""

    client_id: int
    day: date
    stories: int
    posts: int
    level: int
    """0 to 4."""
    observed_minutes: int
    day_minutes: int
    """1380 to 1500: how long the day is in the team's zone; of today, what has passed."""
    is_available: bool
    """False before tracking began and after today."""


class SnapshotPoint(msgspec.Struct, frozen=True, kw_only=True):
    """One UTC day's figures; None is unknown."""

    day: date
    followers_count: int | None
    avg_likes: Decimal | None
    avg_comments: Decimal | None
    engagement_rate: Decimal | None
    posts_per_day: Decimal | None


class DayStory(msgspec.Struct, frozen=True, kw_only=True):
    client_id: int
    story_id: int
    story_type: str
    posted_at: datetime
    has_thumbnail: bool


class DayPost(msgspec.Struct, frozen=True, kw_only=True):
    client_id: int
    post_id: int
    media_type: str
    posted_at: datetime
    post_url: str | None
    likes_count: int | None
    comments_count: int | None
    caption: str | None
    has_thumbnail: bool
