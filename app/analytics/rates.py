"""The figures of spec 1: averages over the newest posts fetched, engagement rate by followers, posts per day."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

import msgspec

NEWEST = 20
WINDOW = timedelta(days=30)
_CENT = Decimal("0.01")


class PostCounts(msgspec.Struct, frozen=True, kw_only=True):
    likes: int | None
    """None: hidden by the owner."""
    comments: int | None
    posted_at: datetime
    is_pinned: bool = False


class Rates(msgspec.Struct, frozen=True, kw_only=True):
    """None is unknown, never zero."""

    posts: int
    posts_with_likes: int
    posts_with_comments: int = 0
    recent_posts: int = 0
    """The posts that `posts_per_day` counts."""
    avg_likes: Decimal | None
    avg_comments: Decimal | None
    engagement_rate: Decimal | None
    posts_per_day: Decimal | None
    window_days: int | None
    """The days that `posts_per_day` rests on."""


def rates(posts: Sequence[PostCounts], followers: int | None, now: datetime) -> Rates:
    """`posts`: the newest ones fetched, up to 20.

    Engagement rate = (average likes + average comments) / followers × 100. Hidden likes do not count into the
    average; followers known to be 0 give 0.
    """
    likes = [post.likes for post in posts if post.likes is not None]
    comments = [post.comments for post in posts if post.comments is not None]
    avg_likes, avg_comments = _average(likes), _average(comments)
    per_day, window_days = _posts_per_day(posts, now)
    return Rates(
        posts=len(posts),
        posts_with_likes=len(likes),
        posts_with_comments=len(comments),
        recent_posts=_recent(posts, now),
        avg_likes=_rounded(avg_likes),
        avg_comments=_rounded(avg_comments),
        engagement_rate=_engagement(avg_likes, avg_comments, followers),
        posts_per_day=per_day,
        window_days=window_days,
    )


def _average(counts: Sequence[int]) -> Decimal | None:
    return Decimal(sum(counts)) / len(counts) if counts else None


def _rounded(value: Decimal | None) -> Decimal | None:
    return None if value is None else value.quantize(_CENT, ROUND_HALF_UP)


def _engagement(likes: Decimal | None, comments: Decimal | None, followers: int | None) -> Decimal | None:
    if followers is None or likes is None:
        return None
    if followers == 0:
        return Decimal("0.00")
    return _rounded((likes + (comments or 0)) / followers * 100)


def _posts_per_day(posts: Sequence[PostCounts], now: datetime) -> tuple[Decimal | None, int | None]:
    """Posts in the last 30 days ÷ min(30, days since the oldest unpinned post fetched)."""
    unpinned = [post.posted_at for post in posts if not post.is_pinned]
    if not unpinned:
        return None, None
    window = max(1, min(WINDOW.days, -((min(unpinned) - now) // timedelta(days=1))))
    return _rounded(Decimal(_recent(posts, now)) / window), window


def _recent(posts: Sequence[PostCounts], now: datetime) -> int:
    return sum(now - WINDOW <= post.posted_at for post in posts)
