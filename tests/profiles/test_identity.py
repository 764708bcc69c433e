"""An account keeps its history through a new name; a name that changes hands brings none."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.clients.queries import ClientRef, client_of
from app.database import query, transaction
from app.live.events import ClientRemoved
from app.profiles.identity import resolve
from app.sources.base import FoundProfile, Outcome, PostsRead
from tests.cast import NOW, Cast, client, profile_of
from tests.fakes.source import post, story
from tests.worker import Worker, checks_of, client_row, outcomes, profile_row, stored, take_events


@pytest.fixture
def worker(tmp_path: Path) -> Worker:
    return Worker(tmp_path / "media")


def shows(worker: Worker, handle: str, story_id: str, external_id: str, *, hours: float = 1) -> None:
    worker.scripted.shows(handle, story(story_id, NOW - timedelta(hours=hours)), external_id=external_id)


async def now_of(team_id: int, client_id: int) -> ClientRef:
    found = await client_of(team_id, client_id)
    assert found is not None
    return found


async def test_a_new_account_takes_its_id(cast: Cast, worker: Worker) -> None:
    shows(worker, "bakery", "11", "501")
    await worker.stories(cast.bakery)
    assert (await profile_of(cast.bakery)).external_id == "501"
    assert len(await query("SELECT id FROM profiles")) == 2


async def test_a_check_that_learned_no_id_leaves_the_known_one(cast: Cast, worker: Worker) -> None:
    shows(worker, "bakery", "11", "501")
    await worker.stories(cast.bakery)
    worker.scripted.shows("bakery")
    await worker.stories(cast.bakery)
    assert (await profile_of(cast.bakery)).external_id == "501"


async def test_a_renamed_account_that_charlie_adds_is_the_one_that_alice_knows(cast: Cast, worker: Worker) -> None:
    shows(worker, "bakery", "11", "501")
    await worker.stories(cast.bakery)
    theirs = await client(cast.charlie.team_id, "bread.and.more")
    assert theirs.profile_id != cast.bakery.profile_id
    worker.later(hours=2)
    shows(worker, "bread.and.more", "12", "501", hours=-1)
    await worker.stories(theirs)

    theirs = await now_of(cast.charlie.team_id, theirs.id)
    assert theirs.profile_id == cast.bakery.profile_id
    assert (await profile_of(cast.bakery)).username == "bread.and.more"
    assert [row["instagram_story_id"] for row in await stored("stories", cast.bakery)] == ["11", "12"]
    assert await outcomes(cast.bakery) == ["ok", "ok"]
    for one in (cast.bakery, theirs):
        assert (await client_row(one))["total_stories_archived"] == 2
    assert len(await query("SELECT id FROM profiles")) == 2


async def test_what_the_nameless_one_had_gathered_goes_with_it(cast: Cast, worker: Worker) -> None:
    """Its first checks told no id; story 11 is known on both sides, and stays one."""
    shows(worker, "bakery", "11", "501")
    await worker.stories(cast.bakery)
    theirs = await client(cast.charlie.team_id, "bread.and.more")
    found = [story("11", NOW - timedelta(hours=1)), story("12", NOW - timedelta(minutes=30))]
    worker.scripted.shows("bread.and.more", *found)
    worker.scripted.posts["bread.and.more"] = PostsRead(
        username="bread.and.more", outcome=Outcome.OK, posts=(post("31", NOW - timedelta(days=2)),)
    )
    await worker.stories(theirs)
    await worker.posts(theirs)
    assert len(await stored("stories", theirs)) == 2

    worker.scripted.shows("bread.and.more", *found, external_id="501")
    await worker.stories(theirs)
    assert [row["instagram_story_id"] for row in await stored("stories", cast.bakery)] == ["11", "12"]
    assert [row["instagram_post_id"] for row in await stored("posts", cast.bakery)] == ["31"]
    assert len(await checks_of(cast.bakery)) == 3
    assert len(await checks_of(cast.bakery, "posts")) == 1
    totals = await client_row(theirs)
    assert (totals["total_stories_archived"], totals["total_posts_tracked"]) == (2, 1)


async def test_the_profile_actor_tells_a_renamed_account_too(cast: Cast, worker: Worker) -> None:
    shows(worker, "bakery", "11", "501")
    await worker.stories(cast.bakery)
    theirs = await client(cast.charlie.team_id, "bread.and.more")
    worker.scripted.posts["bread.and.more"] = PostsRead(
        username="bread.and.more",
        outcome=Outcome.OK,
        profile=FoundProfile(external_id="501", username="bread.and.more", full_name="Bread & more"),
        posts=(post("31", NOW),),
    )
    await worker.posts(theirs)
    assert (await profile_row(cast.bakery.profile_id))["full_name"] == "Bread & more"
    assert [row["instagram_post_id"] for row in await stored("posts", cast.bakery)] == ["31"]


async def test_a_team_that_tracks_both_keeps_the_one_that_it_had(cast: Cast, worker: Worker) -> None:
    shows(worker, "bakery", "11", "501")
    await worker.stories(cast.bakery)
    second = await client(cast.alice.team_id, "bread.and.more")
    await take_events()
    shows(worker, "bread.and.more", "11", "501")
    await worker.stories(second)
    assert await client_of(cast.alice.team_id, second.id) is None
    assert await client_of(cast.alice.team_id, cast.bakery.id) is not None
    # Open dashboards still show the row that is gone.
    assert ClientRemoved(team_id=cast.alice.team_id, client_id=second.id) in await take_events()


async def test_a_client_from_the_archive_comes_back_when_it_was_added_by_its_new_name(
    cast: Cast, worker: Worker
) -> None:
    shows(worker, "bakery", "11", "501")
    await worker.stories(cast.bakery)
    await query("UPDATE clients SET archived_at = {} WHERE id = {}", NOW, cast.bakery.id)
    second = await client(cast.alice.team_id, "bread.and.more")
    shows(worker, "bread.and.more", "11", "501")
    await worker.stories(second)
    assert await client_of(cast.alice.team_id, cast.bakery.id) is not None


async def test_a_handle_that_changed_hands_attributes_nothing(cast: Cast, worker: Worker) -> None:
    shows(worker, "bakery", "11", "501")
    await worker.stories(cast.bakery)
    worker.later(hours=5)
    shows(worker, "bakery", "99", "900")
    worker.scripted.posts["bakery"] = PostsRead(
        username="bakery",
        outcome=Outcome.OK,
        profile=FoundProfile(external_id="900", username="bakery", full_name="A stranger", followers_count=7),
        posts=(post("91", NOW),),
    )
    results = [await worker.stories(cast.bakery), await worker.posts(cast.bakery)]

    assert [result.outcome for result in results] == [Outcome.NOT_FOUND] * 2
    profile = await profile_row(cast.bakery.profile_id)
    assert (profile["external_id"], profile["full_name"], profile["state"]) == ("501", None, "not_found")
    assert [row["instagram_story_id"] for row in await stored("stories", cast.bakery)] == ["11"]
    assert await stored("posts", cast.bakery) == []
    assert [check["error"] for check in await checks_of(cast.bakery)] == [None, "the handle belongs to another account"]
    assert (await client_row(cast.bakery))["status_signal"] == "GREY"


async def test_two_checks_at_once_do_not_take_the_new_account_for_a_renamed_one(cast: Cast, worker: Worker) -> None:
    """Both have read the profile while it had no id; whoever comes second finds the id on the profile itself."""
    unresolved = await profile_of(cast.bakery)
    shows(worker, "bakery", "11", "501")
    await worker.stories(cast.bakery)
    await _resolve(unresolved, "501")
    assert await client_of(cast.alice.team_id, cast.bakery.id) is not None
    assert len(await stored("stories", cast.bakery)) == 1


async def test_a_check_of_a_profile_that_was_merged_meanwhile_finds_the_account(cast: Cast, worker: Worker) -> None:
    shows(worker, "bakery", "11", "501")
    await worker.stories(cast.bakery)
    theirs = await client(cast.charlie.team_id, "bread.and.more")
    unresolved = await profile_of(theirs)
    shows(worker, "bread.and.more", "12", "501")
    await worker.stories(theirs)
    assert (await _resolve(unresolved, "501")).id == cast.bakery.profile_id
    assert len(await stored("stories", cast.bakery)) == 2


async def _resolve(*given: Any) -> Any:
    async with transaction():
        return await resolve(*given)


async def test_the_new_holder_of_a_handle_can_be_watched_and_inherits_nothing(cast: Cast) -> None:
    await query("UPDATE profiles SET external_id = '501', state = 'not_found' WHERE id = {}", cast.bakery.profile_id)
    new = await client(cast.charlie.team_id, "bakery")
    assert new.profile_id != cast.bakery.profile_id
    assert (await profile_of(new)).external_id is None
