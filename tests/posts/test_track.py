"""What a source shows of a profile and its posts → what the database holds afterwards."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from app.live.events import ActivityDayChanged, CheckFinished, ClientEdited, PostTracked, SnapshotTaken
from app.posts import track
from app.posts.queries import store_posts
from app.sources.base import FoundPost, FoundProfile, Outcome, PictureUnavailable, PostsRead
from tests.cast import NOW, Cast, client
from tests.fakes.source import drawn, post
from tests.worker import Worker, checks_of, client_row, days_of, names, outcomes, profile_row, stored, take_events

BAKERY = FoundProfile(
    external_id="501",
    username="bakery",
    full_name="The Bakery",
    biography="Bread",
    avatar_url="https://pictures.example/face.jpg?signed=1",
    followers_count=1200,
    following_count=80,
    posts_count=3,
    is_private=False,
    is_verified=True,
)


@pytest.fixture
def worker(tmp_path: Path) -> Worker:
    return Worker(tmp_path / "media")


def shows(worker: Worker, *posts: FoundPost, profile: FoundProfile | None = BAKERY, handle: str = "bakery") -> None:
    outcome = Outcome.OK if posts else Outcome.EMPTY
    worker.scripted.posts[handle] = PostsRead(username=handle, outcome=outcome, profile=profile, posts=posts)


def days_ago(days: float, post_id: str = "31", **counts: Any) -> FoundPost:
    return post(post_id, NOW - timedelta(days=days), **counts)


def with_picture(found: FoundPost) -> FoundPost:
    return msgspec.structs.replace(found, thumbnail_url=f"https://pictures.example/{found.post_id}.jpg")


async def test_profile_and_posts_are_stored(cast: Cast, worker: Worker) -> None:
    found = msgspec.structs.replace(with_picture(days_ago(1)), caption="Fresh #bread", hashtags=("bread",))
    shows(worker, found, days_ago(2, "32"))
    result = await worker.posts(cast.bakery)

    assert (result.outcome, result.found, result.stored) == (Outcome.OK, 2, 2)
    profile = await profile_row(cast.bakery.profile_id)
    for field in ("external_id", "full_name", "biography", "followers_count", "following_count", "posts_count"):
        assert profile[field] == getattr(BAKERY, field)
    assert (profile["state"], profile["is_verified"], profile["is_private"]) == ("ok", True, False)
    assert await worker.storage.get(profile["avatar_storage_path"]) is not None
    _, newest = await stored("posts", cast.bakery)
    assert (newest["likes_count"], newest["comments_count"]) == (10, 2)
    assert (newest["caption"], newest["hashtags"]) == ("Fresh #bread", ["bread"])
    picture = await worker.storage.get(newest["thumbnail_storage_path"])
    assert picture is not None
    assert len(picture) <= 100_000
    assert await days_of(cast.bakery) == {"2026-03-08": (0, 1, 0), "2026-03-09": (0, 1, 0)}
    assert (await client_row(cast.bakery))["total_posts_tracked"] == 2
    [check] = await checks_of(cast.bakery, "posts")
    assert (check["outcome"], check["found"], check["stored"]) == ("ok", 2, 2)


async def test_changed_counts_are_stored_and_told(cast: Cast, worker: Worker) -> None:
    shows(worker, days_ago(1), days_ago(2, "32"))
    await worker.posts(cast.bakery)
    await take_events()
    shows(worker, days_ago(1, likes=25, comments=3), days_ago(2, "32"))
    result = await worker.posts(cast.bakery)
    assert (result.found, result.stored) == (2, 0)
    _, row = await stored("posts", cast.bakery)
    assert (row["likes_count"], row["comments_count"]) == (25, 3)
    of_client = {"team_id": cast.alice.team_id, "client_id": cast.bakery.id}
    assert await take_events() == [
        CheckFinished(**of_client, kind="posts"),
        PostTracked(**of_client, post_id=row["id"]),
        SnapshotTaken(**of_client, day=NOW.date()),
    ]


async def test_nothing_changed_and_nothing_is_told_but_the_check(cast: Cast, worker: Worker) -> None:
    shows(worker, with_picture(days_ago(0.5)), days_ago(1.5, "32"))
    await worker.posts(cast.bakery)
    before = await stored("posts", cast.bakery), await client_row(cast.bakery), await days_of(cast.bakery)
    await take_events()
    worker.later(hours=1)
    await worker.posts(cast.bakery)
    assert names(await take_events()) == ["CheckFinished"]
    assert (await stored("posts", cast.bakery), await client_row(cast.bakery), await days_of(cast.bakery)) == before


async def test_a_new_post_is_told_with_its_day(cast: Cast, worker: Worker) -> None:
    shows(worker)
    assert (await worker.posts(cast.bakery)).outcome is Outcome.EMPTY
    await take_events()
    shows(worker, days_ago(1))
    await worker.posts(cast.bakery)
    [row] = await stored("posts", cast.bakery)
    of_client = {"team_id": cast.alice.team_id, "client_id": cast.bakery.id}
    assert await take_events() == [
        CheckFinished(**of_client, kind="posts"),
        PostTracked(**of_client, post_id=row["id"]),
        ActivityDayChanged(**of_client, day=date(2026, 3, 9)),
        SnapshotTaken(**of_client, day=NOW.date()),
    ]


async def test_both_teams_count_a_post_on_their_own_day(cast: Cast, worker: Worker) -> None:
    theirs = await client(cast.charlie.team_id, "bakery")
    shows(worker, post("31", NOW + timedelta(hours=8)))
    await worker.posts(cast.bakery)
    assert await days_of(cast.bakery) == {"2026-03-10": (0, 1, 0)}
    assert await days_of(theirs) == {"2026-03-11": (0, 1, 0)}


async def test_hidden_likes_are_unknown_and_not_zero(cast: Cast, worker: Worker) -> None:
    shows(worker, days_ago(1, likes=10))
    await worker.posts(cast.bakery)
    shows(worker, days_ago(1, likes=None, comments=None))
    await worker.posts(cast.bakery)
    [row] = await stored("posts", cast.bakery)
    assert (row["likes_count"], row["comments_count"]) == (None, None)


async def test_posts_from_before_the_tracking_make_no_days(cast: Cast, worker: Worker) -> None:
    shows(worker, days_ago(31, "30"), days_ago(400, "29"), days_ago(1))
    await worker.posts(cast.bakery)
    assert len(await stored("posts", cast.bakery)) == 3
    assert await days_of(cast.bakery) == {"2026-03-09": (0, 1, 0)}
    assert (await client_row(cast.bakery))["total_posts_tracked"] == 1


async def test_posts_leave_what_was_observed_of_a_day(cast: Cast, worker: Worker) -> None:
    worker.scripted.shows("bakery")
    await worker.stories(cast.bakery)
    shows(worker, days_ago(0.1))
    await worker.posts(cast.bakery)
    assert await days_of(cast.bakery) == {"2026-03-09": (0, 0, 720), "2026-03-10": (0, 1, 720)}


async def test_a_new_face_replaces_the_old_one(cast: Cast, worker: Worker) -> None:
    shows(worker)
    await worker.posts(cast.bakery)
    first = (await profile_row(cast.bakery.profile_id))["avatar_storage_path"]
    await take_events()

    shows(worker, profile=_with_face("https://pictures.example/face.jpg?signed=2"))
    worker.scripted.pictures["https://pictures.example/face.jpg?signed=2"] = PictureUnavailable("gone", permanent=True)
    await worker.posts(cast.bakery)
    assert (await profile_row(cast.bakery.profile_id))["avatar_storage_path"] == first
    assert names(await take_events()) == ["CheckFinished"]

    shows(worker, profile=_with_face("https://pictures.example/new-face.jpg?signed=3"))
    await worker.posts(cast.bakery)
    second = (await profile_row(cast.bakery.profile_id))["avatar_storage_path"]
    assert second != first
    assert await worker.storage.get(second) is not None
    assert ClientEdited(team_id=cast.alice.team_id, client_id=cast.bakery.id) in await take_events()


async def test_a_new_face_that_cannot_be_had_leaves_the_old_one(cast: Cast, worker: Worker) -> None:
    shows(worker)
    await worker.posts(cast.bakery)
    first = (await profile_row(cast.bakery.profile_id))["avatar_storage_path"]
    shows(worker, profile=_with_face("https://pictures.example/new-face.jpg"))
    worker.scripted.pictures["https://pictures.example/new-face.jpg"] = b"a letter"
    await worker.posts(cast.bakery)
    assert (await profile_row(cast.bakery.profile_id))["avatar_storage_path"] == first
    worker.scripted.pictures["https://pictures.example/new-face.jpg"] = drawn()
    await worker.posts(cast.bakery)
    assert (await profile_row(cast.bakery.profile_id))["avatar_storage_path"] != first


async def test_what_the_source_left_out_stays_as_it_was_known(cast: Cast, worker: Worker) -> None:
    shows(worker)
    await worker.posts(cast.bakery)
    await take_events()
    shows(worker, profile=FoundProfile(external_id="501", username="bakery"))
    await worker.posts(cast.bakery)
    profile = await profile_row(cast.bakery.profile_id)
    assert (profile["full_name"], profile["followers_count"]) == ("The Bakery", 1200)
    assert names(await take_events()) == ["CheckFinished"]


async def test_a_posts_late_thumbnail_is_added(cast: Cast, worker: Worker) -> None:
    found = with_picture(days_ago(1))
    worker.scripted.pictures[str(found.thumbnail_url)] = PictureUnavailable("busy", permanent=False)
    shows(worker, found)
    await worker.posts(cast.bakery)
    assert (await stored("posts", cast.bakery))[0]["thumbnail_storage_path"] is None
    del worker.scripted.pictures[str(found.thumbnail_url)]
    await worker.posts(cast.bakery)
    [row] = await stored("posts", cast.bakery)
    assert await worker.storage.get(row["thumbnail_storage_path"]) is not None


@pytest.mark.parametrize("outcome", [Outcome.NOT_FOUND, Outcome.RESTRICTED, Outcome.RATE_LIMITED, Outcome.FAILED])
async def test_a_check_that_saw_nothing_changes_no_figure(cast: Cast, worker: Worker, outcome: Outcome) -> None:
    shows(worker, days_ago(1))
    await worker.posts(cast.bakery)
    before = await stored("posts", cast.bakery), await days_of(cast.bakery)
    worker.scripted.posts["bakery"] = PostsRead(username="bakery", outcome=outcome, error="why")
    assert (await worker.posts(cast.bakery)).outcome is outcome
    assert await outcomes(cast.bakery, "posts") == ["ok", outcome]
    assert (await stored("posts", cast.bakery), await days_of(cast.bakery)) == before


async def test_an_account_that_turned_private_is_shown_so(cast: Cast, worker: Worker) -> None:
    shows(worker, days_ago(1))
    await worker.posts(cast.bakery)
    await take_events()
    worker.scripted.posts["bakery"] = PostsRead(
        username="bakery", outcome=Outcome.PRIVATE, profile=msgspec.structs.replace(BAKERY, is_private=True)
    )
    await worker.posts(cast.bakery)
    profile = await profile_row(cast.bakery.profile_id)
    assert (profile["state"], profile["is_private"]) == ("private", True)
    assert names(await take_events()) == ["CheckFinished", "ClientEdited"]


async def test_a_profile_that_cannot_be_stored_harms_no_other(
    cast: Cast, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = store_posts

    async def broken(profile_id: int, *rest: Any) -> Any:
        answer = await store(profile_id, *rest)
        if profile_id == cast.bakery.profile_id:
            raise RuntimeError("out of paper")
        return answer

    monkeypatch.setattr(track, "store_posts", broken)
    shows(worker, days_ago(1))
    shows(worker, days_ago(1, "41"), profile=None, handle="florist")
    results = await worker.check("posts", cast.bakery, cast.florist)
    assert {handle: result.outcome for handle, result in results.items()} == {"bakery": "failed", "florist": "ok"}
    assert await stored("posts", cast.bakery) == []
    assert (await profile_row(cast.bakery.profile_id))["full_name"] is None
    assert await outcomes(cast.bakery, "posts") == ["failed"]


def _with_face(url: str) -> FoundProfile:
    return msgspec.structs.replace(BAKERY, avatar_url=url)
