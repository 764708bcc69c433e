from datetime import UTC, datetime, timedelta
from decimal import Decimal

from app.analytics.rates import PostCounts, Rates, rates

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def post(likes: int | None = 10, comments: int | None = 2, *, days: float = 1, pinned: bool = False) -> PostCounts:
    return PostCounts(likes=likes, comments=comments, posted_at=NOW - timedelta(days=days), is_pinned=pinned)


def of(*posts: PostCounts, followers: int | None = 1000) -> Rates:
    return rates(posts, followers, NOW)


def test_likes_and_comments_are_set_against_the_followers() -> None:
    figures = of(post(100, 10), post(51, 4))
    assert (figures.avg_likes, figures.avg_comments) == (Decimal("75.50"), Decimal("7.00"))
    assert figures.engagement_rate == Decimal("8.25")


def test_a_rate_is_rounded_once_and_half_up() -> None:
    assert of(post(1, 0), post(1, 0), post(0, 0), followers=100).engagement_rate == Decimal("0.67")
    assert of(post(1, 0), followers=800).engagement_rate == Decimal("0.13")


def test_nobody_follows_and_so_nobody_is_engaged() -> None:
    assert of(post(5, 5), followers=0).engagement_rate == Decimal("0.00")


def test_unknown_followers_make_the_rate_unknown() -> None:
    figures = of(post(5, 5), followers=None)
    assert figures.engagement_rate is None
    assert figures.avg_likes == Decimal("5.00")


def test_hidden_likes_do_not_count_as_none() -> None:
    figures = of(post(None, 4), post(20, 2))
    assert (figures.posts, figures.posts_with_likes) == (2, 1)
    assert figures.avg_likes == Decimal("20.00")
    assert figures.avg_comments == Decimal("3.00")
    assert figures.engagement_rate == Decimal("2.30")


def test_likes_that_are_all_hidden_leave_the_rate_unknown() -> None:
    figures = of(post(None, 4), post(None, 6))
    assert (figures.avg_likes, figures.engagement_rate) == (None, None)
    assert figures.avg_comments == Decimal("5.00")


def test_no_posts_are_unknown_and_not_zero() -> None:
    assert of() == Rates(
        posts=0,
        posts_with_likes=0,
        avg_likes=None,
        avg_comments=None,
        engagement_rate=None,
        posts_per_day=None,
        window_days=None,
    )


def test_a_post_that_went_round_the_world_goes_beyond_1000_percent() -> None:
    assert of(post(2_400_000, 80_000), followers=1000).engagement_rate == Decimal("248000.00")


def test_posts_per_day_rest_on_at_most_30_days() -> None:
    figures = of(post(days=1), post(days=10), post(days=29), post(days=40), post(days=400))
    assert (figures.posts_per_day, figures.window_days) == (Decimal("0.10"), 30)


def test_a_busy_account_shows_only_its_last_days() -> None:
    """Its 20 newest posts reach back five days: nobody knows how many came before."""
    figures = of(*(post(days=number / 4) for number in range(1, 21)))
    assert (figures.posts_per_day, figures.window_days) == (Decimal("4.00"), 5)


def test_a_first_post_of_today_counts_for_a_whole_day() -> None:
    figures = of(post(days=0.1))
    assert (figures.posts_per_day, figures.window_days) == (Decimal("1.00"), 1)


def test_an_old_pinned_post_does_not_stretch_the_window() -> None:
    figures = of(post(days=700, pinned=True), post(days=1), post(days=2), post(days=4))
    assert (figures.posts_per_day, figures.window_days) == (Decimal("0.75"), 4)


def test_a_pinned_post_of_this_week_counts_as_a_post() -> None:
    figures = of(post(days=2, pinned=True), post(days=4))
    assert (figures.posts_per_day, figures.window_days) == (Decimal("0.50"), 4)


def test_nothing_but_pinned_posts_tells_no_pace() -> None:
    assert of(post(days=3, pinned=True)).posts_per_day is None
