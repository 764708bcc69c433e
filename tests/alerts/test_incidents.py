"""A source that fails is one incident, told once to those who answer for it, and alerts about no client."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from app.alerts.inactivity import check_inactivity
from app.alerts.incidents import Turn, fails_broadly, watch_source
from app.alerts.queries import Attempt, at_risk_of, bells, mark_notice_read, open_incident
from app.alerts.views import SourceNotice
from app.clients.edit import remove_client
from app.clients.queries import ClientRef
from app.database import query
from app.live.events import SourceFailed, SourceRecovered
from app.sources.base import Outcome
from app.teams.queries import insert_member, insert_team, insert_user
from tests.cast import NOW, Cast, Person, client
from tests.fakes.source import ScriptedSource
from tests.worker import Worker, client_row, profile_row, take_events

HOUR = timedelta(hours=1)


def tried(*failing_for: float | None) -> list[Attempt]:
    """One attempt each: for how many hours the account has failed; None: it answered."""
    return [
        Attempt(profile_id=number, failing_since=None if hours is None else NOW - hours * HOUR, error=None)
        for number, hours in enumerate(failing_for)
    ]


async def notices_of(person: Person, worker: Worker) -> tuple[SourceNotice, ...]:
    """What the person's bell tells, newest first."""
    return (await bells(person.team_id, [person.id], worker.now, NOW))[person.id].notices


@pytest.mark.parametrize(
    ("attempts", "accounts", "fails"),
    [
        (tried(), 0, False),
        (tried(), 100, False),
        (tried(1), 1, False),
        (tried(1, 1), 2, False),
        (tried(1, 1, 1), 3, True),
        (tried(1, 1, None), 3, False),
        (tried(1, 1, 1), 4, False),
        (tried(1, 1, 1, 1), 100, False),
        (tried(1, 1, 1, 1, 1), 100, True),
        (tried(1, 1, 1, None, None), 100, True),
        (tried(1, 1, None, None, None), 100, False),
        (tried(*[1] * 10, *[None] * 10), 1000, True),
        (tried(*[1] * 9, *[None] * 11), 1000, False),
        # Broken accounts are tried every hour, the others once a day.
        (tried(*[30] * 5), 100, False),
        (tried(*[30] * 10, *[None] * 3), 100, False),
        (tried(30, 30, 1, 1, 1), 5, True),
        (tried(30, 30, 1, 1, 1), 6, False),
    ],
)
def test_a_source_begins_to_fail_when_half_of_several_accounts_do(
    attempts: list[Attempt], accounts: int, fails: bool
) -> None:
    assert fails_broadly(attempts, accounts, NOW, is_open=False) is fails


@pytest.mark.parametrize(
    ("attempts", "accounts", "fails"),
    [
        (tried(), 0, False),
        (tried(), 10, True),
        (tried(None, None), 10, True),
        (tried(None, None), 2, False),
        (tried(None, None, None), 10, False),
        (tried(1, None, None), 10, False),
        (tried(1, 1, None, None, None), 10, True),
        (tried(*[1] * 7, *[None] * 13), 1000, True),
        (tried(*[1] * 6, *[None] * 14), 1000, False),
        (tried(30, 30, 30, None, None, None), 6, False),
    ],
)
def test_it_goes_on_failing_until_two_thirds_answer(attempts: list[Attempt], accounts: int, fails: bool) -> None:
    assert fails_broadly(attempts, accounts, NOW, is_open=True) is fails


# --- as workers see it ----------------------------------------------------------------------------------------


@pytest.fixture
def worker(tmp_path: Path) -> Worker:
    return Worker(tmp_path)


@pytest.fixture
async def shops(cast: Cast) -> list[ClientRef]:
    """Acme's clients; the cast's bakery is the first."""
    return [cast.bakery, *[await client(cast.alice.team_id, f"shop{number}") for number in range(5)]]


async def watch(worker: Worker) -> Turn | None:
    return await watch_source(worker.tools.source, worker.now)


async def all_end(worker: Worker, clients: list[ClientRef], outcome: Outcome | None = None) -> None:
    """None: they answer, and show nothing."""
    for one in clients:
        if outcome is None:
            worker.scripted.shows(one.username)
        else:
            worker.scripted.ends(one.username, outcome, "the source is down")
    await worker.check("stories", *clients)


async def incidents() -> list[dict[str, Any]]:
    return await query("SELECT * FROM source_incidents ORDER BY id")


async def open_alerts() -> list[int]:
    return [row["client_id"] for row in await query("SELECT * FROM inactivity_alerts WHERE resolved_at IS NULL")]


async def test_a_source_that_fails_is_told_once_to_operators_and_owners(
    cast: Cast, worker: Worker, shops: list[ClientRef]
) -> None:
    await query("UPDATE users SET role = 'admin' WHERE id = {}", cast.bob.id)
    outsider = await insert_user("olga@example.org", "Olga", "")
    assert outsider is not None
    empty_team = await insert_team("Initech")
    await insert_member(empty_team, outsider, "owner")
    await all_end(worker, shops)
    worker.later(hours=19)
    await all_end(worker, shops, Outcome.RATE_LIMITED)
    await take_events()

    assert await watch(worker) is Turn.FAILED
    [incident] = await incidents()
    assert (incident["source"], incident["began_at"], incident["ended_at"]) == ("scripted", worker.now, None)
    assert (incident["checks"], incident["failed"], incident["error"]) == (6, 6, "the source is down")
    told = {row["user_id"] for row in await query("SELECT user_id FROM source_notices")}
    assert told == {cast.alice.id, cast.bob.id, cast.charlie.id}
    assert await take_events() == [
        SourceFailed(team_id=team_id) for team_id in (cast.alice.team_id, cast.charlie.team_id)
    ]

    worker.later(minutes=1)
    assert await watch(worker) is None
    assert len(await query("SELECT id FROM source_notices")) == 3
    assert await take_events() == []


async def test_what_is_at_risk_is_known_to_each_team(cast: Cast, worker: Worker, shops: list[ClientRef]) -> None:
    await all_end(worker, shops[:2])
    worker.later(hours=1)
    await all_end(worker, shops[2:])
    worker.later(hours=19)
    risk = await at_risk_of(cast.alice.team_id, worker.now)
    assert (risk.clients, risk.overdue, risk.lost_from) == (0, 0, None)
    await all_end(worker, shops, Outcome.FAILED)
    await watch(worker)

    incident = await open_incident(cast.alice.team_id)
    assert incident is not None
    assert (incident.source, incident.began_at, incident.failed) == ("scripted", worker.now, 6)
    risk = await at_risk_of(cast.alice.team_id, worker.now)
    assert (risk.clients, risk.overdue, risk.lost_from) == (6, 0, NOW + 24 * HOUR)
    worker.later(hours=4)
    risk = await at_risk_of(cast.alice.team_id, worker.now)
    assert (risk.clients, risk.overdue, risk.lost_from) == (6, 2, NOW + 24 * HOUR)
    worker.scripted.shows("bakery")
    await worker.stories(cast.bakery)
    assert (await at_risk_of(cast.alice.team_id, worker.now)).clients == 5
    await query("UPDATE profiles SET state = 'private' WHERE id = {}", shops[1].profile_id)
    assert (await at_risk_of(cast.alice.team_id, worker.now)).clients == 4


async def test_one_broken_account_is_no_incident(cast: Cast, worker: Worker, shops: list[ClientRef]) -> None:
    await all_end(worker, shops)
    worker.scripted.ends("bakery", Outcome.FAILED)
    for _ in range(200):
        worker.later(minutes=20)
        await worker.stories(cast.bakery)
        assert await watch(worker) is None


async def test_an_account_that_nobody_looked_at_for_a_week_is_not_broken(
    cast: Cast, worker: Worker, shops: list[ClientRef]
) -> None:
    await all_end(worker, [*shops, cast.florist], Outcome.FAILED)
    worker.later(days=7)
    await all_end(worker, [*shops, cast.florist], Outcome.FAILED)
    assert await watch(worker) is Turn.FAILED


async def test_accounts_that_nobody_tracks_any_more_count_for_nothing(
    cast: Cast, worker: Worker, shops: list[ClientRef]
) -> None:
    await all_end(worker, shops, Outcome.FAILED)
    for one in shops[2:]:
        await remove_client(one, worker.now)
    assert await watch(worker) is None


async def test_what_the_demo_made_up_is_no_other_sources(cast: Cast, worker: Worker, shops: list[ClientRef]) -> None:
    await query("UPDATE profiles SET external_id = 'demo-' || id WHERE username = 'florist'")
    await all_end(worker, shops, Outcome.FAILED)
    await watch(worker)
    told = [row["user_id"] for row in await query("SELECT user_id FROM source_notices")]
    assert told == [cast.alice.id]
    assert await open_incident(cast.alice.team_id) is not None
    assert await open_incident(cast.charlie.team_id) is None
    assert [event.team_id for event in await take_events() if isinstance(event, SourceFailed)] == [cast.alice.team_id]


async def test_workers_that_look_at_once_open_and_close_one_incident(
    cast: Cast, worker: Worker, shops: list[ClientRef]
) -> None:
    await all_end(worker, shops, Outcome.FAILED)
    await take_events()
    turns = await asyncio.gather(*(watch(worker) for _ in range(4)))
    assert sorted(turn.name for turn in turns if turn) == ["FAILED"]
    worker.later(hours=1)
    await all_end(worker, shops)
    turns = await asyncio.gather(*(watch(worker) for _ in range(4)))
    assert sorted(turn.name for turn in turns if turn) == ["RECOVERED"]
    assert len(await incidents()) == 1
    told = [event for event in await take_events() if isinstance(event, SourceFailed | SourceRecovered)]
    assert len(told) == 4


async def test_an_outage_is_seen_however_rarely_a_failing_source_is_tried(
    cast: Cast, worker: Worker, shops: list[ClientRef]
) -> None:
    """Each account is tried once an hour, at its own minute."""
    turn, hours = None, 0
    while turn is None and hours < 3:
        for one in shops:
            await all_end(worker, [one], Outcome.FAILED)
            worker.later(minutes=10)
            turn = turn or await watch(worker)
        hours += 1
    assert turn is Turn.FAILED


# --- no alert comes out of it ---------------------------------------------------------------------------------


async def _suspected_then_down(worker: Worker, shops: list[ClientRef]) -> None:
    """The bakery is suspected when the source goes down."""
    await all_end(worker, shops)
    for _ in range(4):
        worker.later(hours=12)
        await all_end(worker, shops)
    assert (await client_row(shops[0]))["silence_suspected_at"] == worker.now
    worker.later(hours=1)
    await all_end(worker, shops, Outcome.FAILED)
    assert await watch(worker) is Turn.FAILED


async def test_no_alert_is_raised_while_a_source_fails_and_a_fresh_check_confirms_after_it(
    cast: Cast, worker: Worker, shops: list[ClientRef]
) -> None:
    await _suspected_then_down(worker, shops)
    for _ in range(3):
        worker.later(minutes=30)
        await all_end(worker, shops[:1])
        await all_end(worker, shops[1:], Outcome.FAILED)
        await watch(worker)
        await check_inactivity(lambda: worker.now)
    assert await open_alerts() == []
    assert (await client_row(cast.bakery))["silence_suspected_at"] is not None

    worker.later(minutes=30)
    await all_end(worker, shops[1:])
    assert await watch(worker) is Turn.RECOVERED
    assert await open_alerts() == []
    await check_inactivity(lambda: worker.now)
    due = (await profile_row(cast.bakery.profile_id))["next_story_check_at"]
    assert due <= worker.now + timedelta(minutes=5)
    worker.now = due
    await all_end(worker, shops[:1])
    assert await open_alerts() == [cast.bakery.id] * 2


async def test_whose_check_failed_is_due_at_once_when_the_source_answers_again(
    cast: Cast, worker: Worker, shops: list[ClientRef]
) -> None:
    await all_end(worker, shops, Outcome.FAILED)
    await watch(worker)
    worker.later(hours=1)
    await all_end(worker, shops[:4])
    await all_end(worker, shops[4:], Outcome.FAILED)
    await query("UPDATE profiles SET story_lease_until = next_story_check_at WHERE id = {}", shops[5].profile_id)
    assert await watch(worker) is Turn.RECOVERED
    due = [(await profile_row(one.profile_id))["next_story_check_at"] for one in shops]
    assert due[4] == worker.now
    assert min(due[:4]) > worker.now
    assert due[5] > worker.now, "it is being checked just now"


async def test_each_relapse_is_an_incident_that_ends(cast: Cast, worker: Worker, shops: list[ClientRef]) -> None:
    """Alice reads of each."""
    for hours in (0.5, 0.5, 3):
        await all_end(worker, shops, Outcome.FAILED)
        assert await watch(worker) is Turn.FAILED
        assert await watch(worker) is None
        await query("UPDATE source_notices SET is_read = true WHERE user_id = {}", cast.alice.id)
        worker.later(minutes=20)
        await all_end(worker, shops)
        assert await watch(worker) is Turn.RECOVERED
        assert await watch(worker) is None
        worker.later(hours=hours)
    await all_end(worker, shops, Outcome.FAILED)
    await watch(worker)
    told: dict[int, list[tuple[int, bool]]] = {cast.alice.id: [], cast.charlie.id: []}
    for row in await query("SELECT * FROM source_notices ORDER BY id"):
        told[row["user_id"]].append((row["incident_id"], row["is_read"]))
    assert told[cast.charlie.id] == [(1, False), (2, False), (3, False), (4, False)]
    assert told[cast.alice.id] == [(1, True), (2, True), (3, True), (4, False)]


async def test_whoever_read_of_the_first_is_not_told_of_the_relapse(
    cast: Cast, worker: Worker, shops: list[ClientRef]
) -> None:
    await all_end(worker, shops, Outcome.FAILED)
    await watch(worker)
    await query("UPDATE source_notices SET is_read = true WHERE user_id = {}", cast.alice.id)
    worker.later(minutes=20)
    await all_end(worker, shops)
    await watch(worker)
    worker.later(minutes=20)
    await all_end(worker, shops, Outcome.FAILED)
    await watch(worker)
    assert [notice.is_read for notice in await notices_of(cast.alice, worker)] == [True, True]
    assert [notice.is_read for notice in await notices_of(cast.charlie, worker)] == [False, False]


async def test_a_source_that_is_no_longer_asked_is_no_longer_down(
    cast: Cast, worker: Worker, shops: list[ClientRef]
) -> None:
    await all_end(worker, shops, Outcome.FAILED)
    await watch(worker)
    other = ScriptedSource()
    other.name = "another"
    assert await watch_source(other, worker.now) is None
    assert [row["ended_at"] for row in await incidents()] == [worker.now]


async def test_an_incident_ends_with_the_last_client(cast: Cast, worker: Worker, shops: list[ClientRef]) -> None:
    await all_end(worker, shops, Outcome.FAILED)
    await watch(worker)
    for one in [*shops, cast.florist]:
        await remove_client(one, worker.now)
    assert await watch(worker) is Turn.RECOVERED


async def test_a_broken_account_does_not_keep_an_incident_open(
    cast: Cast, worker: Worker, shops: list[ClientRef]
) -> None:
    worker.scripted.ends("bakery", Outcome.FAILED)
    for _ in range(30):
        await worker.stories(cast.bakery)
        worker.later(hours=1)
    await remove_client(cast.florist, worker.now)
    for one in shops[4:]:
        await remove_client(one, worker.now)
    await all_end(worker, shops[:4], Outcome.FAILED)
    assert await watch(worker) is Turn.FAILED
    worker.later(hours=1)
    await all_end(worker, shops[1:4])
    await all_end(worker, shops[:1], Outcome.FAILED)
    assert await watch(worker) is Turn.RECOVERED


@pytest.mark.parametrize("jump", [-25, -1, 24])
async def test_a_clock_that_jumps_leaves_an_incident_that_ends(
    cast: Cast, worker: Worker, shops: list[ClientRef], jump: int
) -> None:
    await all_end(worker, shops, Outcome.FAILED)
    await watch(worker)
    worker.later(hours=jump)
    await all_end(worker, shops)
    assert await watch(worker) is Turn.RECOVERED
    [incident] = await incidents()
    assert incident["ended_at"] >= incident["began_at"]
    worker.later(minutes=10)
    assert await watch(worker) is None


# --- notices --------------------------------------------------------------------------------------------------


async def test_a_notice_is_its_readers_own(cast: Cast, worker: Worker, shops: list[ClientRef]) -> None:
    await all_end(worker, shops, Outcome.FAILED)
    await watch(worker)
    [mine] = await notices_of(cast.alice, worker)
    assert (mine.is_read, mine.began_at, mine.ended_at) == (False, worker.now, None)
    [incident] = await incidents()
    assert [incident[name] for name in ("source", "checks", "failed", "error")] == [
        "scripted",
        6,
        6,
        "the source is down",
    ]
    assert await notices_of(cast.bob, worker) == ()
    assert not await mark_notice_read(cast.charlie.id, mine.id)
    assert await mark_notice_read(cast.alice.id, mine.id)
    assert not await mark_notice_read(cast.alice.id, mine.id)
    began, ended = worker.now, worker.now + HOUR
    worker.now = ended
    await all_end(worker, shops)
    await watch(worker)
    assert await notices_of(cast.alice, worker) == (
        msgspec.structs.replace(mine, is_read=True, began_at=began, ended_at=ended),
    )
    await query("UPDATE team_members SET role = 'member' WHERE user_id = {}", cast.alice.id)
    assert await notices_of(cast.alice, worker) == ()
    await query("UPDATE users SET role = 'admin' WHERE id = {}", cast.alice.id)
    assert len(await notices_of(cast.alice, worker)) == 1


def test_the_moment_counts_from_which_an_account_fails() -> None:
    """The same accounts, failing since before the source did."""
    attempts = [
        Attempt(profile_id=number, failing_since=NOW - timedelta(hours=23, minutes=59), error=None)
        for number in range(6)
    ]
    assert fails_broadly(attempts, 100, NOW, is_open=False)
    later: datetime = NOW + timedelta(minutes=1)
    assert not fails_broadly(attempts, 100, later, is_open=False)
