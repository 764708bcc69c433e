"""A whole batch through the real parts: Apify's stand-in → the source → PostgreSQL and the pictures' folder."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from app.clients.queries import ClientRef
from app.settings import ROOT
from app.sources.apify import ApifySource
from app.sources.apify_api import Patience
from app.sources.base import Outcome
from tests.cast import NOW, Cast, client, profile_of
from tests.fakes.apify import FakeApify, FakeRun, Row, not_found, post, profile, restricted, story
from tests.worker import Worker, checks_of, client_row, days_of, outcomes, profile_row, stored

QUICK = Patience(run=5, poll=0, pause=0.001, request=1, tries=3, backoff=0.001, settle=0)
HOUR_AGO = int((NOW - timedelta(hours=1)).timestamp())
SAMPLES = ROOT.parent / "shared" / "apis" / "samples"


@pytest.fixture
async def apify() -> AsyncIterator[FakeApify]:
    async with FakeApify() as fake:
        yield fake


@pytest.fixture
async def worker(apify: FakeApify, tmp_path: Path) -> AsyncIterator[Worker]:
    async with worker_at(apify, tmp_path) as worker:
        yield worker


@asynccontextmanager
async def worker_at(apify: FakeApify, folder: Path, **patience: float) -> AsyncIterator[Worker]:
    source = ApifySource(apify.settings(), lambda: NOW, patience=msgspec.structs.replace(QUICK, **patience))
    source.rhythm = msgspec.structs.replace(source.rhythm, spacing=timedelta(0))
    yield Worker(folder, source)
    await source.close()


def shows(apify: FakeApify, handle: str, *media: int, owner: int = 501, **changes: Any) -> None:
    apify.stories[handle] = [
        story(handle, one, owner=owner, taken_at=HOUR_AGO, url=apify.picture(f"story-{one}"), **changes)
        for one in media
    ]


def lives(apify: FakeApify, handle: str, *, owner: int = 501) -> None:
    """A whole account: a profile, two posts and a story."""
    face = apify.picture(f"face-{owner}")
    apify.profiles[handle] = profile(handle, owner=owner, profilePicUrl=face, profilePicUrlHD=face)
    apify.posts[handle] = [
        post(
            handle,
            owner * 100 + number,
            owner=owner,
            posted_at=(NOW - timedelta(days=number)).isoformat(),
            displayUrl=apify.picture(f"post-{owner}-{number}"),
        )
        for number in (1, 2)
    ]
    shows(apify, handle, owner * 1000, owner=owner)


async def two_shops(cast: Cast) -> tuple[ClientRef, ClientRef]:
    return cast.bakery, await client(cast.alice.team_id, "cafe.clara")


async def test_one_run_brings_many_accounts_into_the_database(cast: Cast, apify: FakeApify, worker: Worker) -> None:
    bakery, cafe = await two_shops(cast)
    lives(apify, "bakery")
    lives(apify, "cafe.clara", owner=502)
    for kind in ("posts", "stories"):
        results = await worker.check(kind, bakery, cafe)
        assert {result.outcome for result in results.values()} == {Outcome.OK}

    assert sorted(len(run.input.get("usernames") or run.input["username"]) for run in apify.runs) == [2, 2, 2]
    for one, owner in ((bakery, 501), (cafe, 502)):
        account = await profile_row(one.profile_id)
        assert (account["external_id"], account["followers_count"], account["state"]) == (str(owner), 1200, "ok")
        assert len(await stored("posts", one)) == 2
        [kept] = await stored("stories", one)
        assert (kept["instagram_story_id"], kept["story_type"]) == (str(owner * 1000), "image")
        keys = [account["avatar_storage_path"], kept["thumbnail_storage_path"]]
        keys += [row["thumbnail_storage_path"] for row in await stored("posts", one)]
        for key in keys:
            picture = await worker.storage.get(key)
            assert picture is not None
            assert 0 < len(picture) <= 100_000
        totals = await client_row(one)
        assert (totals["total_stories_archived"], totals["total_posts_tracked"]) == (1, 2)
    assert await days_of(bakery) == {"2026-03-08": (0, 1, 0), "2026-03-09": (0, 1, 720), "2026-03-10": (1, 0, 720)}


async def test_a_second_run_keeps_story_ids_unique(cast: Cast, apify: FakeApify, worker: Worker) -> None:
    shows(apify, "bakery", 3829551766916980620, 3829551766916980621)
    first = await worker.stories(cast.bakery)
    shows(apify, "bakery", 3829551766916980621, 3829551766916980622)
    second = await worker.stories(cast.bakery)
    assert [(one.found, one.stored) for one in (first, second)] == [(2, 2), (2, 1)]
    ids = [row["instagram_story_id"] for row in await stored("stories", cast.bakery)]
    assert ids == ["3829551766916980620", "3829551766916980621", "3829551766916980622"]
    assert len(apify.runs) == 2


async def test_an_idle_account_is_empty_and_observed(cast: Cast, apify: FakeApify, worker: Worker) -> None:
    bakery, cafe = await two_shops(cast)
    shows(apify, "cafe.clara", 21, owner=502)
    results = await worker.check("stories", bakery, cafe)
    assert (results["bakery"].outcome, results["cafe.clara"].outcome) == (Outcome.EMPTY, Outcome.OK)
    assert (await days_of(bakery))["2026-03-10"] == (0, 0, 720)


async def test_the_run_is_noted_as_soon_as_it_has_begun(cast: Cast, apify: FakeApify, worker: Worker) -> None:
    apify.polls = -1
    working = asyncio.create_task(worker.stories(cast.bakery))
    await _polled(apify)
    [check] = await checks_of(cast.bakery)
    assert (check["run_id"], check["finished_at"]) == ("stories:run1", None)
    await _kill(working)


async def test_the_run_of_a_killed_worker_is_fetched_and_no_second_is_paid(
    cast: Cast, apify: FakeApify, worker: Worker
) -> None:
    bakery, cafe = await two_shops(cast)
    shows(apify, "bakery", 11)
    shows(apify, "cafe.clara", 21, owner=502)
    apify.polls = -1
    working = asyncio.create_task(worker.check("stories", bakery, cafe))
    await _polled(apify)
    await _kill(working)
    assert await stored("stories", bakery) == []

    apify.runs[0].polls_left = 0
    worker.later(minutes=10)
    results = await worker.check("stories", bakery, cafe)
    assert {result.outcome for result in results.values()} == {Outcome.OK}
    assert len(apify.runs) == 1
    for one in (bakery, cafe):
        assert await outcomes(one) == ["ok"]
        assert len(await stored("stories", one)) == 1


async def test_both_runs_of_a_killed_posts_check_are_fetched(cast: Cast, apify: FakeApify, worker: Worker) -> None:
    lives(apify, "bakery")
    apify.polls = -1
    working = asyncio.create_task(worker.posts(cast.bakery))
    await _polled(apify, runs=2)
    await _kill(working)
    for run in apify.runs:
        run.polls_left = 0
    worker.later(minutes=10)
    assert (await worker.posts(cast.bakery)).outcome is Outcome.OK
    assert len(apify.runs) == 2


async def test_a_newcomer_in_the_batch_gets_a_run_of_its_own(cast: Cast, apify: FakeApify, worker: Worker) -> None:
    """The killed worker's run was not asked for the newcomer: its silence there would prove nothing."""
    shows(apify, "bakery", 11)
    apify.polls = -1
    working = asyncio.create_task(worker.stories(cast.bakery))
    await _polled(apify)
    await _kill(working)
    apify.polls = apify.runs[0].polls_left = 0
    worker.later(minutes=10)
    cafe = await client(cast.alice.team_id, "cafe.clara")
    shows(apify, "cafe.clara", 21, owner=502)
    results = await worker.check("stories", cast.bakery, cafe)
    assert {result.outcome for result in results.values()} == {Outcome.OK}
    assert [run.input["usernames"] for run in apify.runs] == [["bakery"], ["cafe.clara"]]


@pytest.mark.parametrize(
    ("row", "outcome"),
    [
        (not_found("bakery"), Outcome.NOT_FOUND),
        (restricted("bakery"), Outcome.RESTRICTED),
        ({"username": "bakery", "status": "private_account"}, Outcome.PRIVATE),
        ({"username": "bakery", "error": "blocked"}, Outcome.FAILED),
        ({"username": "bakery", "error": "rate_limited"}, Outcome.RATE_LIMITED),
    ],
)
async def test_what_is_said_of_one_account_is_its_outcome_alone(
    cast: Cast, apify: FakeApify, worker: Worker, row: Row, outcome: Outcome
) -> None:
    bakery, cafe = await two_shops(cast)
    apify.stories["bakery"] = [row]
    shows(apify, "cafe.clara", 21, owner=502)
    results = await worker.check("stories", bakery, cafe)
    assert results["cafe.clara"].outcome is Outcome.OK
    assert (await checks_of(bakery))[0]["outcome"] == results["bakery"].outcome == outcome
    assert (await stored("stories", bakery), await days_of(bakery)) == ([], {})


async def test_a_private_account_keeps_its_face_and_shows_no_posts(
    cast: Cast, apify: FakeApify, worker: Worker
) -> None:
    lives(apify, "bakery")
    apify.profiles["bakery"]["private"] = True
    assert (await worker.posts(cast.bakery)).outcome is Outcome.PRIVATE
    account = await profile_row(cast.bakery.profile_id)
    assert (account["state"], account["is_private"]) == ("private", True)
    assert account["avatar_storage_path"] is not None
    assert await stored("posts", cast.bakery) == []


async def test_an_unknown_account_is_not_found(cast: Cast, apify: FakeApify, worker: Worker) -> None:
    assert (await worker.posts(cast.bakery)).outcome is Outcome.NOT_FOUND
    assert (await profile_row(cast.bakery.profile_id))["state"] == "not_found"


async def test_a_renamed_account_meets_its_history_again(cast: Cast, apify: FakeApify, worker: Worker) -> None:
    lives(apify, "bakery")
    await worker.stories(cast.bakery)
    theirs = await client(cast.charlie.team_id, "bread.and.more")
    del apify.profiles["bakery"], apify.posts["bakery"], apify.stories["bakery"]
    lives(apify, "bread.and.more")
    result = (await worker.check("posts", theirs))["bread.and.more"]
    assert result.outcome is Outcome.OK
    assert (await profile_of(cast.bakery)).username == "bread.and.more"
    assert (await client_row(theirs))["profile_id"] == cast.bakery.profile_id
    assert (await client_row(theirs))["total_stories_archived"] == 1


@pytest.mark.parametrize("kind", ["stories", "posts"])
async def test_a_handle_with_a_new_owner_is_not_found(cast: Cast, apify: FakeApify, worker: Worker, kind: str) -> None:
    lives(apify, "bakery")
    await worker.check("posts", cast.bakery)
    posts = await stored("posts", cast.bakery)
    lives(apify, "bakery", owner=900)
    [result] = (await worker.check(kind, cast.bakery)).values()
    assert (result.outcome, result.error) == (Outcome.NOT_FOUND, "handle now belongs to another account")
    assert (await profile_row(cast.bakery.profile_id))["external_id"] == "501"
    assert (await stored("posts", cast.bakery), await stored("stories", cast.bakery)) == (posts, [])


@pytest.mark.parametrize("kind", ["stories", "posts"])
@pytest.mark.parametrize(
    ("where", "how", "outcome"),
    [
        ("start", 402, Outcome.FAILED),
        ("start", 408, Outcome.FAILED),
        ("start", 429, Outcome.RATE_LIMITED),
        ("start", 500, Outcome.FAILED),
        ("start", "broken", Outcome.FAILED),
        ("start", "hang", Outcome.FAILED),
        ("poll", 500, Outcome.FAILED),
        ("items", 429, Outcome.RATE_LIMITED),
        ("items", "broken", Outcome.FAILED),
        ("items", "html", Outcome.FAILED),
        ("items", "hang", Outcome.FAILED),
    ],
)
async def test_trouble_with_apify_is_every_accounts_outcome(
    cast: Cast, apify: FakeApify, tmp_path: Path, kind: str, where: str, how: int | str, outcome: Outcome
) -> None:
    bakery, cafe = await two_shops(cast)
    for handle, owner in (("bakery", 501), ("cafe.clara", 502)):
        lives(apify, handle, owner=owner)
    apify.polls = 1
    apify.fail(where, how)
    async with worker_at(apify, tmp_path, request=0.05 if how == "hang" else 1) as worker:
        await worker.check(kind, bakery, cafe)
    for one in (bakery, cafe):
        [check] = await checks_of(one, kind)
        assert (check["outcome"], check["found"], check["stored"]) == (outcome, 0, 0)
        assert check["error"]
        assert (await stored("stories", one), await stored("posts", one), await days_of(one)) == ([], [], {})
        account = await profile_row(one.profile_id)
        assert account["state"] == "new"
        due = account["next_story_check_at" if kind == "stories" else "next_post_check_at"]
        assert NOW < due <= NOW + timedelta(minutes=5)


async def test_a_run_that_breaks_off_keeps_what_it_gave(cast: Cast, apify: FakeApify, worker: Worker) -> None:
    bakery, cafe = await two_shops(cast)
    shows(apify, "bakery", 11)
    apify.status["stories"] = "TIMED-OUT"
    results = await worker.check("stories", bakery, cafe)
    assert (results["bakery"].outcome, results["cafe.clara"].outcome) == (Outcome.OK, Outcome.FAILED)


@pytest.mark.parametrize(
    "how",
    [404, 500, "huge", "text", "bomb", "cut", "http://127.0.0.1:9/secret.jpg", "http://169.254.169.254/latest"],
)
async def test_a_bad_picture_costs_the_picture_alone(
    cast: Cast, apify: FakeApify, worker: Worker, how: int | str
) -> None:
    bakery, cafe = await two_shops(cast)
    shows(apify, "bakery", 11, 12)
    shows(apify, "cafe.clara", 21, owner=502)
    apify.pictures["story-11"] = how
    results = await worker.check("stories", bakery, cafe)
    assert {(result.outcome, result.stored) for result in results.values()} == {("ok", 2), ("ok", 1)}
    kept = {row["instagram_story_id"]: row["thumbnail_storage_path"] for row in await stored("stories", bakery)}
    assert kept["11"] is None
    assert kept["12"] is not None
    assert (await client_row(bakery))["total_stories_archived"] == 2


async def test_a_bad_face_and_a_bad_post_picture_cost_no_figures(cast: Cast, apify: FakeApify, worker: Worker) -> None:
    lives(apify, "bakery")
    apify.pictures |= {"face-501": "bomb", "post-501-1": "text"}
    assert (await worker.posts(cast.bakery)).outcome is Outcome.OK
    account = await profile_row(cast.bakery.profile_id)
    assert (account["followers_count"], account["avatar_storage_path"]) == (1200, None)
    assert [row["thumbnail_storage_path"] is None for row in await stored("posts", cast.bakery)] == [False, True]


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the samples are kept outside the project")
async def test_payloads_of_real_accounts_arrive_in_the_database(cast: Cast, apify: FakeApify, worker: Worker) -> None:
    creator = await client(cast.alice.team_id, "frankcosta")
    anna = await client(cast.alice.team_id, "anna")
    gone = await client(cast.alice.team_id, "ri.cred_")
    [apify.profiles["frankcosta"]] = _with_pictures(_sample("apify_profile_public_creator"), apify)
    apify.posts["frankcosta"] = _with_pictures(_sample("apify_posts_mixed"), apify)
    [apify.errors["ri.cred_"]] = _sample("apify_error_not_found")
    apify.stories["anna"] = _with_pictures(_sample("story_actor_image_video"), apify)

    results = await worker.check("posts", creator, gone)
    assert {handle: result.outcome for handle, result in results.items()} == {
        "frankcosta": Outcome.OK,
        "ri.cred_": Outcome.NOT_FOUND,
    }
    account = await profile_row(creator.profile_id)
    assert (account["external_id"], account["followers_count"]) == ("44870418", 129300)
    posts = await stored("posts", creator)
    assert [row["media_type"] for row in posts] == ["image", "carousel", "video"]
    assert all(row["likes_count"] and row["thumbnail_storage_path"] for row in posts)

    for _ in range(2):
        results = await worker.check("stories", creator, anna)
        assert {handle: result.outcome for handle, result in results.items()} == {
            "frankcosta": Outcome.EMPTY,
            "anna": Outcome.OK,
        }
    stories = await stored("stories", anna)
    assert sorted((row["instagram_story_id"], row["story_type"]) for row in stories) == [
        ("31415926535", "image"),
        ("31415926777", "video"),
    ]
    assert all(0 < row["thumbnail_bytes"] <= 100_000 for row in stories)


def _sample(name: str) -> list[Row]:
    rows: list[Row] = json.loads((SAMPLES / f"{name}.json").read_text())
    return rows


def _with_pictures(rows: list[Row], apify: FakeApify) -> list[Row]:
    """The addresses of real pictures have expired: the stand-in's take their place."""

    def replaced(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: replaced(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [replaced(inner) for inner in value]
        is_picture = isinstance(value, str) and ("cdninstagram.com" in value or "fbcdn.net" in value)
        return apify.picture("real") if is_picture else value

    return [replaced(row) for row in rows]


async def _polled(apify: FakeApify, runs: int = 1) -> None:
    """Each of the runs twice: a run is asked about only once its id is noted."""

    def is_polled(run: FakeRun) -> bool:
        return sum(f"/v2/actor-runs/{run.id}" in request for request in apify.requests) >= 2

    while sum(is_polled(run) for run in apify.runs) < runs:  # noqa: ASYNC110
        await asyncio.sleep(0.005)


async def _kill(working: asyncio.Task[Any]) -> None:
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
