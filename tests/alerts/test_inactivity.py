"""Who is told that a client fell silent, when, and when it is over."""

import asyncio
import contextlib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from app.alerts.inactivity import check_inactivity, evaluate_team
from app.alerts.queries import forget_alerts_of
from app.clients.add import add_client
from app.clients.edit import THRESHOLDS, ClientChanges, edit_client, remove_client, restore_client
from app.clients.queries import ClientRef
from app.database import query, transaction
from app.embedded.servers import Urls
from app.live.events import AlertDaysChanged, AlertRaised, AlertResolved, ClientEdited, ClientRemoved
from app.profiles.checks import tidy_checks
from app.refused import Refused
from app.sources.base import FoundProfile, Outcome, PostsRead
from app.stories.hide import hide_story
from app.teams.queries import delete_member, insert_member, insert_user
from tests.cast import NOW, Cast, client
from tests.fakes.source import story
from tests.worker import Worker, client_row, names, profile_row, stored, take_events

DAY = timedelta(days=1)
ALERTS = ("AlertRaised", "AlertDaysChanged", "AlertResolved")


@pytest.fixture
def worker(tmp_path: Path) -> Worker:
    return Worker(tmp_path)


async def alerts_of(client: ClientRef) -> list[dict[str, Any]]:
    return await query("SELECT * FROM inactivity_alerts WHERE client_id = {} ORDER BY id", client.id)


async def open_alerts(client: ClientRef) -> list[tuple[int, int]]:
    """Member and days of each unresolved one."""
    return [(row["user_id"], row["days_inactive"]) for row in await alerts_of(client) if row["resolved_at"] is None]


async def resolutions(client: ClientRef) -> list[str | None]:
    return [row["resolution"] for row in await alerts_of(client)]


async def suspected_at(client: ClientRef) -> datetime | None:
    found: datetime | None = (await client_row(client))["silence_suspected_at"]
    return found


async def signal(client: ClientRef) -> str:
    return str((await client_row(client))["status_signal"])


async def is_quiet(worker: Worker, *clients: ClientRef, hours: float) -> None:
    """Nothing is posted; a good check every 12 hours sees it, the last one at the end."""
    for one in clients:
        worker.scripted.shows(one.username)
    while hours > 0:
        worker.later(hours=min(hours, 12))
        hours -= 12
        await worker.check("stories", *clients)


async def is_suspected(worker: Worker, client: ClientRef) -> None:
    """By the threshold of three days: the check that suspects it was the last."""
    worker.scripted.shows(client.username)
    await worker.stories(client)
    await is_quiet(worker, client, hours=48)
    assert await suspected_at(client) == worker.now


async def is_alerted(worker: Worker, client: ClientRef) -> None:
    await is_suspected(worker, client)
    worker.later(minutes=5)
    await worker.stories(client)
    assert await open_alerts(client)
    await take_events()


def told(cast: Cast, event: type[Any]) -> Any:
    return event(team_id=cast.alice.team_id, client_id=cast.bakery.id)


# --- raised ---------------------------------------------------------------------------------------------------


async def test_a_fresh_check_confirms_a_silence_before_anybody_is_alerted(cast: Cast, worker: Worker) -> None:
    await is_suspected(worker, cast.bakery)
    assert await signal(cast.bakery) == "GREEN"
    assert await alerts_of(cast.bakery) == []
    due = (await profile_row(cast.bakery.profile_id))["next_story_check_at"]
    assert due == worker.now + timedelta(minutes=5)

    await take_events()
    worker.now = due
    await worker.stories(cast.bakery)
    assert await open_alerts(cast.bakery) == [(cast.alice.id, 3), (cast.bob.id, 3)]
    assert told(cast, AlertRaised) in await take_events()
    assert await suspected_at(cast.bakery) is None
    assert await alerts_of(cast.florist) == []


async def test_a_story_that_the_confirming_check_finds_alerts_nobody(cast: Cast, worker: Worker) -> None:
    await is_suspected(worker, cast.bakery)
    worker.later(minutes=5)
    worker.scripted.shows("bakery", story("11", worker.now - timedelta(minutes=1)))
    await worker.stories(cast.bakery)
    assert await alerts_of(cast.bakery) == []
    assert (await signal(cast.bakery), await suspected_at(cast.bakery)) == ("RED", None)


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.RATE_LIMITED])
async def test_a_confirming_check_that_fails_leaves_it_to_the_next(
    cast: Cast, worker: Worker, outcome: Outcome
) -> None:
    await is_suspected(worker, cast.bakery)
    suspected = await suspected_at(cast.bakery)
    worker.scripted.ends("bakery", outcome)
    for _ in range(4):
        worker.later(hours=12)
        await worker.stories(cast.bakery)
    assert (await alerts_of(cast.bakery), await suspected_at(cast.bakery)) == ([], suspected)
    worker.scripted.shows("bakery")
    await worker.stories(cast.bakery)
    assert len(await open_alerts(cast.bakery)) == 2


async def test_a_check_that_began_before_the_suspicion_confirms_nothing(cast: Cast, worker: Worker) -> None:
    """A run that a killed worker had started is fetched by the next: what it saw is as old as the run."""
    await is_suspected(worker, cast.bakery)
    await query(
        "INSERT INTO checks (profile_id, kind, source, run_id, started_at) VALUES ({}, 'stories', 'scripted', {}, {})",
        cast.bakery.profile_id,
        "stories:run1",
        worker.now - timedelta(minutes=1),
    )
    worker.later(minutes=30)
    await worker.stories(cast.bakery)
    assert await alerts_of(cast.bakery) == []
    assert (await profile_row(cast.bakery.profile_id))["next_story_check_at"] <= worker.now + timedelta(minutes=5)
    worker.later(minutes=5)
    await worker.stories(cast.bakery)
    assert len(await open_alerts(cast.bakery)) == 2


async def test_days_that_nobody_observed_alert_nobody(cast: Cast, worker: Worker) -> None:
    worker.scripted.shows("bakery", story("11", NOW - timedelta(hours=1)))
    await worker.stories(cast.bakery)
    worker.scripted.ends("bakery", Outcome.FAILED)
    for _ in range(60):
        worker.later(hours=12)
        await worker.stories(cast.bakery)
    worker.scripted.shows("bakery")
    for _ in range(3):
        await worker.stories(cast.bakery)
        worker.later(minutes=5)
    assert await alerts_of(cast.bakery) == []
    assert (await client_row(cast.bakery))["stories_inactive_days"] == 1


async def test_days_are_counted_while_the_silence_lasts(cast: Cast, worker: Worker) -> None:
    await is_alerted(worker, cast.bakery)
    await is_quiet(worker, cast.bakery, hours=50)
    assert await open_alerts(cast.bakery) == [(cast.alice.id, 5), (cast.bob.id, 5)]
    assert names(await take_events()).count("AlertDaysChanged") == 2


async def test_two_workers_raise_one_alert(cast: Cast, tmp_path: Path, worker: Worker) -> None:
    await is_suspected(worker, cast.bakery)
    worker.later(minutes=5)
    others = [Worker(tmp_path) for _ in range(3)]
    for one in others:
        one.now = worker.now
        one.scripted.shows("bakery")
    await asyncio.gather(*(one.stories(cast.bakery) for one in (worker, *others)))
    assert len(await alerts_of(cast.bakery)) == 2
    assert names(await take_events()).count("AlertRaised") == 1


async def test_two_workers_that_find_a_silence_at_once_do_not_confirm_each_other(
    cast: Cast, tmp_path: Path, worker: Worker
) -> None:
    worker.scripted.shows("bakery")
    await worker.stories(cast.bakery)
    await is_quiet(worker, cast.bakery, hours=36)
    worker.later(hours=12)
    other = Worker(tmp_path)
    other.now = worker.now
    other.scripted.shows("bakery")
    await asyncio.gather(*(one.stories(cast.bakery) for one in (worker, other)))
    assert (await suspected_at(cast.bakery), await alerts_of(cast.bakery)) == (worker.now, [])


async def test_each_team_has_its_own_threshold(cast: Cast, worker: Worker) -> None:
    theirs = await client(cast.charlie.team_id, "bakery")
    await edit_client(theirs, ClientChanges(inactive_after_days=5), NOW)
    await is_alerted(worker, cast.bakery)
    assert await alerts_of(theirs) == []
    assert (await signal(cast.bakery), await signal(theirs)) == ("GREEN", "YELLOW")


async def test_who_joins_later_hears_of_later_silences_alone(cast: Cast, worker: Worker) -> None:
    await is_alerted(worker, cast.bakery)
    dave = await insert_user("dave@example.org", "Dave", "")
    assert dave is not None
    await insert_member(cast.alice.team_id, dave, "member")
    await is_quiet(worker, cast.bakery, hours=48)
    assert [user for user, _ in await open_alerts(cast.bakery)] == [cast.alice.id, cast.bob.id]
    worker.scripted.shows("bakery", story("11", worker.now))
    await worker.stories(cast.bakery)
    await is_quiet(worker, cast.bakery, hours=72)
    await is_quiet(worker, cast.bakery, hours=1)
    assert {user for user, _ in await open_alerts(cast.bakery)} == {cast.alice.id, cast.bob.id, dave}


async def test_who_leaves_takes_his_alerts_along(cast: Cast, worker: Worker) -> None:
    await is_alerted(worker, cast.bakery)
    await query("UPDATE clients SET archived_at = {} WHERE id = {}", NOW, cast.florist.id)
    await insert_member(cast.charlie.team_id, cast.bob.id, "member")
    await query("INSERT INTO inactivity_alerts (client_id, user_id) VALUES ({}, {})", cast.florist.id, cast.bob.id)
    async with transaction():
        await delete_member(cast.alice.team_id, cast.bob.id)
        await forget_alerts_of(cast.alice.team_id, cast.bob.id)
    assert [row["user_id"] for row in await alerts_of(cast.bakery)] == [cast.alice.id]
    assert [row["user_id"] for row in await alerts_of(cast.florist)] == [cast.bob.id]
    await insert_member(cast.alice.team_id, cast.bob.id, "member")
    await is_quiet(worker, cast.bakery, hours=24)
    assert [user for user, _ in await open_alerts(cast.bakery)] == [cast.alice.id]


async def test_who_leaves_while_an_alert_is_raised_has_none(cast: Cast, worker: Worker) -> None:
    async def leaves() -> None:
        async with transaction():
            await delete_member(cast.alice.team_id, cast.bob.id)
            await forget_alerts_of(cast.alice.team_id, cast.bob.id)

    await is_suspected(worker, cast.bakery)
    worker.later(minutes=5)
    await asyncio.gather(worker.stories(cast.bakery), leaves())
    assert [row["user_id"] for row in await alerts_of(cast.bakery)] == [cast.alice.id]


# --- over -----------------------------------------------------------------------------------------------------


async def test_a_new_story_resolves_the_alert(cast: Cast, worker: Worker) -> None:
    await is_alerted(worker, cast.bakery)
    await query("UPDATE inactivity_alerts SET snoozed_until = {} WHERE user_id = {}", NOW + 300 * DAY, cast.bob.id)
    worker.later(hours=10)
    worker.scripted.shows("bakery", story("11", worker.now - timedelta(hours=2)))
    await worker.stories(cast.bakery)
    assert [
        (row["resolution"], row["resolved_at"], row["days_inactive"], row["snoozed_until"])
        for row in await alerts_of(cast.bakery)
    ] == [("story", worker.now, 3, None)] * 2
    assert told(cast, AlertResolved) in await take_events()
    assert await signal(cast.bakery) == "RED"
    await is_quiet(worker, cast.bakery, hours=84)
    assert len(await open_alerts(cast.bakery)) == 2
    assert len(await alerts_of(cast.bakery)) == 4


async def test_a_story_resolves_the_alert_even_where_a_new_silence_has_lasted_long_enough(
    cast: Cast, worker: Worker
) -> None:
    """Some stories are shown for longer than a day."""
    await edit_client(cast.bakery, ClientChanges(inactive_after_days=1), NOW)
    worker.scripted.shows("bakery")
    await worker.stories(cast.bakery)
    await is_quiet(worker, cast.bakery, hours=24)
    assert len(await open_alerts(cast.bakery)) == 2
    worker.scripted.shows("bakery", story("11", worker.now - timedelta(hours=23)))
    worker.later(hours=2)
    await worker.stories(cast.bakery)
    assert await resolutions(cast.bakery) == ["story", "story"]
    assert await suspected_at(cast.bakery) == worker.now


async def test_a_hidden_story_ends_a_silence_too(cast: Cast, worker: Worker) -> None:
    await is_alerted(worker, cast.bakery)
    worker.scripted.shows("bakery", story("11", worker.now))
    await worker.stories(cast.bakery)
    (row,) = await stored("stories", cast.bakery)
    await hide_story(cast.bakery, row["id"], cast.alice.id)
    await check_inactivity(lambda: worker.now)
    assert await signal(cast.bakery) == "RED"
    assert await resolutions(cast.bakery) == ["story", "story"]


@pytest.mark.parametrize("outcome", [Outcome.PRIVATE, Outcome.NOT_FOUND, Outcome.RESTRICTED])
async def test_an_account_that_goes_out_of_sight_resolves_the_alert(
    cast: Cast, worker: Worker, outcome: Outcome
) -> None:
    await is_alerted(worker, cast.bakery)
    worker.scripted.ends("bakery", outcome)
    await worker.stories(cast.bakery)
    assert await resolutions(cast.bakery) == ["unreadable", "unreadable"]
    assert await signal(cast.bakery) == "GREY"


async def test_a_suspicion_ends_with_the_sight_of_the_account(cast: Cast, worker: Worker) -> None:
    await is_suspected(worker, cast.bakery)
    worker.scripted.ends("bakery", Outcome.PRIVATE)
    await worker.stories(cast.bakery)
    assert await suspected_at(cast.bakery) is None


async def test_a_check_of_posts_that_finds_the_account_private_resolves_the_alert(cast: Cast, worker: Worker) -> None:
    await is_alerted(worker, cast.bakery)
    worker.scripted.posts["bakery"] = PostsRead(username="bakery", outcome=Outcome.PRIVATE)
    await worker.posts(cast.bakery)
    assert await resolutions(cast.bakery) == ["unreadable", "unreadable"]
    assert await signal(cast.bakery) == "GREY"
    worker.later(hours=1)
    worker.scripted.posts["bakery"] = PostsRead(
        username="bakery", outcome=Outcome.OK, profile=FoundProfile(external_id=None, username="bakery")
    )
    await worker.posts(cast.bakery)
    assert await signal(cast.bakery) == "GREEN"
    assert await open_alerts(cast.bakery) == []
    worker.later(minutes=5)
    await worker.stories(cast.bakery)
    assert len(await open_alerts(cast.bakery)) == 2


async def test_a_higher_threshold_resolves_the_alert_and_a_lower_one_asks_anew(cast: Cast, worker: Worker) -> None:
    await is_alerted(worker, cast.bakery)
    await edit_client(cast.bakery, ClientChanges(inactive_after_days=4), worker.now)
    assert await resolutions(cast.bakery) == ["threshold", "threshold"]
    assert (await signal(cast.bakery), await suspected_at(cast.bakery)) == ("YELLOW", None)
    assert names(await take_events()) == ["AlertResolved", "ClientEdited"]
    await edit_client(cast.bakery, ClientChanges(inactive_after_days=2), worker.now)
    assert (await signal(cast.bakery), await suspected_at(cast.bakery)) == ("GREEN", worker.now)
    assert (await profile_row(cast.bakery.profile_id))["next_story_check_at"] <= worker.now + timedelta(minutes=5)
    assert await open_alerts(cast.bakery) == []
    worker.later(minutes=5)
    await worker.stories(cast.bakery)
    assert await open_alerts(cast.bakery) == [(cast.alice.id, 3), (cast.bob.id, 3)]


async def _team_threshold(team_id: int, days: int, now: datetime) -> int:
    async with transaction():
        await query("UPDATE teams SET inactive_after_days = {} WHERE id = {}", days, team_id)
        changed = await evaluate_team(team_id, now)
    return int(changed)


async def test_the_teams_threshold_is_that_of_clients_without_their_own(cast: Cast, worker: Worker) -> None:
    barber = await client(cast.alice.team_id, "barber")
    await edit_client(barber, ClientChanges(inactive_after_days=3), NOW)
    for one in (cast.bakery, barber):
        await is_alerted(worker, one)
    assert await _team_threshold(cast.alice.team_id, 7, worker.now) == 1
    assert await resolutions(cast.bakery) == ["threshold", "threshold"]
    assert await resolutions(barber) == [None, None]
    assert await _team_threshold(cast.alice.team_id, 1, worker.now) == 1
    assert await suspected_at(cast.bakery) == worker.now
    assert await _team_threshold(cast.alice.team_id, 1, worker.now) == 0


async def test_a_threshold_that_changes_while_checks_run_is_the_one_that_counts(cast: Cast, tmp_path: Path) -> None:
    """And nobody waits for anybody in a ring."""
    clients = [await client(cast.alice.team_id, f"shop{number}") for number in range(6)]
    workers = [Worker(tmp_path) for _ in clients]
    for one, worker in zip(clients, workers, strict=True):
        await is_alerted(worker, one)
    for days in (9, 2, 8, 3, 9):
        for one, worker in zip(clients, workers, strict=True):
            worker.later(minutes=10)
            worker.scripted.shows(one.username)
        now = workers[0].now
        await asyncio.gather(
            _team_threshold(cast.alice.team_id, days, now),
            *(worker.stories(one) for one, worker in zip(clients, workers, strict=True)),
            check_inactivity(lambda now=now: now),  # type: ignore[misc]
        )
        expected = "GREEN" if days <= 3 else "YELLOW"
        assert {await signal(one) for one in clients} == {expected}
        assert days <= 3 or all([await open_alerts(one) == [] for one in clients])


async def test_a_clients_own_threshold_that_changes_while_it_is_checked_is_the_one_that_counts(
    cast: Cast, worker: Worker
) -> None:
    await is_alerted(worker, cast.bakery)

    async def decides(days: int, delay: float) -> None:
        await asyncio.sleep(delay)
        await edit_client(cast.bakery, ClientChanges(inactive_after_days=days), worker.now)

    for number in range(20):
        days = (9, 2)[number % 2]
        worker.later(minutes=10)
        await asyncio.gather(worker.stories(cast.bakery), decides(days, number / 1000))
        assert await signal(cast.bakery) == ("GREEN" if days == 2 else "YELLOW")
        assert days == 2 or await open_alerts(cast.bakery) == []


async def test_a_client_that_is_removed_alerts_nobody_any_more(cast: Cast, worker: Worker) -> None:
    await is_alerted(worker, cast.bakery)
    await remove_client(cast.bakery, worker.now)
    assert [(row["resolution"], row["resolved_at"]) for row in await alerts_of(cast.bakery)] == [
        ("archived", worker.now)
    ] * 2
    assert names(await take_events()) == ["AlertResolved", "ClientRemoved"]
    await is_quiet(worker, cast.bakery, hours=36)
    assert await open_alerts(cast.bakery) == []


@pytest.mark.parametrize("how", ["restored", "added"])
async def test_a_client_that_is_back_is_looked_at_before_it_alerts(cast: Cast, worker: Worker, how: str) -> None:
    await is_alerted(worker, cast.bakery)
    await remove_client(cast.bakery, worker.now)
    worker.later(hours=5)
    if how == "restored":
        await restore_client(cast.alice.team_id, cast.bakery.id, worker.now)
    else:
        await add_client(cast.alice.team_id, "bakery", worker.now)
    assert (await signal(cast.bakery), await suspected_at(cast.bakery)) == ("GREEN", worker.now)
    assert await open_alerts(cast.bakery) == []
    worker.later(minutes=1)
    await worker.stories(cast.bakery)
    assert len(await open_alerts(cast.bakery)) == 2


async def test_what_another_team_saw_is_known_to_a_new_client_at_once(cast: Cast, worker: Worker) -> None:
    worker.scripted.shows("bakery", story("11", NOW - timedelta(hours=3)))
    await worker.stories(cast.bakery)
    theirs = await client(cast.charlie.team_id, "bakery", NOW)
    row = await client_row(theirs)
    assert (row["status_signal"], row["stories_inactive_days"], row["silent_minutes"]) == ("RED", 0, 180)
    assert await signal(await client(cast.charlie.team_id, "barber", NOW)) == "GREY"


async def test_a_client_that_is_removed_while_it_is_checked_has_no_open_alert(
    cast: Cast, worker: Worker, urls: Urls
) -> None:
    await is_suspected(worker, cast.bakery)
    worker.later(minutes=5)
    other = await asyncpg.connect(urls.database_url)
    async with other.transaction():
        await other.execute("SELECT FROM team_members FOR UPDATE")
        checking = asyncio.ensure_future(worker.stories(cast.bakery))
        while not await query("SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'"):
            assert not checking.done()
            await asyncio.sleep(0.01)
        # The check knows its clients, and is about to raise the alert.
        removing = asyncio.ensure_future(remove_client(cast.bakery, worker.now))
        await asyncio.wait([removing], timeout=0.3)
    await asyncio.gather(checking, removing)
    await other.close()
    assert await resolutions(cast.bakery) == ["archived", "archived"]


async def test_the_alerts_of_a_client_that_a_merge_leaves_behind_are_taken_from_the_bells(
    cast: Cast, worker: Worker
) -> None:
    """The team tracks the account by its old name and by its new one."""
    renamed = await client(cast.alice.team_id, "bread.and.more")
    await query("UPDATE profiles SET external_id = '501' WHERE id = {}", cast.bakery.profile_id)
    await is_alerted(worker, renamed)
    worker.scripted.shows("bread.and.more", story("11", worker.now), external_id="501")
    await worker.stories(renamed)
    assert await alerts_of(renamed) == []
    events = await take_events()
    for event in (AlertResolved, ClientRemoved):
        assert event(team_id=cast.alice.team_id, client_id=renamed.id) in events
    assert await signal(cast.bakery) == "RED"


# --- the net --------------------------------------------------------------------------------------------------


async def test_the_net_finds_what_a_check_left_out_and_raises_nothing_itself(cast: Cast, worker: Worker) -> None:
    await is_suspected(worker, cast.bakery)
    await query(
        "UPDATE clients SET status_signal = 'RED', stories_inactive_days = 0, silence_suspected_at = NULL"
        " WHERE id = {}",
        cast.bakery.id,
    )
    await query("UPDATE profiles SET next_story_check_at = {}", worker.now + DAY)
    await take_events()
    worker.later(minutes=5)
    assert await check_inactivity(lambda: worker.now) == 1
    assert await take_events() == [told(cast, ClientEdited)]
    row = await client_row(cast.bakery)
    assert (row["status_signal"], row["stories_inactive_days"]) == ("GREEN", 3)
    assert row["silence_suspected_at"] == worker.now
    assert (await profile_row(cast.bakery.profile_id))["next_story_check_at"] == worker.now + timedelta(minutes=5)
    for _ in range(3):
        worker.later(days=1)
        assert await check_inactivity(lambda: worker.now) == 0
    assert await alerts_of(cast.bakery) == []
    assert await take_events() == []


async def test_the_net_never_makes_a_check_come_later(cast: Cast, worker: Worker) -> None:
    await is_suspected(worker, cast.bakery)
    soon = worker.now + timedelta(seconds=12)
    await query("UPDATE profiles SET next_story_check_at = {}", soon)
    await check_inactivity(lambda: worker.now)
    assert (await profile_row(cast.bakery.profile_id))["next_story_check_at"] == soon


async def test_the_net_may_run_twice_at_once_and_be_killed_anywhere(cast: Cast, worker: Worker) -> None:
    await is_suspected(worker, cast.bakery)
    for delay in range(20):
        await query(
            "UPDATE clients SET status_signal = 'RED', silence_suspected_at = NULL WHERE id = {}", cast.bakery.id
        )
        await take_events()
        killed = asyncio.ensure_future(check_inactivity(lambda: worker.now))
        await asyncio.sleep(delay / 1000)
        killed.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await killed
        await asyncio.gather(*(check_inactivity(lambda: worker.now) for _ in range(2)))
        assert (await signal(cast.bakery), await suspected_at(cast.bakery)) == ("GREEN", worker.now)
        assert (await take_events()).count(told(cast, ClientEdited)) == 1


async def test_time_alone_changes_neither_signal_nor_days(cast: Cast, worker: Worker) -> None:
    worker.scripted.shows("bakery", story("11", NOW - timedelta(hours=1)))
    await worker.stories(cast.bakery)
    before = await client_row(cast.bakery)
    for days in (1, 3, 10, 89):
        await check_inactivity(lambda days=days: NOW + days * DAY)  # type: ignore[misc]
        assert await client_row(cast.bakery) == before


async def test_a_silence_does_not_shrink_when_its_first_checks_are_forgotten(cast: Cast, worker: Worker) -> None:
    await edit_client(cast.bakery, ClientChanges(inactive_after_days=60), NOW)
    worker.scripted.shows("bakery")
    for _ in range(62):
        await worker.stories(cast.bakery)
        worker.later(days=1)
    assert len(await open_alerts(cast.bakery)) == 2
    worker.scripted.ends("bakery", Outcome.FAILED)
    worker.later(days=60)
    await worker.stories(cast.bakery)
    await tidy_checks(worker.now)
    worker.scripted.shows("bakery")
    await worker.stories(cast.bakery)
    assert await resolutions(cast.bakery) == [None, None]
    assert (await client_row(cast.bakery))["stories_inactive_days"] == 62
    worker.scripted.shows("bakery", story("11", worker.now))
    await worker.stories(cast.bakery)
    assert await resolutions(cast.bakery) == ["story", "story"]


# --- bad input ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("days", [0, -1, 61, 90, 10_000])
async def test_a_threshold_that_no_silence_could_reach_is_refused(cast: Cast, worker: Worker, days: int) -> None:
    await is_alerted(worker, cast.bakery)
    before = await client_row(cast.bakery)
    with pytest.raises(Refused, match="whole number of days") as refused:
        await edit_client(cast.bakery, ClientChanges(inactive_after_days=days), worker.now)
    assert (refused.value.field, refused.value.said(str)) == (
        "inactive_after_days",
        "The threshold is a whole number of days from 1 to 60.",
    )
    assert await client_row(cast.bakery) == before
    assert await resolutions(cast.bakery) == [None, None]


def test_thresholds_leave_room_for_what_nobody_observed() -> None:
    assert (THRESHOLDS[0], THRESHOLDS[-1]) == (1, 60)


async def test_a_clock_that_was_a_day_ahead_makes_nobody_silent(cast: Cast, worker: Worker) -> None:
    """What was checked by it would prove a day that was still to come."""
    worker.scripted.shows("bakery")
    await worker.stories(cast.bakery)
    worker.later(hours=12)
    right = worker.now
    worker.later(days=1)
    await worker.stories(cast.bakery)
    worker.now = right + timedelta(minutes=10)
    await worker.stories(cast.bakery)
    assert (await profile_row(cast.bakery.profile_id))["stories_proved_at"] == worker.now
    worker.later(hours=48)
    await worker.stories(cast.bakery)
    row = await client_row(cast.bakery)
    # A day before the first check, the half after it, ten minutes, and the day before the last.
    assert row["silent_minutes"] == (24 + 12 + 24) * 60 + 10
    assert await alerts_of(cast.bakery) == []


async def test_a_suspicion_of_a_clock_that_was_ahead_does_not_wait_for_its_day(cast: Cast, worker: Worker) -> None:
    await is_suspected(worker, cast.bakery)
    await query("UPDATE clients SET silence_suspected_at = {} WHERE id = {}", worker.now + DAY, cast.bakery.id)
    for _ in range(2):
        worker.later(minutes=5)
        await worker.stories(cast.bakery)
    assert len(await open_alerts(cast.bakery)) == 2


async def test_a_clock_that_goes_back_an_hour_alerts_nobody_twice(cast: Cast, worker: Worker) -> None:
    await is_alerted(worker, cast.bakery)
    worker.later(hours=-1)
    for _ in range(8):
        await worker.stories(cast.bakery)
        await check_inactivity(lambda: worker.now)
        worker.later(minutes=20)
    assert await open_alerts(cast.bakery) == [(cast.alice.id, 3), (cast.bob.id, 3)]
    assert await resolutions(cast.bakery) == [None, None]
    assert [name for name in names(await take_events()) if name in ALERTS] == []


async def test_days_never_go_back_while_a_silence_lasts(cast: Cast, worker: Worker) -> None:
    await is_alerted(worker, cast.bakery)
    await query("UPDATE inactivity_alerts SET days_inactive = 9")
    await is_quiet(worker, cast.bakery, hours=24)
    assert await open_alerts(cast.bakery) == [(cast.alice.id, 9), (cast.bob.id, 9)]
    assert told(cast, AlertDaysChanged) not in await take_events()
