import io
import os
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from PIL import Image

from app.demo.history import year_of
from app.settings import ROOT
from app.sources.base import (
    FoundPost,
    FoundStory,
    Outcome,
    PictureUnavailable,
    PostsRead,
    Run,
    StoriesRead,
    Target,
)
from app.sources.demo import DemoSource, base_posts, base_stories, stories_at
from app.sources.demo_accounts import BY_HANDLE, CAST

NOW = datetime(2026, 3, 18, 19, 30, 4, 250_000, tzinfo=UTC)
BUSY = "ironlark.gym"
SILENT = "wayfell.outdoor"
PRIVATE = "lanternleaf.books"
POSTS_ONLY = "nordkiln.studio"
HIDES_LIKES = "vell.atelier"
HAS_PINNED = "harbourlight.hotel"
ARABIC = "noor.sweets"
EVERYONE = tuple(BY_HANDLE)


def source_at(moment: datetime) -> DemoSource:
    return DemoSource(lambda: moment)


async def stories(moment: datetime, *handles: str) -> dict[str, StoriesRead]:
    targets = [Target(handle) for handle in handles]
    return {read.username: read async for read in source_at(moment).read_stories(targets, Run())}


async def posts(moment: datetime, *handles: str) -> dict[str, PostsRead]:
    targets = [Target(handle) for handle in handles]
    return {read.username: read async for read in source_at(moment).read_posts(targets, Run())}


async def everything_seen(moment: datetime) -> set[str]:
    found: list[FoundStory] = [s for read in (await stories(moment, *EVERYONE)).values() for s in read.stories]
    lasting: list[FoundPost] = [p for read in (await posts(moment, *EVERYONE)).values() for p in read.posts]
    return {story.story_id for story in found} | {post.post_id for post in lasting}


async def test_the_same_moment_gives_the_same_answer_twice() -> None:
    assert await stories(NOW, *EVERYONE) == await stories(NOW, *EVERYONE)
    assert await posts(NOW, *EVERYONE) == await posts(NOW, *EVERYONE)


def test_another_process_gives_the_same_answer() -> None:
    code = (
        "from datetime import datetime\n"
        "from app.sources.demo import stories_at\n"
        f"print(stories_at({BUSY!r}, datetime.fromisoformat({NOW.isoformat()!r})))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    answer = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == str(stories_at(BUSY, NOW))


def test_another_seed_gives_another_world() -> None:
    assert stories_at(BUSY, NOW) != stories_at(BUSY, NOW, seed="other")


async def test_every_target_gets_exactly_one_answer_under_the_handle_that_was_asked_for() -> None:
    asked = ["Saffron.Kitchen", "nobody.at.all", PRIVATE]
    targets = [Target(handle) for handle in asked]
    assert [read.username async for read in source_at(NOW).read_stories(targets, Run())] == asked
    assert [read.username async for read in source_at(NOW).read_posts(targets, Run())] == asked


async def test_a_story_keeps_its_id_and_times_until_it_expires_and_then_is_gone() -> None:
    story = base_stories(BY_HANDLE[BUSY], NOW - timedelta(hours=24), NOW)[-1]
    for moment in (
        story.posted_at,
        story.posted_at + timedelta(hours=9),
        story.expires_at - timedelta(seconds=1),
    ):
        assert story in (await stories(moment, BUSY))[BUSY].stories
    for moment in (story.posted_at - timedelta(seconds=1), story.expires_at):
        assert story not in (await stories(moment, BUSY))[BUSY].stories


async def test_something_new_appears_within_any_half_minute() -> None:
    moment = NOW
    seen = await everything_seen(moment)
    for _ in range(60):
        moment += timedelta(seconds=30)
        now_seen = await everything_seen(moment)
        assert now_seen - seen
        seen |= now_seen


async def test_a_page_left_open_overnight_does_not_drown() -> None:
    for hours in range(24):
        read = await stories(NOW + timedelta(hours=hours), *EVERYONE)
        assert all(len(one.stories) <= 13 + 12 + 8 for one in read.values())


async def test_the_silent_one_stays_silent_but_was_not_always() -> None:
    silent = BY_HANDLE[SILENT]
    for days in range(0, 60, 3):
        moment = NOW + timedelta(days=days, hours=days)
        assert (await stories(moment, SILENT))[SILENT].outcome is Outcome.EMPTY
        newest = (await posts(moment, SILENT))[SILENT].posts[0]
        assert newest.posted_at <= moment - timedelta(days=5)
    assert len(base_stories(silent, NOW - timedelta(days=35), NOW)) > 20


async def test_a_private_account_shows_its_profile_and_nothing_else() -> None:
    assert (await stories(NOW, PRIVATE))[PRIVATE].outcome is Outcome.PRIVATE
    read = (await posts(NOW, PRIVATE))[PRIVATE]
    assert read.outcome is Outcome.PRIVATE
    assert read.profile is not None
    assert read.profile.is_private
    assert read.posts == ()


async def test_an_unknown_handle_is_not_found() -> None:
    assert (await stories(NOW, "nobody.at.all"))["nobody.at.all"].outcome is Outcome.NOT_FOUND
    assert (await posts(NOW, "nobody.at.all"))["nobody.at.all"].outcome is Outcome.NOT_FOUND


async def test_one_account_posts_but_never_a_story() -> None:
    for days in range(30):
        assert (await stories(NOW + timedelta(days=days), POSTS_ONLY))[POSTS_ONLY].outcome is Outcome.EMPTY
    assert (await posts(NOW, POSTS_ONLY))[POSTS_ONLY].posts


async def test_stories_come_only_with_outcome_ok() -> None:
    for read in (await stories(NOW, *EVERYONE)).values():
        assert bool(read.stories) == (read.outcome is Outcome.OK)


async def test_nothing_is_posted_after_now_and_ids_are_unique() -> None:
    for minutes in range(0, 600, 7):
        moment = NOW + timedelta(minutes=minutes, seconds=minutes)
        found = [s for read in (await stories(moment, *EVERYONE)).values() for s in read.stories]
        lasting = [p for read in (await posts(moment, *EVERYONE)).values() for p in read.posts]
        assert all(story.posted_at <= moment < story.expires_at for story in found)
        assert all(post.posted_at <= moment for post in lasting)
        ids = [story.story_id for story in found] + [post.post_id for post in lasting]
        assert len(ids) == len(set(ids))


def test_likes_only_grow_and_settle() -> None:
    account = BY_HANDLE[ARABIC]
    base = base_posts(account, NOW - timedelta(days=20), NOW)[-1]
    counts = [
        base_posts(account, base.posted_at - timedelta(seconds=1), base.posted_at, at=base.posted_at + age)[
            0
        ].likes_count
        for age in (
            timedelta(0),
            timedelta(minutes=3),
            timedelta(hours=5),
            timedelta(days=5),
            timedelta(days=50),
        )
    ]
    likes = [count for count in counts if count is not None]
    assert likes[0] == 0
    assert likes[0] < likes[1] < likes[2] < likes[3] == likes[4]


async def test_hidden_likes_are_unknown_while_comments_are_known() -> None:
    read = (await posts(NOW, HIDES_LIKES))[HIDES_LIKES]
    assert {post.likes_count for post in read.posts} == {None}
    assert all(post.comments_count is not None for post in read.posts)


async def test_twenty_posts_at_most_newest_first_behind_the_pinned_one() -> None:
    read = (await posts(NOW, HAS_PINNED))[HAS_PINNED]
    assert len(read.posts) == 20
    assert [post.is_pinned for post in read.posts] == [True] + [False] * 19
    moments = [post.posted_at for post in read.posts[1:]]
    assert moments == sorted(moments, reverse=True)
    assert read.posts[0].posted_at < moments[-1]


async def test_captions_carry_their_hashtags_in_arabic_too() -> None:
    for post in (await posts(NOW, ARABIC))[ARABIC].posts:
        assert post.caption is not None
        assert all(f"#{tag}" in post.caption for tag in post.hashtags)
        assert any("\u0600" <= letter <= "\u06ff" for letter in post.caption)


async def test_followers_drift_slowly() -> None:
    today = (await posts(NOW, BUSY))[BUSY].profile
    tomorrow = (await posts(NOW + timedelta(days=1), BUSY))[BUSY].profile
    assert today is not None
    assert tomorrow is not None
    assert today.followers_count is not None
    assert tomorrow.followers_count is not None
    assert 0 < abs(tomorrow.followers_count - today.followers_count) < today.followers_count * 0.01


async def test_pictures_are_the_same_bytes_each_time_and_can_be_opened() -> None:
    source = source_at(NOW)
    sizes = {"story": (360, 640), "post": (480, 480)}
    for account in CAST:
        for what, size in sizes.items():
            url = f"demo://{what}/{account.handle}/3829551766916980620"
            picture = await source.picture(url)
            assert picture == await source.picture(url)
            assert Image.open(io.BytesIO(picture)).size == size
            assert len(picture) < 100_000
        avatar = await source.picture(f"demo://avatar/{account.handle}")
        assert Image.open(io.BytesIO(avatar)).size == (256, 256)


async def test_what_was_found_can_be_drawn_and_differs() -> None:
    source = source_at(NOW)
    urls = [story.thumbnail_url for story in (await stories(NOW, BUSY))[BUSY].stories]
    pictures = {await source.picture(url) for url in urls if url is not None}
    assert len(pictures) == len(urls)


@pytest.mark.parametrize(
    "url",
    [
        "demo://story/nobody.at.all/17",
        "demo://story/saffron.kitchen/",
        "demo://story/saffron.kitchen/../1",
        "demo://story/saffron.kitchen/١٧",
        "demo://avatar/saffron.kitchen/17",
        "demo://reel/saffron.kitchen/17",
        "https://story/saffron.kitchen/17",
        "http://[",
        "",
    ],
)
async def test_any_other_address_is_unavailable_for_good(url: str) -> None:
    with pytest.raises(PictureUnavailable) as unavailable:
        await source_at(NOW).picture(url)
    assert unavailable.value.permanent


def test_a_year_is_the_same_each_time_and_lies_in_the_past() -> None:
    for account in CAST:
        year = year_of(account, NOW)
        assert year == year_of(account, NOW)
        assert all(NOW - timedelta(days=365) < story.posted_at <= NOW for story in year.stories)
        assert all(NOW - timedelta(days=365) < post.posted_at <= NOW for post in year.posts)
        assert all(check.started_at < check.finished_at <= NOW for check in year.checks)


def test_each_story_of_the_year_was_alive_during_a_good_check() -> None:
    for account in CAST:
        year = year_of(account, NOW)
        seeing = [check.started_at for check in year.checks if check.outcome is Outcome.OK]
        for story in year.stories:
            assert any(story.posted_at <= moment < story.expires_at for moment in seeing)


def test_what_lived_only_during_an_outage_is_absent() -> None:
    account = BY_HANDLE[BUSY]
    year = year_of(account, NOW)
    posted = base_stories(account, NOW - timedelta(days=365), NOW)
    assert Counter(check.outcome for check in year.checks)[Outcome.FAILED] > 5
    proven = [check for check in year.checks if check.outcome.proves]
    missed = set(posted) - set(year.stories)
    unchecked = [story for story in missed if story.posted_at < proven[-1].started_at]
    assert unchecked
    for story in unchecked:
        assert not any(story.posted_at <= check.started_at < story.expires_at for check in proven)


def test_checks_are_eighteen_to_twenty_hours_apart() -> None:
    checks = year_of(BY_HANDLE[BUSY], NOW).checks
    for earlier, later in pairwise(checks):
        assert timedelta(hours=18) <= later.started_at - earlier.started_at <= timedelta(hours=20)


def test_the_private_one_has_a_year_of_checks_that_prove_nothing() -> None:
    year = year_of(BY_HANDLE[PRIVATE], NOW)
    assert (year.stories, year.posts) == ((), ())
    assert not any(check.outcome.proves for check in year.checks)


async def test_the_live_source_knows_the_newest_stories_of_the_year_by_the_same_ids() -> None:
    alive = {story for story in year_of(BY_HANDLE[BUSY], NOW).stories if story.expires_at > NOW}
    assert alive
    assert alive <= set((await stories(NOW, BUSY))[BUSY].stories)
