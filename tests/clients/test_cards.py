"""The six cards say what they rest on, and why a figure is unknown."""

from datetime import timedelta
from pathlib import Path

import pytest

from app.clients.page import client_page_of
from app.clients.queries import ClientRef
from app.clients.views import Card
from app.sources.base import FoundPost, FoundProfile, Outcome, PostsRead
from tests.cast import NOW, Cast
from tests.fakes.source import post, story
from tests.worker import Worker


@pytest.fixture
def worker(tmp_path: Path) -> Worker:
    return Worker(tmp_path / "media")


async def cards_of(client: ClientRef, worker: Worker) -> dict[str, Card]:
    page = await client_page_of(client.team_id, client.id, worker.now)
    assert page is not None
    return {card.name: card for card in page.cards}


async def reads(
    worker: Worker, client: ClientRef, outcome: Outcome, *posts: FoundPost, followers: int | None = 1000
) -> None:
    profile = FoundProfile(
        external_id="501",
        username="bakery",
        followers_count=followers,
        is_private=outcome is Outcome.PRIVATE,
    )
    worker.scripted.posts["bakery"] = PostsRead(username="bakery", outcome=outcome, profile=profile, posts=posts)
    await worker.posts(client)


async def test_figures_say_their_posts_window_and_age(cast: Cast, worker: Worker) -> None:
    counts = [(10, 2), (None, 4), (20, None)]
    posts = [
        post(str(n), NOW - timedelta(days=20 * n, hours=1), likes=likes, comments=comments)
        for n, (likes, comments) in enumerate(counts)
    ]
    await reads(worker, cast.bakery, Outcome.OK, *posts)
    cards = await cards_of(cast.bakery, worker)
    basis = {name: (card.posts, card.days) for name, card in cards.items()}
    assert basis == {
        "followers": (None, None),
        "posts_per_day": (2, 30),
        "avg_likes": (2, None),
        "avg_comments": (2, None),
        "engagement_rate": (2, None),
        "stories_archived": (None, None),
    }
    assert {card.as_of for name, card in cards.items() if name != "stories_archived"} == {NOW}


async def test_the_archive_counts_since_tracking_began_as_of_the_last_look_that_saw(cast: Cast, worker: Worker) -> None:
    worker.scripted.shows("bakery", story("1", NOW - timedelta(hours=1)))
    await worker.stories(cast.bakery)
    card = (await cards_of(cast.bakery, worker))["stories_archived"]
    assert (card.value, card.since, card.as_of) == (1, cast.bakery.tracking_started_at, NOW)
    worker.scripted.ends("bakery", Outcome.PRIVATE)
    worker.later(hours=20)
    await worker.stories(cast.bakery)
    assert (await cards_of(cast.bakery, worker))["stories_archived"].as_of is None


@pytest.mark.parametrize(
    ("outcome", "posts", "followers", "reason"),
    [
        (Outcome.PRIVATE, (), 1000, "private"),
        (Outcome.EMPTY, (), 1000, "no_posts"),
        (Outcome.OK, (post("1", NOW, likes=None),), 1000, "likes_hidden"),
        (Outcome.OK, (post("1", NOW),), None, "no_followers"),
    ],
)
async def test_an_unknown_rate_has_its_reason_and_no_basis(
    cast: Cast, worker: Worker, outcome: Outcome, posts: tuple[FoundPost, ...], followers: int | None, reason: str
) -> None:
    await reads(worker, cast.bakery, outcome, *posts, followers=followers)
    card = (await cards_of(cast.bakery, worker))["engagement_rate"]
    assert (card.value, card.reason, card.posts) == (None, reason, None)


async def test_before_the_first_check_nothing_is_known(cast: Cast, worker: Worker) -> None:
    cards = await cards_of(cast.bakery, worker)
    assert cards.pop("stories_archived").value == 0
    assert {(card.value, card.reason) for card in cards.values()} == {(None, "not_checked")}
