"""Whose turn it is: claims, leases, and when to look again."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from app.clients.queries import ClientRef
from app.database import query
from app.embedded.servers import Urls
from app.profiles.due import claim_due, next_check
from app.sources.base import Outcome, Rhythm
from app.sources.demo import DemoSource
from tests.cast import NOW, Cast, client
from tests.fakes.source import ScriptedSource
from tests.worker import Worker, profile_row

RHYTHM = ScriptedSource.rhythm
FAILED = [Outcome.FAILED, Outcome.RATE_LIMITED]


async def claim(kind: str = "stories", now: datetime = NOW, limit: int = 1000) -> list[int]:
    return [due.profile_id for due in await claim_due(kind, ScriptedSource(), now, limit)]


async def many(cast: Cast, count: int) -> set[int]:
    added = [await client(cast.alice.team_id, f"shop{number}") for number in range(count)]
    return {one.profile_id for one in added}


async def test_a_client_that_was_just_added_is_due_for_both_kinds(cast: Cast) -> None:
    both = {cast.bakery.profile_id, cast.florist.profile_id}
    assert set(await claim("stories")) == both
    assert set(await claim("posts")) == both


async def test_a_claimed_profile_is_not_claimed_again(cast: Cast) -> None:
    assert len(await claim()) == 2
    assert await claim() == []


async def test_two_workers_share_what_is_due_and_get_nothing_twice(cast: Cast) -> None:
    shops = await many(cast, 40)
    claimed = await asyncio.gather(*(claim(limit=15) for _ in range(4)))
    got = [profile_id for part in claimed for profile_id in part]
    assert len(got) == len(set(got))
    assert set(got) | set(await claim()) == shops | {cast.bakery.profile_id, cast.florist.profile_id}


async def test_a_claimer_does_not_wait_for_what_another_one_holds(cast: Cast, urls: Urls) -> None:
    """The bakery's row is held by a transaction that goes on: only the florist is free."""
    other = await asyncpg.connect(urls.database_url)
    async with other.transaction():
        await other.execute("SELECT id FROM profiles WHERE id = $1 FOR UPDATE", cast.bakery.profile_id)
        async with asyncio.timeout(5):
            assert await claim() == [cast.florist.profile_id]
    await other.close()
    assert await claim() == [cast.bakery.profile_id]


async def test_what_a_killed_worker_had_claimed_is_due_again_after_the_lease(cast: Cast) -> None:
    claimed = await claim()
    assert await claim(now=NOW + RHYTHM.lease - timedelta(seconds=1)) == []
    assert await claim(now=NOW + RHYTHM.lease) == claimed


async def test_a_finished_check_moves_the_profile_into_tomorrow(cast: Cast, tmp_path: Path) -> None:
    worker = Worker(tmp_path)
    worker.scripted.shows("bakery")
    worker.scripted.shows("florist")
    assert len(await claim()) == 2
    await worker.check("stories", cast.bakery, cast.florist)
    assert await claim(now=NOW + timedelta(hours=15)) == []
    assert len(await claim(now=NOW + timedelta(hours=20))) == 2


async def test_what_a_clock_that_ran_ahead_had_planned_is_due_once_it_is_right_again(cast: Cast) -> None:
    await _due_at(cast.bakery, NOW + timedelta(days=1, hours=18))
    await _due_at(cast.florist, NOW + RHYTHM.stories_every)
    assert await claim() == [cast.bakery.profile_id]


async def test_who_waits_longest_comes_first(cast: Cast) -> None:
    await _due_at(cast.florist, NOW - timedelta(hours=2))
    await _due_at(cast.bakery, NOW - timedelta(hours=1))
    assert await claim(limit=1) == [cast.florist.profile_id]
    assert await claim(limit=1) == [cast.bakery.profile_id]


async def test_a_profile_that_no_client_holds_is_not_read(cast: Cast) -> None:
    await query("UPDATE clients SET archived_at = now() WHERE id = {}", cast.bakery.id)
    await query(
        "INSERT INTO profiles (username, platform, next_story_check_at) VALUES ('nobodys', 'instagram', {})", NOW
    )
    assert await claim() == [cast.florist.profile_id]


async def test_one_team_that_still_watches_is_enough(cast: Cast) -> None:
    await client(cast.charlie.team_id, "bakery")
    await query("UPDATE clients SET archived_at = now() WHERE id = {}", cast.bakery.id)
    assert cast.bakery.profile_id in await claim()


async def test_what_the_demo_made_up_is_claimed_for_the_demo_only(cast: Cast) -> None:
    await query("UPDATE profiles SET external_id = 'demo-01' WHERE id = {}", cast.bakery.profile_id)
    assert await claim() == [cast.florist.profile_id]
    demo = await claim_due("stories", DemoSource(lambda: NOW), NOW)
    assert [due.profile_id for due in demo] == [cast.bakery.profile_id]


async def test_an_account_that_was_not_found_is_told_apart(cast: Cast) -> None:
    await query("UPDATE profiles SET state = 'not_found' WHERE id = {}", cast.florist.profile_id)
    claimed = await claim_due("stories", ScriptedSource(), NOW)
    assert {due.profile_id: due.is_missing for due in claimed} == {
        cast.bakery.profile_id: False,
        cast.florist.profile_id: True,
    }


def wait(outcome: Outcome, failures: int = 0, *, chance: float, rhythm: Rhythm = RHYTHM) -> timedelta:
    """`chance`: 0 draws the earliest, 1 the latest."""
    drawn = next_check(
        rhythm, rhythm.stories_every, outcome, failures, NOW, lambda low, high: low + (high - low) * chance
    )
    return drawn - NOW


@pytest.mark.parametrize("outcome", [one for one in Outcome if one not in FAILED])
def test_good_checks_are_spread_over_the_fifth_before_the_limit(outcome: Outcome) -> None:
    assert wait(outcome, chance=0) == timedelta(hours=16)
    assert wait(outcome, chance=1) == timedelta(hours=20)


@pytest.mark.parametrize("outcome", FAILED)
def test_the_wait_after_failures_doubles_up_to_an_hour(outcome: Outcome) -> None:
    waits = [wait(outcome, failures, chance=1) / timedelta(minutes=1) for failures in range(1, 8)]
    assert waits == [5, 10, 20, 40, 60, 60, 60]
    assert wait(outcome, 1000, chance=1) == timedelta(hours=1)
    assert wait(outcome, 3, chance=0) == timedelta(minutes=15)


def test_many_profiles_that_were_read_together_come_apart() -> None:
    moments = {next_check(RHYTHM, RHYTHM.stories_every, Outcome.OK, 0, NOW) for _ in range(100)}
    assert len(moments) == 100
    assert max(moments) - min(moments) > timedelta(hours=2)


async def test_failures_count_from_the_last_check_that_ended_otherwise(cast: Cast, tmp_path: Path) -> None:
    worker = Worker(tmp_path)
    answers = [Outcome.FAILED, Outcome.RATE_LIMITED, Outcome.FAILED, Outcome.PRIVATE, Outcome.FAILED]
    waits = []
    for outcome in answers:
        worker.scripted.ends("bakery", outcome)
        await worker.stories(cast.bakery)
        waits.append((await profile_row(cast.bakery.profile_id))["next_story_check_at"] - worker.now)
        worker.later(hours=1)
    most = [timedelta(minutes=5), timedelta(minutes=10), timedelta(minutes=20), timedelta(hours=20)]
    for waited, longest in zip(waits, [*most, timedelta(minutes=5)], strict=True):
        assert longest * 0.75 <= waited <= longest


async def _due_at(client: ClientRef, moment: datetime) -> None:
    await query("UPDATE profiles SET next_story_check_at = {} WHERE id = {}", moment, client.profile_id)
