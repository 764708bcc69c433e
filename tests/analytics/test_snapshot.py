"""A day's figures: taken with the post check, and never without a read."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from app.analytics.charts import charts_of
from app.analytics.queries import snapshots
from app.analytics.snapshot import take_missing_snapshots, take_snapshot
from app.clients.queries import ClientRef
from app.database import query
from app.live.events import SnapshotTaken
from app.sources.base import FoundPost, FoundProfile, Outcome, PostsRead
from tasks.snapshots import take_snapshots
from tests.cast import NOW, Cast, client
from tests.fakes.source import post
from tests.worker import Worker, take_events

TODAY = NOW.date()
BAKERY = FoundProfile(external_id="501", username="bakery", followers_count=1000, following_count=80, posts_count=3)


@pytest.fixture
def worker(tmp_path: Path) -> Worker:
    return Worker(tmp_path / "media")


def shows(worker: Worker, *posts: FoundPost, outcome: Outcome | None = None, **figures: Any) -> None:
    worker.scripted.posts["bakery"] = PostsRead(
        username="bakery",
        outcome=outcome or (Outcome.OK if posts else Outcome.EMPTY),
        profile=msgspec.structs.replace(BAKERY, **figures),
        posts=posts,
    )


def two_posts(likes: int | None = 10, comments: int | None = 2) -> tuple[FoundPost, ...]:
    return tuple(post(str(n), NOW - timedelta(days=n - 0.5), likes=likes, comments=comments) for n in (1, 2))


async def rows_of(client: ClientRef) -> list[dict[str, Any]]:
    return await query(
        "SELECT * FROM analytics_snapshots WHERE profile_id = {} ORDER BY snapshot_date", client.profile_id
    )


async def told() -> list[tuple[int, int, date]]:
    return [(e.team_id, e.client_id, e.day) for e in await take_events() if isinstance(e, SnapshotTaken)]


async def test_a_post_check_takes_the_days_figures(cast: Cast, worker: Worker) -> None:
    shows(worker, *two_posts())
    await worker.posts(cast.bakery)
    [row] = await rows_of(cast.bakery)
    assert (row["snapshot_date"], row["followers_count"], row["following_count"], row["posts_count"]) == (
        TODAY,
        1000,
        80,
        3,
    )
    assert (row["avg_likes"], row["avg_comments"], row["engagement_rate"]) == (10, 2, Decimal("1.20"))
    assert row["posts_per_day"] == 1


async def test_the_same_day_is_overwritten_and_the_next_one_is_another_row(cast: Cast, worker: Worker) -> None:
    shows(worker, *two_posts())
    await worker.posts(cast.bakery)
    shows(worker, *two_posts(likes=30), followers_count=2000)
    worker.later(hours=2)
    await worker.posts(cast.bakery)
    [row] = await rows_of(cast.bakery)
    assert (row["avg_likes"], row["followers_count"]) == (30, 2000)
    worker.later(hours=24)
    await worker.posts(cast.bakery)
    assert [row["snapshot_date"] for row in await rows_of(cast.bakery)] == [TODAY, TODAY + timedelta(days=1)]


async def test_every_teams_client_hears_of_it_once_and_only_when_it_changed(cast: Cast, worker: Worker) -> None:
    other = await client(cast.charlie.team_id, "bakery")
    shows(worker, *two_posts())
    await worker.posts(cast.bakery)
    expected = [(one.team_id, one.id, TODAY) for one in (cast.bakery, other)]
    assert sorted(await told()) == sorted(expected)
    worker.later(minutes=5)
    await worker.posts(cast.bakery)
    assert await told() == []
    shows(worker, *two_posts(likes=11))
    await worker.posts(cast.bakery)
    assert sorted(await told()) == sorted(expected)


async def test_hidden_likes_are_unknown(cast: Cast, worker: Worker) -> None:
    shows(worker, *two_posts(likes=None))
    await worker.posts(cast.bakery)
    [row] = await rows_of(cast.bakery)
    assert (row["avg_likes"], row["engagement_rate"], row["avg_comments"]) == (None, None, 2)


@pytest.mark.parametrize(("followers", "rate"), [(None, None), (0, Decimal(0))])
async def test_followers_that_are_unknown_or_none(
    cast: Cast, worker: Worker, followers: int | None, rate: Decimal | None
) -> None:
    shows(worker, *two_posts(), followers_count=followers)
    await worker.posts(cast.bakery)
    [row] = await rows_of(cast.bakery)
    assert (row["followers_count"], row["engagement_rate"], row["avg_likes"]) == (followers, rate, 10)


async def test_an_account_without_posts_has_followers_and_no_averages(cast: Cast, worker: Worker) -> None:
    shows(worker)
    await worker.posts(cast.bakery)
    [row] = await rows_of(cast.bakery)
    assert row["followers_count"] == 1000
    assert {row[name] for name in ("avg_likes", "avg_comments", "engagement_rate", "posts_per_day")} == {None}


@pytest.mark.parametrize(
    ("likes", "expected"),
    [
        (50, Decimal("5000.00")),
        (99_999, Decimal("9999900.00")),
        (100_000, None),  # 10,000,000 %: one more digit than the column has
        (2**31 - 1, None),
    ],
)
async def test_huge_rates_are_kept_or_unknown_and_never_fail(
    cast: Cast, worker: Worker, likes: int, expected: Decimal | None
) -> None:
    shows(worker, *two_posts(likes=likes, comments=0), followers_count=1)
    assert (await worker.posts(cast.bakery)).outcome == Outcome.OK
    [row] = await rows_of(cast.bakery)
    assert row["engagement_rate"] == expected
    assert row["avg_likes"] == (likes if likes < 10**8 else None)


@pytest.mark.parametrize("outcome", [o for o in Outcome if not o.proves])
async def test_a_check_that_did_not_see_the_account_takes_none(cast: Cast, worker: Worker, outcome: Outcome) -> None:
    shows(worker, outcome=outcome)
    await worker.posts(cast.bakery)
    assert await rows_of(cast.bakery) == []
    assert await told() == []


async def test_the_net_takes_what_a_check_left_out_on_the_day_of_the_check(cast: Cast, worker: Worker) -> None:
    shows(worker, *two_posts())
    await worker.posts(cast.bakery)
    await query("DELETE FROM analytics_snapshots")
    worker.now = NOW.replace(hour=0, minute=7) + timedelta(days=1)
    assert await take_snapshots({"tools": worker.tools}) == "1 snapshots taken"
    assert [row["snapshot_date"] for row in await rows_of(cast.bakery)] == [TODAY]
    assert await take_missing_snapshots(worker.now) == 0


async def test_the_net_takes_nothing_without_a_read(cast: Cast, worker: Worker) -> None:
    shows(worker, outcome=Outcome.PRIVATE)
    await worker.posts(cast.bakery)
    assert await take_missing_snapshots(worker.now) == 0
    shows(worker, *two_posts())
    worker.later(hours=1)
    await worker.posts(cast.bakery)
    worker.later(days=3)
    assert await take_missing_snapshots(worker.now) == 0
    assert len(await rows_of(cast.bakery)) == 1


async def test_a_client_sees_no_day_from_before_it_was_tracked(cast: Cast) -> None:
    for ago in (40, 30, 29):
        await take_snapshot(cast.bakery.profile_id, NOW - timedelta(days=ago))
    points = await snapshots(cast.bakery, TODAY - timedelta(days=100))
    assert [point.day for point in points] == [TODAY - timedelta(days=30), TODAY - timedelta(days=29)]


async def test_charts_have_a_gap_for_a_day_without_a_read(cast: Cast) -> None:
    await query("UPDATE profiles SET followers_count = 0 WHERE id = {}", cast.bakery.profile_id)
    await take_snapshot(cast.bakery.profile_id, NOW)
    await take_snapshot(cast.bakery.profile_id, NOW - timedelta(days=2))
    await query(
        "INSERT INTO activity_calendar (client_id, activity_date, stories_count, posts_count, observed_minutes)"
        " VALUES ({}, {}, 0, 0, 1440), ({}, {}, 0, 1, 0)",
        cast.bakery.id,
        TODAY - timedelta(days=1),
        cast.bakery.id,
        TODAY,
    )
    charts = await charts_of(cast.bakery, 7, NOW)
    assert charts.snapshots.dates == charts.activity.dates == [TODAY - timedelta(days=ago) for ago in range(6, -1, -1)]
    assert charts.snapshots.is_known
    assert charts.snapshots.engagement_rate == [None] * 7
    assert charts.activity.stories == [None] * 5 + [0, None]
    assert charts.activity.posts == [None] * 5 + [0, 1]
