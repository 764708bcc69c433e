"""The collected samples of real answers, where they lie beside the project."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from app.settings import ROOT
from app.sources.apify import ApifySource
from app.sources.apify_api import Patience
from app.sources.base import Outcome, PostsRead, Run, StoriesRead, Target
from tests.fakes.apify import FakeApify

SAMPLES = ROOT.parent / "shared" / "apis" / "samples"
QUICK = Patience(run=5, poll=0, pause=0.001, request=1, tries=1, settle=0)

pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the samples are kept outside the project")


@pytest.fixture
async def apify() -> AsyncIterator[FakeApify]:
    async with FakeApify() as fake:
        yield fake


def sample(name: str) -> Any:
    return json.loads((SAMPLES / f"{name}.json").read_text())


async def posts(apify: FakeApify, username: str) -> PostsRead:
    source = ApifySource(apify.settings(), patience=QUICK)
    [read] = [result async for result in source.read_posts([Target(username)], Run())]
    await source.close()
    return read


async def stories(apify: FakeApify, *usernames: str) -> dict[str, StoriesRead]:
    source = ApifySource(apify.settings(), patience=QUICK)
    targets = [Target(username) for username in usernames]
    read = {result.username: result async for result in source.read_stories(targets, Run())}
    await source.close()
    return read


async def test_a_creators_profile_and_posts(apify: FakeApify) -> None:
    [apify.profiles["frankcosta"]] = sample("apify_profile_public_creator")
    apify.posts["frankcosta"] = sample("apify_posts_mixed")
    read = await posts(apify, "frankcosta")
    assert read.outcome is Outcome.OK
    assert read.profile is not None
    assert (read.profile.external_id, read.profile.followers_count) == ("44870418", 129300)
    assert [found.media_type for found in read.posts] == ["video", "carousel", "image"]
    assert [found.is_pinned for found in read.posts] == [False, False, True]
    assert all(found.thumbnail_url and found.likes_count for found in read.posts)


async def test_the_profile_stands_in_for_its_posts(apify: FakeApify) -> None:
    [apify.profiles["frankcosta"]] = sample("apify_profile_public_creator")
    apify.status["posts"] = "FAILED"
    read = await posts(apify, "frankcosta")
    assert read.outcome is Outcome.OK
    assert read.posts


@pytest.mark.parametrize(
    ("name", "owner"),
    [
        ("apify_post_detail_clip", "jorge2027macri"),
        ("apify_post_2022_shape", "ironmaiden"),
        ("apify_post_with_metadata_profile", "frankcosta"),
    ],
)
async def test_posts_of_other_shapes(apify: FakeApify, name: str, owner: str) -> None:
    apify.posts[owner] = sample(name)
    read = await posts(apify, owner)
    assert (read.outcome, len(read.posts)) == (Outcome.OK, 1)


async def test_a_missing_account(apify: FakeApify) -> None:
    [apify.errors["ri.cred_"]] = sample("apify_error_not_found")
    assert (await posts(apify, "ri.cred_")).outcome is Outcome.NOT_FOUND


async def test_stories_as_instagram_shapes_them(apify: FakeApify) -> None:
    apify.stories["anna"] = sample("story_actor_image_video")
    read = (await stories(apify, "anna"))["anna"]
    assert (read.outcome, read.external_id) == (Outcome.OK, "314162194")
    assert [(found.story_id, found.story_type) for found in read.stories] == [
        ("31415926535", "image"),
        ("31415926777", "video"),
    ]
    assert all("story-1320" in (found.thumbnail_url or "") for found in read.stories)
    assert not any(found.expiry_estimated for found in read.stories)


async def test_stories_as_another_vendor_flattens_them(apify: FakeApify) -> None:
    apify.more = sample("story_dataslayer_items")
    read = await stories(apify, "netflix", "natgeo", "nasa")
    assert [read[who].outcome for who in ("netflix", "natgeo", "nasa")] == ["ok", "ok", "empty"]
    [found] = read["netflix"].stories
    assert (found.story_id, found.story_type) == ("3978595985416893255", "video")
    assert found.thumbnail_url is not None
    assert not found.expiry_estimated
