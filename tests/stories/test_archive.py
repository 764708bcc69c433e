"""What a source shows of stories → what the database and the pictures' folder hold afterwards."""

import asyncio
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from app.clients.queries import ClientRef
from app.database import query
from app.live.events import ActivityDayChanged, CheckFinished, StoryArchived
from app.sources.base import FoundStory, Outcome, PictureUnavailable
from app.stories import archive
from app.stories.queries import stories_page
from tests.cast import NOW, Cast, client
from tests.fakes.source import drawn, story
from tests.worker import Worker, checks_of, client_row, days_of, names, outcomes, profile_row, stored, take_events

UNREAD = [Outcome.PRIVATE, Outcome.NOT_FOUND, Outcome.RESTRICTED, Outcome.RATE_LIMITED, Outcome.FAILED]


@pytest.fixture
def worker(tmp_path: Path) -> Worker:
    return Worker(tmp_path / "media")


def minutes_ago(minutes: float, story_id: str = "11") -> FoundStory:
    return story(story_id, NOW - timedelta(minutes=minutes))


async def everything(client: ClientRef) -> Any:
    """All that a check could have changed of stories and figures."""
    row = await client_row(client)
    totals = {key: row[key] for key in ("total_stories_archived", "total_posts_tracked", "last_story_date")}
    return await stored("stories", client), totals, await days_of(client)


async def test_new_stories_are_stored_with_their_thumbnails(cast: Cast, worker: Worker) -> None:
    noise = BytesIO()
    Image.effect_noise((1080, 1920), 90).save(noise, "PNG")
    found = [minutes_ago(90), minutes_ago(30, "12")]
    worker.scripted.pictures[str(found[1].thumbnail_url)] = noise.getvalue()
    worker.scripted.shows("bakery", *found)

    result = await worker.stories(cast.bakery)

    assert (result.outcome, result.found, result.stored) == (Outcome.OK, 2, 2)
    rows = await stored("stories", cast.bakery)
    assert [row["instagram_story_id"] for row in rows] == ["11", "12"]
    for row in rows:
        picture = await worker.storage.get(row["thumbnail_storage_path"])
        assert picture is not None
        assert len(picture) == row["thumbnail_bytes"] <= 100_000
        with Image.open(BytesIO(picture)) as image:
            assert image.format == "JPEG"
    row = await client_row(cast.bakery)
    assert (row["total_stories_archived"], row["last_story_date"]) == (2, NOW.date())
    assert (row["status_signal"], row["stories_inactive_days"]) == ("RED", 0)
    profile = await profile_row(cast.bakery.profile_id)
    assert (profile["state"], profile["last_story_at"]) == ("ok", found[1].posted_at)
    [check] = await checks_of(cast.bakery)
    assert (check["outcome"], check["found"], check["stored"], check["error"]) == ("ok", 2, 2, None)
    assert (check["started_at"], check["finished_at"]) == (NOW, NOW)


async def test_a_second_run_stores_nothing_new(cast: Cast, worker: Worker) -> None:
    worker.scripted.shows("bakery", minutes_ago(90), minutes_ago(30, "12"))
    await worker.stories(cast.bakery)
    before = await everything(cast.bakery)
    await take_events()
    result = await worker.stories(cast.bakery)
    assert (result.found, result.stored) == (2, 0)
    assert await everything(cast.bakery) == before
    assert names(await take_events()) == ["CheckFinished"]


async def test_two_workers_at_once_store_a_story_once(cast: Cast, worker: Worker, tmp_path: Path) -> None:
    other = Worker(tmp_path / "media")
    for one in (worker, other):
        one.scripted.shows("bakery", minutes_ago(90), minutes_ago(30, "12"))
    results = await asyncio.gather(worker.stories(cast.bakery), other.stories(cast.bakery))
    assert sorted(result.stored for result in results) == [0, 2]
    assert len(await stored("stories", cast.bakery)) == 2
    assert (await client_row(cast.bakery))["total_stories_archived"] == 2
    assert (await days_of(cast.bakery))["2026-03-10"][0] == 2
    assert await outcomes(cast.bakery) == ["ok", "ok"]
    archived = [event for event in await take_events() if isinstance(event, StoryArchived)]
    assert sorted(event.story_id for event in archived) == [
        row["id"] for row in sorted(await stored("stories", cast.bakery), key=lambda row: int(row["id"]))
    ]


async def test_a_story_goes_to_both_teams_on_the_day_of_each(cast: Cast, worker: Worker) -> None:
    """20:00 in London is tomorrow in Tokyo."""
    theirs = await client(cast.charlie.team_id, "bakery")
    await take_events()
    worker.later(hours=9)
    posted_at = NOW + timedelta(hours=8)
    worker.scripted.shows("bakery", story("11", posted_at))
    await worker.stories(cast.bakery)

    assert len(await stored("stories", cast.bakery)) == 1
    for one, day in ((cast.bakery, "2026-03-10"), (theirs, "2026-03-11")):
        assert {key: stories for key, (stories, _, _) in (await days_of(one)).items() if stories} == {day: 1}
        row = await client_row(one)
        assert (row["total_stories_archived"], str(row["last_story_date"])) == (1, day)
    told = {event.team_id for event in await take_events() if isinstance(event, StoryArchived)}
    assert told == {cast.alice.team_id, cast.charlie.team_id}


async def test_a_client_sees_only_what_was_alive_when_it_was_added(cast: Cast, worker: Worker) -> None:
    old, young = story("11", NOW - timedelta(hours=20)), story("12", NOW - timedelta(hours=1))
    worker.scripted.shows("bakery", old, young)
    await worker.stories(cast.bakery)
    theirs = await client(cast.charlie.team_id, "bakery", NOW + timedelta(hours=10))
    worker.later(hours=11)
    worker.scripted.shows("bakery", young)
    await worker.stories(theirs)
    assert (await client_row(theirs))["total_stories_archived"] == 1
    assert [stories for stories, _, _ in (await days_of(theirs)).values()] == [1, 0]
    assert (await client_row(cast.bakery))["total_stories_archived"] == 2
    seen = await stories_page(theirs)
    assert (seen.total, [card.posted_at for card in seen.cards]) == (1, [young.posted_at])


@pytest.mark.parametrize("outcome", UNREAD)
async def test_a_check_that_saw_nothing_changes_no_figure(cast: Cast, worker: Worker, outcome: Outcome) -> None:
    worker.scripted.shows("bakery", minutes_ago(30))
    await worker.stories(cast.bakery)
    before = await everything(cast.bakery)
    worker.later(hours=20)
    worker.scripted.ends("bakery", outcome, "as the source says")
    result = await worker.stories(cast.bakery)
    assert (result.outcome, result.found, result.stored) == (outcome, 0, 0)
    check = (await checks_of(cast.bakery))[-1]
    assert (check["outcome"], check["error"], check["finished_at"]) == (outcome, "as the source says", worker.now)
    assert await everything(cast.bakery) == before


@pytest.mark.parametrize(
    ("outcome", "state", "signal"),
    [
        (Outcome.PRIVATE, "private", "GREY"),
        (Outcome.NOT_FOUND, "not_found", "GREY"),
        (Outcome.RESTRICTED, "restricted", "GREY"),
        (Outcome.RATE_LIMITED, "ok", "RED"),
        (Outcome.FAILED, "ok", "RED"),
    ],
)
async def test_only_what_is_said_of_the_account_turns_it_grey(
    cast: Cast, worker: Worker, outcome: Outcome, state: str, signal: str
) -> None:
    worker.scripted.shows("bakery", minutes_ago(30))
    await worker.stories(cast.bakery)
    worker.scripted.ends("bakery", outcome)
    await worker.stories(cast.bakery)
    assert (await profile_row(cast.bakery.profile_id))["state"] == state
    assert (await client_row(cast.bakery))["status_signal"] == signal


async def test_an_account_that_was_never_read_is_not_silent(cast: Cast, worker: Worker) -> None:
    worker.scripted.ends("bakery", Outcome.FAILED)
    for _ in range(5):
        await worker.stories(cast.bakery)
        worker.later(days=1)
    row = await client_row(cast.bakery)
    assert (row["status_signal"], row["stories_inactive_days"]) == ("GREY", None)
    assert await days_of(cast.bakery) == {}


async def test_observed_minutes_come_from_good_checks_alone(cast: Cast, worker: Worker) -> None:
    """The cast's bakery is checked at noon: half of today, and half of yesterday."""
    worker.scripted.shows("bakery")
    assert (await worker.stories(cast.bakery)).outcome is Outcome.EMPTY
    assert await days_of(cast.bakery) == {"2026-03-09": (0, 0, 720), "2026-03-10": (0, 0, 720)}
    worker.later(hours=6)
    worker.scripted.ends("bakery", Outcome.FAILED)
    await worker.stories(cast.bakery)
    assert (await days_of(cast.bakery))["2026-03-10"] == (0, 0, 720)
    worker.later(hours=1)
    worker.scripted.shows("bakery", story("11", worker.now - timedelta(minutes=5)))
    await worker.stories(cast.bakery)
    assert await days_of(cast.bakery) == {"2026-03-09": (0, 0, 720), "2026-03-10": (1, 0, 19 * 60)}


async def test_days_that_nobody_saw_make_nobody_silent(cast: Cast, worker: Worker) -> None:
    worker.scripted.shows("bakery", minutes_ago(30))
    await worker.stories(cast.bakery)
    worker.later(days=8)
    worker.scripted.shows("bakery")
    await worker.stories(cast.bakery)
    row = await client_row(cast.bakery)
    assert (row["status_signal"], row["stories_inactive_days"]) == ("YELLOW", 1)
    for _ in range(2):
        worker.later(hours=24)
        await worker.stories(cast.bakery)
    row = await client_row(cast.bakery)
    assert (row["status_signal"], row["stories_inactive_days"]) == ("GREEN", 3)


@pytest.mark.parametrize(
    "picture",
    [
        PictureUnavailable("HTTP 404", permanent=True),
        b"this is a letter, not a picture",
        b"",
        drawn()[:200],
    ],
    ids=["gone", "text", "nothing", "cut"],
)
async def test_a_picture_that_cannot_be_had_does_not_lose_the_story(
    cast: Cast, worker: Worker, picture: bytes | PictureUnavailable
) -> None:
    worker.scripted.shows("bakery", minutes_ago(30))
    worker.scripted.pictures["https://pictures.example/11.jpg"] = picture or b"\0"
    assert (await worker.stories(cast.bakery)).stored == 1
    [row] = await stored("stories", cast.bakery)
    assert (row["thumbnail_storage_path"], row["thumbnail_bytes"]) == (None, None)
    assert await worker.storage.get(f"stories/{cast.bakery.profile_id}/11.jpg") is None


async def test_a_late_thumbnail_is_added_by_the_next_check(cast: Cast, worker: Worker) -> None:
    worker.scripted.shows("bakery", minutes_ago(30))
    worker.scripted.pictures["https://pictures.example/11.jpg"] = PictureUnavailable("busy", permanent=False)
    await worker.stories(cast.bakery)
    await take_events()
    del worker.scripted.pictures["https://pictures.example/11.jpg"]
    worker.later(hours=1)
    result = await worker.stories(cast.bakery)
    assert (result.found, result.stored) == (1, 0)
    [row] = await stored("stories", cast.bakery)
    assert await worker.storage.get(row["thumbnail_storage_path"]) is not None
    assert (await client_row(cast.bakery))["total_stories_archived"] == 1
    assert StoryArchived(team_id=cast.alice.team_id, client_id=cast.bakery.id, story_id=row["id"]) in (
        await take_events()
    )


async def test_what_is_told_equals_what_changed(cast: Cast, worker: Worker) -> None:
    await take_events()
    worker.scripted.shows("bakery", minutes_ago(30))
    await worker.stories(cast.bakery)
    [row] = await stored("stories", cast.bakery)
    of_client = {"team_id": cast.alice.team_id, "client_id": cast.bakery.id}
    assert await take_events() == [
        CheckFinished(**of_client, kind="stories"),
        StoryArchived(**of_client, story_id=row["id"]),
        ActivityDayChanged(**of_client, day=date(2026, 3, 9)),
        ActivityDayChanged(**of_client, day=date(2026, 3, 10)),
    ]


async def test_a_profile_that_cannot_be_stored_harms_no_other(
    cast: Cast, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last step of the bakery's transaction breaks: all before it is undone, its events too."""
    ours = await client(cast.alice.team_id, "florist")
    await take_events()
    worker.scripted.shows("bakery", minutes_ago(30))
    worker.scripted.shows("florist", minutes_ago(20, "21"))
    recount = archive._recount_client

    async def broken(client: ClientRef, *rest: Any) -> list[date]:
        changed = await recount(client, *rest)
        if client.id == cast.bakery.id:
            raise RuntimeError("out of paper")
        return changed

    monkeypatch.setattr(archive, "_recount_client", broken)
    results = await worker.check("stories", cast.bakery, ours)

    assert (results["bakery"].outcome, results["bakery"].error) == (Outcome.FAILED, "not stored: RuntimeError")
    assert results["florist"].outcome is Outcome.OK
    assert await stored("stories", cast.bakery) == []
    assert await days_of(cast.bakery) == {}
    assert (await profile_row(cast.bakery.profile_id))["state"] == "new"
    [check] = await checks_of(cast.bakery)
    assert (check["outcome"], check["error"]) == ("failed", "not stored: RuntimeError")
    assert len(await stored("stories", ours)) == 1
    told = [event for event in await take_events() if getattr(event, "client_id", None) == cast.bakery.id]
    assert told == [CheckFinished(team_id=cast.alice.team_id, client_id=cast.bakery.id, kind="stories")]


async def test_a_profile_that_cannot_be_stored_is_tried_again_ever_later(
    cast: Cast, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(archive, "_note_on_profile", broken)
    worker.scripted.shows("bakery", minutes_ago(30))
    waits = []
    for _ in range(3):
        await worker.stories(cast.bakery)
        waits.append((await profile_row(cast.bakery.profile_id))["next_story_check_at"] - worker.now)
        worker.later(hours=1)
    assert [wait <= timedelta(minutes=5 * 2**number) for number, wait in enumerate(waits)] == [True] * 3
    assert waits[2] > timedelta(minutes=10)


async def test_a_worker_that_is_killed_before_the_commit_leaves_nothing_behind(
    cast: Cast, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached = asyncio.Event()

    async def hold(*_: Any) -> list[date]:
        reached.set()
        await asyncio.Event().wait()
        return []

    await take_events()
    worker.scripted.shows("bakery", minutes_ago(30))
    with monkeypatch.context() as patched:
        patched.setattr(archive, "_recount_client", hold)
        working = asyncio.create_task(worker.stories(cast.bakery))
        await reached.wait()
        working.cancel()
        with pytest.raises(asyncio.CancelledError):
            await working
    assert await stored("stories", cast.bakery) == []
    assert await take_events() == []
    assert await outcomes(cast.bakery) == [None]

    worker.later(minutes=10)
    assert (await worker.stories(cast.bakery)).stored == 1
    assert await outcomes(cast.bakery) == ["failed", "ok"]
    assert (await client_row(cast.bakery))["total_stories_archived"] == 1


async def test_a_profile_that_is_gone_since_it_was_claimed_harms_no_other(cast: Cast, worker: Worker) -> None:
    worker.scripted.shows("florist", minutes_ago(20))
    await query("DELETE FROM profiles WHERE id = {}", cast.bakery.profile_id)
    results = await worker.check("stories", cast.bakery, cast.florist)
    assert {handle: result.outcome for handle, result in results.items()} == {"florist": Outcome.OK}


@pytest.mark.parametrize("state", ["private", "not_found", "restricted"])
async def test_nothing_seen_of_an_account_out_of_sight_is_not_taken_for_silence(
    cast: Cast, worker: Worker, state: str
) -> None:
    """The story actor gives no row for it, as for one that shows nothing."""
    await query("UPDATE profiles SET state = {} WHERE id = {}", state, cast.bakery.profile_id)
    worker.scripted.shows("bakery")
    assert (await worker.stories(cast.bakery)).outcome == state
    row = await client_row(cast.bakery)
    assert (row["status_signal"], row["stories_inactive_days"]) == ("GREY", None)
    worker.later(hours=1)
    worker.scripted.shows("bakery", minutes_ago(30))
    assert (await worker.stories(cast.bakery)).outcome == Outcome.OK
    assert (await client_row(cast.bakery))["status_signal"] == "RED"
