import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.sources.apify import ApifySource
from app.sources.apify_api import PAGE, Patience
from app.sources.base import Outcome, PostsRead, Run, StoriesRead, Target
from app.sources.instagram_posts import posts_of
from app.sources.instagram_stories import stories_of
from app.sources.verdicts import Harvest
from tests.fakes.apify import (
    TOKEN,
    FakeApify,
    Row,
    flat_story,
    no_items,
    not_found,
    post,
    profile,
    restricted,
    story,
)

QUICK = Patience(run=5, poll=0, pause=0.001, request=1, tries=3, backoff=0.001, settle=0)
NOW = datetime(2026, 9, 21, 12, tzinfo=UTC)


@pytest.fixture
async def apify() -> AsyncIterator[FakeApify]:
    async with FakeApify() as fake:
        yield fake


async def stories(apify: FakeApify, *asked: str | Target, **how: Any) -> dict[str, StoriesRead]:
    read = await read_stories(apify, *asked, **how)
    assert len(read) == len(asked)
    return {result.username: result for result in read}


async def read_stories(
    apify: FakeApify, *asked: str | Target, run: Run | None = None, patience: Patience = QUICK, **changes: Any
) -> list[StoriesRead]:
    async with httpx.AsyncClient(verify=False) as client:
        source = ApifySource(apify.settings(**changes), lambda: NOW, client=client, patience=patience)
        return [result async for result in source.read_stories(_targets(asked), run or Run())]


async def posts(
    apify: FakeApify, *asked: str | Target, run: Run | None = None, patience: Patience = QUICK
) -> dict[str, PostsRead]:
    async with httpx.AsyncClient(verify=False) as client:
        source = ApifySource(apify.settings(), lambda: NOW, client=client, patience=patience)
        read = [result async for result in source.read_posts(_targets(asked), run or Run())]
    assert len(read) == len(asked)
    return {result.username: result for result in read}


def _targets(asked: tuple[str | Target, ...]) -> list[Target]:
    return [Target(one) if isinstance(one, str) else one for one in asked]


class TestRuns:
    async def test_one_run_reads_the_whole_batch(self, apify: FakeApify) -> None:
        apify.stories["anna"] = [story("anna", 11)]
        apify.stories["bella"] = [story("bella", 12, owner=502)]
        read = await stories(apify, "anna", "bella")
        assert [run.input for run in apify.runs] == [{"usernames": ["anna", "bella"]}]
        assert {result.outcome for result in read.values()} == {Outcome.OK}

    async def test_nobody_asked_for_costs_no_run(self, apify: FakeApify) -> None:
        assert await stories(apify) == {}
        assert await posts(apify) == {}
        assert apify.runs == []

    async def test_a_handle_asked_for_twice_is_answered_twice_and_paid_once(self, apify: FakeApify) -> None:
        apify.stories["anna"] = [story("anna", 11)]
        read = await read_stories(apify, "anna", "Anna")
        assert [(result.username, result.outcome) for result in read] == [("anna", "ok"), ("Anna", "ok")]
        assert apify.runs[0].input == {"usernames": ["Anna"]}

    async def test_the_run_is_noted_before_its_end_is_awaited(self, apify: FakeApify) -> None:
        noted: list[tuple[str, int]] = []

        async def note(run: Run) -> None:
            noted.append((str(run), sum("actor-runs" in request for request in apify.requests)))

        apify.polls = 2
        await stories(apify, "anna", run=Run(note=note))
        assert noted == [("stories:run1", 0)]

    async def test_a_run_that_could_not_be_noted_is_read_all_the_same(self, apify: FakeApify) -> None:
        async def note(run: Run) -> None:
            raise ConnectionError

        apify.stories["anna"] = [story("anna", 11)]
        assert (await stories(apify, "anna", run=Run(note=note)))["anna"].outcome is Outcome.OK

    async def test_a_run_that_was_paid_for_is_fetched_and_none_started(self, apify: FakeApify) -> None:
        apify.stories["anna"] = [story("anna", 11)]
        run = Run()
        await stories(apify, "anna", run=run)
        again = await stories(apify, "anna", run=Run.parse(str(run)))
        assert again["anna"].outcome is Outcome.OK
        assert len(apify.runs) == 1

    async def test_a_run_that_is_gone_is_started_anew(self, apify: FakeApify) -> None:
        apify.stories["anna"] = [story("anna", 11)]
        run = Run(ids={"stories": "longgone"})
        assert (await stories(apify, "anna", run=run))["anna"].outcome is Outcome.OK
        assert run.ids == {"stories": "run1"}

    async def test_an_actor_may_be_written_with_a_slash(self, apify: FakeApify) -> None:
        await stories(apify, "anna", story_actor="somebody/stories-of-all")
        assert apify.requests[0] == "POST /v2/actors/somebody~stories-of-all/runs"

    async def test_an_address_with_version_is_left_alone(self, apify: FakeApify) -> None:
        await stories(apify, "anna", api_url=f"{apify.url}/v2/")
        assert apify.requests[0].startswith("POST /v2/actors/")

    async def test_the_token_travels_in_the_header_alone(self, apify: FakeApify) -> None:
        assert (await stories(apify, "anna", token="wrong"))["anna"].outcome is Outcome.FAILED
        assert not any(TOKEN in request for request in apify.requests)

    async def test_all_pages_of_a_large_dataset_are_taken(self, apify: FakeApify) -> None:
        apify.stories["anna"] = [story("anna", 10_000 + number) for number in range(2 * PAGE + 3)]
        assert len((await stories(apify, "anna"))["anna"].stories) == 2 * PAGE + 3

    async def test_a_dataset_that_lags_behind_its_run_is_looked_at_twice(self, apify: FakeApify) -> None:
        asking = asyncio.create_task(stories(apify, "anna", patience=_quick(settle=0.3)))
        await _until(lambda: any("/items" in request for request in apify.requests))
        await asyncio.sleep(0.05)
        apify.runs[0].rows.append(story("anna", 11))
        assert (await asking)["anna"].outcome is Outcome.OK

    async def test_being_cancelled_is_not_swallowed(self, apify: FakeApify) -> None:
        apify.polls = -1
        asking = asyncio.create_task(stories(apify, "anna"))
        await _until(lambda: len(apify.requests) >= 3)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking


class TestFaults:
    @pytest.mark.parametrize("where", ["start", "poll", "items"])
    @pytest.mark.parametrize("how", [429, 500, 502])
    async def test_a_passing_fault_is_asked_again(self, apify: FakeApify, where: str, how: int) -> None:
        apify.stories["anna"] = [story("anna", 11)]
        apify.polls = 1
        apify.fail(where, how, times=2)
        assert (await stories(apify, "anna"))["anna"].outcome is Outcome.OK

    @pytest.mark.parametrize("where", ["poll", "items"])
    @pytest.mark.parametrize("how", ["html", "broken"])
    async def test_an_unreadable_answer_is_asked_for_again(self, apify: FakeApify, where: str, how: str) -> None:
        apify.stories["anna"] = [story("anna", 11)]
        apify.polls = 1
        apify.fail(where, how, times=1)
        assert (await stories(apify, "anna"))["anna"].outcome is Outcome.OK

    @pytest.mark.parametrize("how", [401, 402, 403, 404, 408, "html", "broken"])
    async def test_a_start_that_was_refused_or_got_lost_is_not_repeated(self, apify: FakeApify, how: int | str) -> None:
        apify.fail("start", how)
        read = await stories(apify, "anna", "bella")
        assert {result.outcome for result in read.values()} == {Outcome.FAILED}
        assert len(apify.requests) == 1

    @pytest.mark.parametrize("where", ["start", "poll", "items"])
    @pytest.mark.parametrize("how", [402, 408, 500, "html", "broken", "hang"])
    async def test_a_lasting_fault_fails_every_handle(self, apify: FakeApify, where: str, how: int | str) -> None:
        apify.polls = 1
        apify.fail(where, how)
        read = await stories(apify, "anna", "bella", patience=_quick(request=0.05))
        assert {result.outcome for result in read.values()} == {Outcome.FAILED}
        assert all(result.error for result in read.values())

    async def test_lasting_refusals_for_haste_are_called_so(self, apify: FakeApify) -> None:
        apify.fail("start", 429)
        assert (await stories(apify, "anna"))["anna"].outcome is Outcome.RATE_LIMITED
        assert len(apify.requests) == QUICK.tries

    @pytest.mark.parametrize("after", ["1", "Mon, 21 Sep 2026 12:00:01 GMT"])
    async def test_the_wait_that_is_asked_for_is_kept(self, apify: FakeApify, after: str) -> None:
        apify.fail("start", 429, times=1, headers={"Retry-After": after})
        began = asyncio.get_running_loop().time()
        assert (await stories(apify, "anna"))["anna"].outcome is Outcome.EMPTY
        assert asyncio.get_running_loop().time() - began >= 0.95

    async def test_who_is_told_to_wait_for_an_hour_comes_back_later(self, apify: FakeApify) -> None:
        apify.fail("start", 429, headers={"Retry-After": "3600"})
        assert (await stories(apify, "anna"))["anna"].outcome is Outcome.RATE_LIMITED
        assert len(apify.requests) == 1

    async def test_a_server_that_is_away_fails_every_handle(self, apify: FakeApify) -> None:
        read = await stories(apify, "anna", "bella", api_url="http://127.0.0.1:9")
        assert {result.error for result in read.values()} == {"no connection"}

    async def test_a_run_without_end_is_left_after_its_time(self, apify: FakeApify) -> None:
        apify.polls = -1
        run = Run()
        read = await stories(apify, "anna", run=run, patience=_quick(run=0.2))
        assert read["anna"].outcome is Outcome.FAILED
        assert read["anna"].error == "not finished within 0.2 seconds"
        assert run.ids == {"stories": "run1"}

    async def test_the_token_is_in_no_error(self, apify: FakeApify) -> None:
        def echo(request: httpx.Request) -> httpx.Response:
            message = request.headers["Authorization"] * 40
            return httpx.Response(402, json={"error": {"type": "odd", "message": message}})

        async with httpx.AsyncClient(transport=httpx.MockTransport(echo)) as client:
            source = ApifySource(apify.settings(), client=client, patience=QUICK)
            [read] = [result async for result in source.read_stories([Target("anna")], Run())]
        assert read.error is not None
        assert len(read.error) <= 500
        assert TOKEN[:10] not in read.error
        assert "402 odd" in read.error

    @pytest.mark.parametrize("body", [b"[]", b"null", b"{}", b'{"data": 3}', b'{"data": {"id": 7, "status": []}}'])
    async def test_an_answer_that_is_no_run_fails(self, apify: FakeApify, body: bytes) -> None:
        transport = httpx.MockTransport(lambda _: httpx.Response(200, content=body))
        async with httpx.AsyncClient(transport=transport) as client:
            source = ApifySource(apify.settings(), client=client, patience=QUICK)
            [read] = [result async for result in source.read_stories([Target("anna")], Run())]
        assert read.outcome is Outcome.FAILED

    @pytest.mark.parametrize("status", ["FAILED", "TIMED-OUT", "ABORTED"])
    async def test_a_run_that_broke_off_proves_only_what_it_holds(self, apify: FakeApify, status: str) -> None:
        apify.status["stories"] = status
        apify.stories["anna"] = [story("anna", 11)]
        read = await stories(apify, "anna", "bella")
        assert read["anna"].outcome is Outcome.OK
        assert read["bella"].outcome is Outcome.FAILED
        assert status in (read["bella"].error or "")


class TestStories:
    async def test_a_story_is_understood(self, apify: FakeApify) -> None:
        apify.stories["anna"] = [story("anna", 3829551766916980620, video=True, taken_at=1_790_000_000)]
        read = (await stories(apify, "anna"))["anna"]
        [found] = read.stories
        assert (read.outcome, read.external_id, read.error) == (Outcome.OK, "501", None)
        assert (found.story_id, found.story_type) == ("3829551766916980620", "video")
        assert found.posted_at == datetime.fromtimestamp(1_790_000_000, UTC)
        assert found.expires_at == found.posted_at + timedelta(hours=24)
        assert not found.expiry_estimated
        assert found.thumbnail_url == "https://scontent-a.cdninstagram.com/story.jpg"

    async def test_a_missing_expiry_is_estimated(self, apify: FakeApify) -> None:
        apify.stories["anna"] = [story("anna", 11, expiring_at=...), story("anna", 12, expiring_at=None)]
        for found in (await stories(apify, "anna"))["anna"].stories:
            assert found.expires_at == found.posted_at + timedelta(hours=24)
            assert found.expiry_estimated

    async def test_a_shorter_life_is_believed(self, apify: FakeApify) -> None:
        apify.stories["anna"] = [story("anna", 11, taken_at=1_790_000_000, expiring_at=1_790_003_600)]
        [found] = (await stories(apify, "anna"))["anna"].stories
        assert found.expires_at - found.posted_at == timedelta(hours=1)

    async def test_an_idle_account_is_empty_after_a_clean_run(self, apify: FakeApify) -> None:
        apify.stories["anna"] = [story("anna", 11)]
        assert (await stories(apify, "anna", "bella"))["bella"].outcome is Outcome.EMPTY

    @pytest.mark.parametrize(
        "row", [no_items(), {"username": "bella", "error": "timeout"}, {"error": "only for paying users"}]
    )
    async def test_a_run_with_errors_proves_no_silence(self, apify: FakeApify, row: Row) -> None:
        apify.stories["anna"] = [story("anna", 11)]
        apify.more = [row]
        read = await stories(apify, "anna", "bella", "clara")
        assert [read[who].outcome for who in ("anna", "bella", "clara")] == ["ok", "failed", "failed"]

    @pytest.mark.parametrize(
        ("row", "outcome"),
        [
            (not_found("anna"), Outcome.NOT_FOUND),
            (restricted("anna"), Outcome.RESTRICTED),
            ({"username": "anna", "error": "blocked"}, Outcome.FAILED),
            ({"username": "Anna", "stories_count": 0, "status": "no_active_stories"}, Outcome.EMPTY),
            ({"username": "anna", "status": "private_account"}, Outcome.PRIVATE),
            ({"username": "anna", "status": "private", "isPrivate": True}, Outcome.PRIVATE),
            ({"username": "anna", "status": "not_found"}, Outcome.NOT_FOUND),
            ({"username": "anna", "status": "ok", "storyCount": 0, "stories": []}, Outcome.EMPTY),
            ({"username": "anna", "status": "ok", "storyCount": 2, "stories": []}, Outcome.FAILED),
            ({"username": "anna", "status": "what?"}, Outcome.FAILED),
            ({"username": "anna", "noResults": True}, Outcome.EMPTY),
            ({"username": "anna", "url": "https://www.instagram.com/anna/"}, Outcome.FAILED),
        ],
    )
    async def test_rows_without_data_say_how_it_went(self, apify: FakeApify, row: Row, outcome: Outcome) -> None:
        apify.stories["anna"] = [row]
        read = (await stories(apify, "anna"))["anna"]
        assert (read.outcome, read.stories) == (outcome, ())

    async def test_reels_and_posts_among_the_rows_are_no_stories(self, apify: FakeApify) -> None:
        apify.stories["anna"] = [
            story("anna", 11),
            story("anna", 12, product_type="clips"),
            story("anna", 13, product_type="feed"),
            story("anna", 14, product_type=None),
            story("anna", 15, product_type=...),
        ]
        assert [found.story_id for found in (await stories(apify, "anna"))["anna"].stories] == ["11"]

    async def test_somebody_elses_story_is_dropped(self, apify: FakeApify) -> None:
        apify.stories["anna"] = [story("stranger", 11, owner=900)]
        assert (await stories(apify, "anna"))["anna"].outcome is Outcome.EMPTY

    async def test_capitals_make_no_other_handle(self, apify: FakeApify) -> None:
        apify.stories["anna"] = [story("ANNA", 11)]
        assert (await stories(apify, "Anna"))["Anna"].outcome is Outcome.OK

    async def test_a_row_of_another_owner_is_dropped(self, apify: FakeApify) -> None:
        apify.stories["anna"] = [story("anna", 11, owner=501), story("anna", 12, owner=900)]
        read = (await stories(apify, Target("anna", "501")))["anna"]
        assert [found.story_id for found in read.stories] == ["11"]

    async def test_a_handle_that_changed_hands_is_not_believed(self, apify: FakeApify) -> None:
        apify.stories["anna"] = [story("anna", 11, owner=900), story("anna", 12, owner=900)]
        read = (await stories(apify, Target("anna", "501")))["anna"]
        assert (read.outcome, read.error) == (Outcome.NOT_FOUND, "handle now belongs to another account")
        assert read.stories == ()

    async def test_the_rounded_number_is_never_the_key(self, apify: FakeApify) -> None:
        apify.stories["anna"] = [story("anna", 11, id=..., pk=3829551766916980700, code="DUlTQrMDl-M")]
        [found] = (await stories(apify, "anna"))["anna"].stories
        assert found.story_id == "3829551766916980620"

    async def test_a_row_without_time_is_dropped_and_counted(self, apify: FakeApify) -> None:
        apify.stories["anna"] = [story("anna", 11), _without(story("anna", 12), "taken_at")]
        apify.stories["bella"] = [story("bella", 13, owner=502) | {"taken_at": "soon"}]
        read = await stories(apify, "anna", "bella")
        assert [found.story_id for found in read["anna"].stories] == ["11"]
        assert read["anna"].error == "1 rows could not be read"
        assert read["bella"].outcome is Outcome.FAILED

    async def test_numbers_written_as_text_are_read(self, apify: FakeApify) -> None:
        row = story("anna", 11, media_type="2")
        apify.stories["anna"] = [row | {"taken_at": "1790000000", "expiring_at": "1790086400"}]
        [found] = (await stories(apify, "anna"))["anna"].stories
        assert found.story_type == "video"
        assert found.posted_at == datetime.fromtimestamp(1_790_000_000, UTC)

    async def test_a_story_given_twice_counts_once(self, apify: FakeApify) -> None:
        apify.stories["anna"] = [story("anna", 11), story("anna", 11)]
        assert len((await stories(apify, "anna"))["anna"].stories) == 1

    async def test_flattened_rows_are_read(self, apify: FakeApify) -> None:
        apify.stories["anna"] = [flat_story("anna", 11, taken_at=1_790_000_000)]
        [found] = (await stories(apify, "anna"))["anna"].stories
        assert (found.story_id, found.story_type) == ("11", "image")
        assert found.posted_at == datetime.fromtimestamp(1_790_000_000, UTC)
        assert found.thumbnail_url == "https://scontent-a.cdninstagram.com/flat.jpg"

    async def test_one_row_with_all_stories_inside_is_read(self, apify: FakeApify) -> None:
        inside = {
            "id": "11",
            "mediaType": "video",
            "takenAt": 1_790_000_000,
            "imageUrl": "https://a.fbcdn.net/1.jpg",
        }
        apify.stories["anna"] = [{"username": "anna", "status": "ok", "storyCount": 1, "stories": [inside]}]
        read = (await stories(apify, "anna"))["anna"]
        assert [(found.story_id, found.story_type) for found in read.stories] == [("11", "video")]
        assert read.error is None

    async def test_an_ownerless_row_goes_to_the_account_whose_id_it_bears(self, apify: FakeApify) -> None:
        apify.stories["anna"] = [story("anna", 11, user=None)]
        assert (await stories(apify, Target("anna", "501")))["anna"].outcome is Outcome.OK
        assert (await stories(apify, "anna"))["anna"].outcome is Outcome.FAILED


class TestPosts:
    async def test_profile_and_posts_are_understood(self, apify: FakeApify) -> None:
        apify.profiles["anna"] = profile("anna")
        apify.posts["anna"] = [
            post("anna", 21),
            post("anna", 22, posted_at="2026-09-21T10:00:00.000Z", isPinned=True),
        ]
        read = (await posts(apify, "anna"))["anna"]
        assert read.outcome is Outcome.OK
        assert read.profile is not None
        assert (read.profile.external_id, read.profile.followers_count) == ("501", 1200)
        assert read.profile.avatar_url == "https://scontent-a.cdninstagram.com/avatar-hd.jpg"
        assert [(found.post_id, found.is_pinned) for found in read.posts] == [("22", True), ("21", False)]
        assert read.posts[0].hashtags == ("sea", "sun")
        assert (read.posts[0].likes_count, read.posts[0].comments_count) == (37, 4)

    async def test_both_actors_run_once_for_the_batch(self, apify: FakeApify) -> None:
        run = Run()
        await posts(apify, "anna", "bella", run=run)
        inputs = sorted((one.input for one in apify.runs), key=len)
        assert inputs == [
            {"usernames": ["anna", "bella"]},
            {
                "username": ["anna", "bella"],
                "resultsLimit": 20,
                "dataDetailLevel": "basicData",
                "skipPinnedPosts": False,
            },
        ]
        assert set(run.ids) == {"profile", "posts"}

    async def test_rows_in_any_order_find_their_account(self, apify: FakeApify) -> None:
        apify.profiles = {"anna": profile("bella", owner=502), "bella": profile("anna")}
        apify.posts = {"anna": [post("bella", 22, owner=502)], "bella": [post("anna", 21)]}
        read = await posts(apify, "anna", "bella")
        assert [found.post_id for found in read["anna"].posts] == ["21"]
        assert read["bella"].profile is not None
        assert read["bella"].profile.external_id == "502"

    @pytest.mark.parametrize(
        ("changes", "kind"),
        [
            ({}, "image"),
            ({"type": "Sidecar"}, "carousel"),
            ({"type": "Video", "productType": "clips"}, "video"),
            ({"type": ..., "productType": "clips"}, "video"),
        ],
    )
    async def test_kinds_of_posts(self, apify: FakeApify, changes: Row, kind: str) -> None:
        apify.profiles["anna"] = profile("anna")
        apify.posts["anna"] = [post("anna", 21, **changes)]
        assert [found.media_type for found in (await posts(apify, "anna"))["anna"].posts] == [kind]

    async def test_hidden_likes_are_unknown_and_no_likes_are_none(self, apify: FakeApify) -> None:
        apify.profiles["anna"] = profile("anna")
        apify.posts["anna"] = [post("anna", 21, likesCount=-1), post("anna", 22, likesCount=0)]
        found = (await posts(apify, "anna"))["anna"].posts
        assert {one.post_id: one.likes_count for one in found} == {"21": None, "22": 0}

    async def test_a_private_account_gets_nobodys_posts(self, apify: FakeApify) -> None:
        apify.profiles["anna"] = profile("anna", private=True)
        apify.posts["anna"] = [post("bella", 21, owner=502, coauthorProducers=[{"username": "anna"}])]
        read = (await posts(apify, "anna"))["anna"]
        assert (read.outcome, read.posts) == (Outcome.PRIVATE, ())
        assert read.profile is not None

    async def test_an_accepted_coauthor_has_the_post_and_a_tagged_one_has_not(self, apify: FakeApify) -> None:
        apify.profiles["anna"] = profile("anna")
        apify.posts["anna"] = [
            post("bella", 21, owner=502, coauthorProducers=[{"username": "anna"}]),
            post("bella", 22, owner=502, taggedUsers=[{"username": "anna"}]),
        ]
        assert [found.post_id for found in (await posts(apify, "anna"))["anna"].posts] == ["21"]

    async def test_nobody_knows_whether_an_unseen_profile_is_private(self, apify: FakeApify) -> None:
        apify.status["profile"] = "FAILED"
        apify.posts["anna"] = [
            post("anna", 21),
            post("bella", 22, owner=502, coauthorProducers=[{"username": "anna"}]),
        ]
        read = (await posts(apify, "anna"))["anna"]
        assert (read.outcome, read.profile) == (Outcome.OK, None)
        assert [found.post_id for found in read.posts] == ["21"]
        assert "FAILED" in (read.error or "")

    async def test_a_private_collaborator_does_not_hide_the_owner(self, apify: FakeApify) -> None:
        apify.profiles = {"anna": profile("anna"), "bella": profile("bella", owner=502, private=True)}
        shared = post("anna", 21, coauthorProducers=[{"username": "bella"}])
        apify.posts = {"anna": [], "bella": [shared | {"metaData": {"username": "bella", "private": True}}]}
        read = await posts(apify, "anna", "bella")
        assert [read[who].outcome for who in ("anna", "bella")] == ["ok", "private"]

    async def test_an_account_without_posts_is_empty(self, apify: FakeApify) -> None:
        apify.profiles = {"anna": profile("anna"), "bella": profile("bella", owner=502, postsCount=0)}
        apify.posts = {"anna": [], "bella": [no_items()]}
        assert (await posts(apify, "anna"))["anna"].outcome is Outcome.EMPTY
        assert (await posts(apify, "bella"))["bella"].outcome is Outcome.EMPTY

    async def test_the_profiles_own_posts_stand_in_for_a_failed_run(self, apify: FakeApify) -> None:
        apify.status["posts"] = "FAILED"
        apify.profiles["anna"] = profile("anna", latestPosts=[post("anna", 21)])
        read = (await posts(apify, "anna"))["anna"]
        assert read.outcome is Outcome.OK
        assert [found.post_id for found in read.posts] == ["21"]
        assert "FAILED" in (read.error or "")

    async def test_a_failed_run_without_stand_in_keeps_the_profile(self, apify: FakeApify) -> None:
        apify.status["posts"] = "FAILED"
        apify.profiles["anna"] = profile("anna")
        read = (await posts(apify, "anna"))["anna"]
        assert read.outcome is Outcome.FAILED
        assert read.profile is not None

    @pytest.mark.parametrize(
        ("row", "outcome"),
        [
            (not_found("anna"), Outcome.NOT_FOUND),
            (restricted("anna"), Outcome.RESTRICTED),
            (no_items(), Outcome.FAILED),
            ({"username": "anna", "url": "https://www.instagram.com/anna/"}, Outcome.FAILED),
        ],
    )
    async def test_error_rows_never_become_a_profile(self, apify: FakeApify, row: Row, outcome: Outcome) -> None:
        apify.errors["anna"] = row
        read = (await posts(apify, "anna"))["anna"]
        assert (read.outcome, read.profile, read.posts) == (outcome, None, ())

    async def test_a_profile_that_is_merely_missing_is_no_answer(self, apify: FakeApify) -> None:
        apify.posts["anna"] = []
        assert (await posts(apify, "anna"))["anna"].outcome is Outcome.FAILED

    async def test_a_handle_that_changed_hands_is_not_believed(self, apify: FakeApify) -> None:
        apify.profiles["anna"] = profile("anna", owner=900)
        apify.posts["anna"] = [post("anna", 21, owner=900)]
        read = (await posts(apify, Target("anna", "501")))["anna"]
        assert (read.outcome, read.error) == (Outcome.NOT_FOUND, "handle now belongs to another account")
        assert (read.profile, read.posts) == (None, ())

    async def test_faults_of_both_runs_fail_every_handle(self, apify: FakeApify) -> None:
        apify.fail("start", 402)
        read = await posts(apify, "anna", "bella")
        assert {result.outcome for result in read.values()} == {Outcome.FAILED}

    async def test_a_batch_that_comes_too_fast_is_called_so(self, apify: FakeApify) -> None:
        apify.fail("start", 429)
        assert (await posts(apify, "anna"))["anna"].outcome is Outcome.RATE_LIMITED

    async def test_a_caption_that_was_cut_inside_an_emoji_can_be_stored(self, apify: FakeApify) -> None:
        apify.profiles["anna"] = profile("anna")
        apify.posts["anna"] = [post("anna", 21, caption="Sun \ud83d"), post("anna", 22, caption="a\0b")]
        for found in (await posts(apify, "anna"))["anna"].posts:
            assert found.caption is not None
            assert "\0" not in found.caption
            found.caption.encode()


SCALARS = (
    st.sampled_from([None, True, -1, 0, 2**70, 1e400, float("nan"), 1e30, "", " ", "anna", "501", "story", "-1"])
    | st.integers()
    | st.text(max_size=8)
)
JUNK = SCALARS | st.lists(SCALARS, max_size=2) | st.dictionaries(st.sampled_from(["username", "id", "url"]), SCALARS)


def _spoiled(row: Row) -> st.SearchStrategy[Row]:
    """The row with up to three of its fields replaced."""
    junk = st.lists(st.tuples(st.sampled_from(sorted(row)), JUNK), max_size=3).map(dict)
    return junk.map(lambda fields: {**row, **fields})


STORY_ROWS = st.lists(
    _spoiled(story("anna", 11, video=True))
    | _spoiled(flat_story("anna", 12))
    | _spoiled({"username": "anna", "status": "ok", "storyCount": 1, "stories": [flat_story("anna", 13)]})
    | _spoiled(restricted("anna")),
    max_size=4,
)
POST_ROWS = st.lists(_spoiled(post("anna", 11, coauthorProducers=[])) | _spoiled(not_found("anna")), max_size=4)
PROFILE_ROWS = st.lists(_spoiled(profile("anna", latestPosts=[post("anna", 9)])), max_size=2)


@settings(max_examples=300)
@given(STORY_ROWS)
def test_no_story_row_is_too_odd(rows: list[Row]) -> None:
    read = stories_of([Target("anna", "501"), Target("bella")], Harvest(rows))
    assert [result.username for result in read] == ["anna", "bella"]
    for result in read:
        assert (result.outcome is Outcome.OK) == bool(result.stories)
        assert all(found.expires_at > found.posted_at for found in result.stories)


@settings(max_examples=300)
@given(PROFILE_ROWS, POST_ROWS)
def test_no_post_row_is_too_odd(profiles: list[Row], found: list[Row]) -> None:
    read = posts_of([Target("anna", "501"), Target("bella")], Harvest(profiles), Harvest(found))
    assert [result.username for result in read] == ["anna", "bella"]
    assert all((result.outcome is Outcome.OK) == bool(result.posts) for result in read)


def _without(row: Row, *keys: str) -> Row:
    return {key: value for key, value in row.items() if key not in keys}


async def _until(holds: Callable[[], bool]) -> None:
    while not holds():  # noqa: ASYNC110 (the fake's requests are only counted)
        await asyncio.sleep(0.005)


def _quick(**changes: float) -> Patience:
    return msgspec.structs.replace(QUICK, **changes)
