"""What the client page's head shows: the row, and six figures with what they rest on."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from app.analytics.rates import NEWEST, Rates, rates
from app.analytics.rhythm import LEAST_WEEKS
from app.clients.queries import client_head, client_rows, newest_posts
from app.clients.views import Card, ClientPage, ClientRow, LastCheck


async def client_page_of(team_id: int, client_id: int, now: datetime) -> ClientPage | None:
    """None where the team has no such client."""
    rows = await client_rows(team_id, [client_id], now)
    head = await client_head(team_id, client_id)
    if not rows or head is None:
        return None
    figures = rates(await newest_posts(head["profile_id"], NEWEST), head["followers_count"], now)
    return ClientPage(
        row=rows[0],
        biography=head["biography"],
        is_verified=head["is_verified"],
        tracking_started_at=head["tracking_started_at"],
        team_zone=head["team_zone"],
        inactive_after_days=head["inactive_after_days"],
        team_inactive_after_days=head["team_inactive_after_days"],
        rhythm_needs=LEAST_WEEKS,
        cards=_cards(head, figures, rows[0]),
    )


def _cards(head: dict[str, Any], figures: Rates, row: ClientRow) -> tuple[Card, ...]:
    read_at = head["profile_read_at"]

    def card(
        name: str,
        value: int | Decimal | None,
        why_unknown: str,
        posts: int | None = None,
        days: int | None = None,
    ) -> Card:
        reason = None
        if value is None:
            reason = "not_checked" if read_at is None else "private" if row.is_private else why_unknown
            posts = days = None
        return Card(name=name, value=value, reason=reason, posts=posts, days=days, as_of=read_at)

    no_likes = "likes_hidden" if figures.posts else "no_posts"
    no_rate = "no_followers" if head["followers_count"] is None else no_likes
    return (
        card("followers", head["followers_count"], "no_followers"),
        card("posts_per_day", figures.posts_per_day, "no_posts", posts=figures.recent_posts, days=figures.window_days),
        card("avg_likes", figures.avg_likes, no_likes, posts=figures.posts_with_likes),
        card("avg_comments", figures.avg_comments, "no_posts", posts=figures.posts_with_comments),
        card("engagement_rate", figures.engagement_rate, no_rate, posts=figures.posts_with_likes),
        _stories_card(head, row.check),
    )


def _stories_card(head: dict[str, Any], check: LastCheck) -> Card:
    """Counted since tracking began, and as new as the last look that saw the account."""
    saw = check.outcome in ("ok", "empty")
    return Card(
        name="stories_archived",
        value=head["total_stories_archived"],
        since=head["tracking_started_at"],
        as_of=check.finished_at if saw else None,
    )
