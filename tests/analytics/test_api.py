"""Days and figures as programs get them."""

from datetime import UTC, date, datetime, timedelta

import pytest

from app.analytics.days import day_of
from app.clients.queries import ClientRef
from app.database import query
from tests.cast import Cast, client
from tests.product import Product
from tests.programs import error_of, program


@pytest.fixture
async def lately(product: Product, cast: Cast) -> ClientRef:
    """Tracked for ten days."""
    return await client(cast.alice.team_id, "lately", product.now() - timedelta(days=10))


async def test_days_are_those_that_were_tracked(product: Product, cast: Cast, lately: ClientRef) -> None:
    await product.archive_story(lately)
    async with program(product, cast.bob) as bobs:
        answer = (await bobs.get(f"/api/client/{lately.id}/heatmap")).json()
        assert set(answer) == {"tracking_started_at", "data"}
        assert datetime.fromisoformat(answer["tracking_started_at"]) == lately.tracking_started_at
        today = day_of(product.now(), "UTC")
        days = [date.fromisoformat(day["date"]) for day in answer["data"]]
        assert days == [today - timedelta(days=ago) for ago in range(10, -1, -1)]
        assert all(set(day) == {"date", "stories", "posts", "level", "observed_minutes"} for day in answer["data"])
        assert sum(day["stories"] for day in answer["data"]) == 1
        assert max(day["level"] for day in answer["data"]) == 1
        assert answer["data"][0]["observed_minutes"] == 0


async def test_a_year_holds_its_tracked_days_alone(product: Product, cast: Cast) -> None:
    old = await client(cast.alice.team_id, "old", datetime(2024, 12, 30, 12, tzinfo=UTC))
    async with program(product, cast.bob) as bobs:

        async def days(year: int) -> list[str]:
            answer = await bobs.get(f"/api/client/{old.id}/heatmap", params={"year": year})
            assert answer.status_code == 200, answer.text
            return [day["date"] for day in answer.json()["data"]]

        assert await days(2024) == ["2024-12-30", "2024-12-31"]
        assert len(await days(2025)) == 365
        assert await days(2010) == await days(2023) == await days(2100) == []


@pytest.mark.parametrize("year", ["0", "-1", "2009", "2101", "99999999999999999999", "x", "2025.5", ""])
async def test_years_that_nobody_can_mean_are_refused(product: Product, cast: Cast, year: str) -> None:
    async with program(product, cast.bob) as bobs:
        error = error_of(await bobs.get(f"/api/client/{cast.bakery.id}/heatmap", params={"year": year}), 400)
        assert list(error["fields"]) == ["year"]  # type: ignore[call-overload]


async def test_a_day_holds_its_stories_and_posts(product: Product, cast: Cast, lately: ClientRef) -> None:
    await product.archive_story(lately)
    [story] = await query("SELECT id, posted_at FROM stories")
    await query(
        "INSERT INTO posts"
        " (profile_id, instagram_post_id, media_type, posted_at, comments_count, thumbnail_storage_path)"
        " VALUES ({}, '1', 'image', {}, 4, 'posts/1.jpg')",
        lately.profile_id,
        story["posted_at"],
    )
    day = story["posted_at"].date().isoformat()
    async with program(product, cast.bob) as bobs:
        answer = (await bobs.get(f"/api/client/{lately.id}/activity/{day}")).json()
        assert set(answer) == {"date", "stories", "posts"}
        moment = story["posted_at"]
        for item in (*answer["stories"], *answer["posts"]):
            assert datetime.fromisoformat(item.pop("posted_at")) == moment
        address = f"/client/{lately.id}"
        assert answer == {
            "date": day,
            "stories": [{"id": 1, "thumbnail_url": f"{address}/stories/1.jpg", "story_type": "image"}],
            "posts": [{"id": 1, "thumbnail_url": f"{address}/posts/1.jpg", "likes_count": None, "comments_count": 4}],
        }


@pytest.mark.parametrize("day", ["0001-01-01", "1990-05-17", "2024-02-29", "9999-12-31"])
async def test_a_day_that_was_not_tracked_is_empty(product: Product, cast: Cast, day: str) -> None:
    async with program(product, cast.charlie) as charlies:
        answer = await charlies.get(f"/api/client/{cast.florist.id}/activity/{day}")
        assert answer.json() == {"date": day, "stories": [], "posts": []}


@pytest.mark.parametrize(
    "day", ["2025-02-29", "2025-13-01", "2025-00-10", "today", "20250101", "2025-1-1", "0000-01-01", "²"]
)
async def test_dates_that_do_not_exist_are_refused(product: Product, cast: Cast, day: str) -> None:
    async with program(product, cast.bob) as bobs:
        error = error_of(await bobs.get(f"/api/client/{cast.bakery.id}/activity/{day}"), 400)
        assert list(error["fields"]) == ["day"]  # type: ignore[call-overload]


async def test_figures_of_the_days_asked_for_oldest_first(product: Product, cast: Cast, lately: ClientRef) -> None:
    today = product.now().astimezone(UTC).date()
    for ago, followers in ((0, 1200), (1, None), (5, 1100), (20, 900)):
        await query(
            "INSERT INTO analytics_snapshots (profile_id, snapshot_date, followers_count, engagement_rate)"
            " VALUES ({}, {}, {}, 1050.25)",
            lately.profile_id,
            today - timedelta(days=ago),
            followers,
        )
    async with program(product, cast.bob) as bobs:

        async def followers_of(**params: int) -> list[int | None]:
            answer = (await bobs.get(f"/api/client/{lately.id}/analytics", params=params)).json()
            assert set(answer) == {"snapshots"}
            for one in answer["snapshots"]:
                assert set(one) == {"date", "engagement_rate", "avg_likes", "avg_comments", "followers_count"}
                assert (one["engagement_rate"], one["avg_likes"]) == (1050.25, None)
            return [one["followers_count"] for one in answer["snapshots"]]

        assert await followers_of(days=1) == [1200]
        assert await followers_of(days=2) == [None, 1200]
        assert await followers_of() == [1100, None, 1200]


@pytest.mark.parametrize("days", ["0", "-1", "1000000", "x", "1.5", "9" * 40])
async def test_odd_numbers_of_days_are_refused(product: Product, cast: Cast, days: str) -> None:
    async with program(product, cast.bob) as bobs:
        error = error_of(await bobs.get(f"/api/client/{cast.bakery.id}/analytics", params={"days": days}), 400)
        assert list(error["fields"]) == ["days"]  # type: ignore[call-overload]
