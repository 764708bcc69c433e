"""What the minute job does with the time that went by, and what the timetable says."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from arq import ArqRedis, create_pool
from arq.connections import RedisSettings

from app.alerts.snoozes import AT_ONCE, wake_alerts
from app.clients.midnight import announce_new_days
from app.clients.queries import ClientRef
from app.database import query
from app.embedded.servers import Urls
from app.live.events import AlertHandled, DayBegan
from app.sources.base import Outcome
from app.teams.queries import insert_team
from tasks.clock import turn_of_the_clock
from tasks.inactivity import NET
from tasks.stories import archive_stories
from tasks.worker import timetable
from tests.cast import NOW, Cast, client
from tests.worker import Worker, take_events

HOUR = timedelta(hours=1)


@pytest.fixture
async def queue(urls: Urls, empty: None) -> AsyncIterator[ArqRedis]:
    queue = await create_pool(RedisSettings.from_dsn(urls.redis_url))
    yield queue
    await queue.aclose()


@pytest.fixture
def worker(tmp_path: Path) -> Worker:
    return Worker(tmp_path)


async def snoozed(client: ClientRef, user_id: int, until: datetime | None) -> int:
    rows = await query(
        "INSERT INTO inactivity_alerts (client_id, user_id, days_inactive, is_read, snoozed_until, created_at)"
        " VALUES ({}, {}, 3, true, {}, {}) RETURNING id",
        client.id,
        user_id,
        until,
        NOW - HOUR,
    )
    return int(rows[0]["id"])


async def state_of(alert_id: int) -> tuple[bool, datetime | None]:
    [row] = await query("SELECT is_read, snoozed_until FROM inactivity_alerts WHERE id = {}", alert_id)
    return row["is_read"], row["snoozed_until"]


async def test_a_snooze_that_is_over_brings_the_alert_back_to_its_member(cast: Cast) -> None:
    alices = await snoozed(cast.bakery, cast.alice.id, NOW)
    bobs = await snoozed(cast.bakery, cast.bob.id, NOW + HOUR)
    await take_events()
    assert await wake_alerts(NOW - timedelta(seconds=1)) == 0
    assert await wake_alerts(NOW) == 1
    assert (await state_of(alices), await state_of(bobs)) == ((False, None), (True, NOW + HOUR))
    assert await take_events() == [AlertHandled(team_id=cast.alice.team_id, user_id=cast.alice.id)]


@pytest.mark.parametrize(
    "change", ["snoozed_until = '9999-01-01Z'", "resolved_at = now(), snoozed_until = now() - interval '1 day'"]
)
async def test_what_waits_for_a_story_or_is_over_stays_so(cast: Cast, change: str) -> None:
    alert = await snoozed(cast.bakery, cast.alice.id, NOW)
    await query(f"UPDATE inactivity_alerts SET {change} WHERE id = {{}}", alert)
    assert await wake_alerts(datetime(2100, 1, 1, tzinfo=UTC)) == 0


async def test_a_snooze_ends_once_however_many_look_and_whatever_the_clock_does(cast: Cast) -> None:
    alert = await snoozed(cast.bakery, cast.alice.id, NOW)
    await take_events()
    assert sum(await asyncio.gather(*(wake_alerts(NOW) for _ in range(4)))) == 1
    await query("UPDATE inactivity_alerts SET is_read = true")
    for jump in (-HOUR, HOUR, timedelta(days=1), timedelta(), timedelta(days=400)):
        assert await wake_alerts(NOW + jump) == 0
    assert await state_of(alert) == (True, None)
    assert len(await take_events()) == 1


async def test_a_clock_that_goes_back_loses_no_snooze(cast: Cast) -> None:
    alert = await snoozed(cast.bakery, cast.alice.id, NOW)
    assert await wake_alerts(NOW - HOUR) == 0
    assert await wake_alerts(NOW - timedelta(days=1)) == 0
    assert await wake_alerts(NOW + timedelta(minutes=7)) == 1
    assert await state_of(alert) == (False, None)


async def test_ten_thousand_snoozes_end_together(cast: Cast) -> None:
    await query(
        "INSERT INTO profiles (platform, username, state) SELECT 'instagram', 'many' || n, 'ok'"
        " FROM generate_series(1, 10000) AS n"
    )
    await query(
        "INSERT INTO clients (team_id, profile_id) SELECT {}, id FROM profiles WHERE username LIKE 'many%'",
        cast.alice.team_id,
    )
    await query(
        "INSERT INTO inactivity_alerts (client_id, user_id, snoozed_until)"
        " SELECT c.id, {}, {} FROM clients c JOIN profiles p ON p.id = c.profile_id WHERE p.username LIKE 'many%'",
        cast.bob.id,
        NOW,
    )
    await take_events()
    assert await wake_alerts(NOW) == 10_000
    events = await take_events()
    assert set(events) == {AlertHandled(team_id=cast.alice.team_id, user_id=cast.bob.id)}
    assert len(events) == 10_000 / AT_ONCE


async def test_the_minute_job_does_all_of_it(cast: Cast, worker: Worker, queue: ArqRedis) -> None:
    await snoozed(cast.bakery, cast.alice.id, NOW)
    ctx = {"tools": worker.tools, "redis": queue}
    assert await turn_of_the_clock(ctx) == "2 days began, 1 snoozes ended"
    assert await turn_of_the_clock(ctx) == "0 days began, 0 snoozes ended"


async def test_after_a_recovery_everything_is_evaluated_again_once(cast: Cast, worker: Worker, queue: ArqRedis) -> None:
    shops = [await client(cast.alice.team_id, f"shop{number}") for number in range(6)]
    ctx: dict[str, Any] = {"tools": worker.tools, "redis": queue}
    for one in shops:
        worker.scripted.ends(one.username, Outcome.FAILED)
    await archive_stories(ctx, [one.profile_id for one in shops])
    assert len(await query("SELECT id FROM source_incidents WHERE ended_at IS NULL")) == 1
    assert await queue.queued_jobs() == []
    for one in shops:
        worker.scripted.shows(one.username)
    worker.later(minutes=5)
    await archive_stories(ctx, [one.profile_id for one in shops])
    await turn_of_the_clock(ctx)
    assert [job.function for job in await queue.queued_jobs()] == [NET]


def test_the_timetable_knows_the_net(worker: Worker) -> None:
    functions, crons = timetable(worker.tools.source.rhythm)
    assert NET in [function.name for function in functions]
    [net] = [job for job in crons if job.name == "cron:check_inactivity"]
    assert (net.hour, net.minute, net.unique) == (6, 0, True)


# --- days -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "first"),
    [
        ("Asia/Beirut", date(2026, 3, 27)),  # its clocks go forward at midnight, which so does not exist
        ("America/Havana", date(2026, 10, 30)),  # its clocks go back at one: midnight comes twice
        ("Europe/Berlin", date(2026, 10, 23)),
        ("Australia/Lord_Howe", date(2026, 4, 3)),
        ("Pacific/Kiritimati", date(2026, 3, 27)),
    ],
)
async def test_each_day_begins_once_where_clocks_are_put_forward_and_back(cast: Cast, zone: str, first: date) -> None:
    team = await insert_team("Initech", zone)
    start = datetime(first.year, first.month, first.day, 12, tzinfo=UTC)
    await announce_new_days(start)
    await take_events()
    began: list[date] = []
    for step in range(5 * 48):
        await announce_new_days(start + step * timedelta(minutes=30))
        began += [e.day for e in await take_events() if isinstance(e, DayBegan) and e.team_id == team]
    assert len(began) == 5
    assert began == [began[0] + timedelta(days=n) for n in range(5)]


async def test_a_clock_that_jumps_leaves_every_page_with_the_day_that_it_shows(cast: Cast) -> None:
    """A page shows the day of the clock. So it must hear of each change of it, back and forth, and of nothing else."""
    team, midnight = cast.alice.team_id, datetime(2026, 3, 11, tzinfo=UTC)
    await announce_new_days(midnight - HOUR)
    await take_events()
    moments = [-1, 1, 2, -58, -3, 0, 5, 24 * 60, 24 * 60 + 1, 10, 11]
    shown = date(2026, 3, 10)
    for minutes in moments:
        now = midnight + timedelta(minutes=minutes)
        await announce_new_days(now)
        told = [e.day for e in await take_events() if isinstance(e, DayBegan) and e.team_id == team]
        assert told == ([now.date()] if now.date() != shown else [])
        shown = now.date()
