"""A client's days and figures for programs."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Literal

from litestar import get
from litestar.di import NamedDependency
from litestar.params import PathParameter, QueryParameter
from msgspec import Meta, Struct

from app.analytics.day import read_day
from app.analytics.days import day_of
from app.analytics.heatmap import calendar_year, heatmap_days, last_weeks
from app.analytics.queries import posts_of_day, snapshots, stories_of_day
from app.analytics.views import DayPost, DayStory, HeatmapDay, SnapshotPoint
from app.clients.queries import ClientRef
from app.web.api import BadInput, failures
from app.web.http import Request

YEARS = range(2010, 2101)
"""Instagram's first year, and one that no client of this version will see."""
LONGEST = 3660


class DayCell(Struct, frozen=True, kw_only=True):
    """One day of the team's time zone."""

    date: date
    stories: int
    posts: int
    level: Annotated[int, Meta(ge=0, le=4, description="The shade of the cell, from 0 (nothing) to 4.")]
    observed_minutes: Annotated[
        int, Meta(description="How much of the day was really observed. Without it, 0 stories is not a silence.")
    ]


class HeatmapAnswer(Struct, frozen=True):
    tracking_started_at: datetime
    data: list[DayCell]


class StoryOfDay(Struct, frozen=True, kw_only=True):
    id: int
    thumbnail_url: Annotated[str | None, Meta(description="Of this server; null where no picture could be had.")]
    story_type: Literal["image", "video"]
    posted_at: datetime


class PostOfDay(Struct, frozen=True, kw_only=True):
    id: int
    thumbnail_url: Annotated[str | None, Meta(description="Of this server; null where no picture could be had.")]
    likes_count: Annotated[int | None, Meta(description="null where the owner hides it.")]
    comments_count: int | None
    posted_at: datetime


class ActivityAnswer(Struct, frozen=True):
    date: date
    stories: list[StoryOfDay]
    posts: list[PostOfDay]


class FiguresOfDay(Struct, frozen=True, kw_only=True):
    """One UTC day."""

    date: date
    engagement_rate: float | None
    avg_likes: float | None
    avg_comments: float | None
    followers_count: int | None


class AnalyticsAnswer(Struct, frozen=True):
    snapshots: list[FiguresOfDay]


@get("/client/{client_id:int}/heatmap", summary="Read the days", tags=["analytics"], responses=failures(404))
async def read_heatmap(
    request: Request,
    client: NamedDependency[ClientRef],
    year: Annotated[
        int | None,
        QueryParameter(ge=YEARS[0], le=YEARS[-1], description="A calendar year. Left out: the last 52 weeks."),
    ] = None,
) -> HeatmapAnswer:
    """Every day since tracking began, oldest first. Of days before that, and of days to come, nothing is known: they
    are left out."""
    now = request.app.state.clock()
    tracked_since, today = _tracked_days(client, now)
    first, last = calendar_year(year) if year else last_weeks(today)
    days = await heatmap_days(client, max(first, tracked_since), min(last, today), now)
    return HeatmapAnswer(client.tracking_started_at, [_cell(day) for day in days])


@get(
    "/client/{client_id:int}/activity/{day:str}",
    summary="Read one day",
    tags=["analytics"],
    responses=failures(404),
)
async def read_activity(
    request: Request, client: NamedDependency[ClientRef], day: Annotated[str, PathParameter(format="date")]
) -> ActivityAnswer:
    """Stories and posts of a day of the team's time zone, newest first. Empty for days that were not tracked."""
    asked = read_day(day)
    if asked is None:
        raise BadInput("day", f"'{day[:20]}' is no date: write it as 2026-03-31.")
    tracked_since, today = _tracked_days(client, request.app.state.clock())
    if not tracked_since <= asked <= today:
        return ActivityAnswer(asked, [], [])
    stories, _ = await stories_of_day(client, asked)
    posts = await posts_of_day(client, asked)
    return ActivityAnswer(asked, [_story(story) for story in stories], [_post(post) for post in posts])


@get("/client/{client_id:int}/analytics", summary="Read the figures", tags=["analytics"], responses=failures(404))
async def read_analytics(
    request: Request,
    client: NamedDependency[ClientRef],
    days: Annotated[int, QueryParameter(ge=1, le=LONGEST, description="How many UTC days, today among them.")] = 30,
) -> AnalyticsAnswer:
    """One snapshot a day, oldest first. A day without one was not read."""
    today = request.app.state.clock().astimezone(UTC).date()
    points = await snapshots(client, today - timedelta(days=days - 1))
    return AnalyticsAnswer([_figures(point) for point in points])


def _tracked_days(client: ClientRef, now: datetime) -> tuple[date, date]:
    return day_of(client.tracking_started_at, client.time_zone), day_of(now, client.time_zone)


def _cell(day: HeatmapDay) -> DayCell:
    return DayCell(
        date=day.day,
        stories=day.stories,
        posts=day.posts,
        level=day.level,
        observed_minutes=day.observed_minutes,
    )


def _story(story: DayStory) -> StoryOfDay:
    address = f"/client/{story.client_id}/stories/{story.story_id}.jpg"
    return StoryOfDay(
        id=story.story_id,
        thumbnail_url=address if story.has_thumbnail else None,
        story_type="video" if story.story_type == "video" else "image",
        posted_at=story.posted_at,
    )


def _post(post: DayPost) -> PostOfDay:
    address = f"/client/{post.client_id}/posts/{post.post_id}.jpg"
    return PostOfDay(
        id=post.post_id,
        thumbnail_url=address if post.has_thumbnail else None,
        likes_count=post.likes_count,
        comments_count=post.comments_count,
        posted_at=post.posted_at,
    )


def _figures(point: SnapshotPoint) -> FiguresOfDay:
    return FiguresOfDay(
        date=point.day,
        engagement_rate=_float(point.engagement_rate),
        avg_likes=_float(point.avg_likes),
        avg_comments=_float(point.avg_comments),
        followers_count=point.followers_count,
    )


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


ROUTES = [read_heatmap, read_activity, read_analytics]
