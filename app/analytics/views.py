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
    is_today: bool
    coverage: str
    """`whole`, `part` or `none`. Of today `whole` up to the last check: what comes after it is not missed yet."""


class SnapshotPoint(msgspec.Struct, frozen=True, kw_only=True):
    """One UTC day's figures; None is unknown."""

    day: date
    followers_count: int | None
    avg_likes: Decimal | None
    avg_comments: Decimal | None
    engagement_rate: Decimal | None
    posts_per_day: Decimal | None


class DayCounts(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen on one day of the team's zone."""

    day: date
    stories: int
    posts: int
    observed_minutes: int


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


class SnapshotSeries(msgspec.Struct, frozen=True, kw_only=True):
    """One value for each date; None: a gap."""

    dates: list[date]
    """UTC days."""
    is_known: bool
    """Whether there is a snapshot among them."""
    engagement_rate: list[float | None]
    avg_likes: list[float | None]
    avg_comments: list[float | None]


class ActivitySeries(msgspec.Struct, frozen=True, kw_only=True):
    """One value for each date; None: a gap."""

    dates: list[date]
    """Days of the team's zone."""
    is_known: bool
    stories: list[int | None]
    posts: list[int | None]


class Charts(msgspec.Struct, frozen=True, kw_only=True):
    days: int
    snapshots: SnapshotSeries
    activity: ActivitySeries


class Month(msgspec.Struct, frozen=True, kw_only=True):
    first: date
    weeks: int
    """Over how many columns of the heatmap it reaches."""


class Heatmap(msgspec.Struct, frozen=True, kw_only=True):
    client_id: int
    year: int | None
    """None: the last 52 weeks."""
    years: tuple[int, ...]
    """Those that can be shown, newest first."""
    tracked_since: date
    days: tuple[HeatmapDay, ...]
    months: tuple[Month, ...]


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """What happened on one day of the team's zone; newest first."""

    cell: HeatmapDay
    time_zone: str
    tracked_since: date
    stories: tuple[DayStory, ...]
    hidden_stories: int
    """How many more there are, which the team has hidden."""
    posts: tuple[DayPost, ...]


class ChartsPoint(msgspec.Struct, frozen=True, kw_only=True):
    """What an open page compares, to learn that its charts are out of date."""

    client_id: int
    state: str
