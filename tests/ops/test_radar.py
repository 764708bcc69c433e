"""Who could lose a story, by when and why, and what reading costs."""

from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from arq.constants import default_queue_name, health_check_key_suffix
from redis.asyncio import Redis

from app.clients.queries import ClientRef
from app.database import query
from app.embedded.servers import Urls
from app.ops.radar import SHOWN, radar_of, sources_of
from app.ops.views import Risk
from app.ops.worker import Workers
from app.sources.base import Outcome
from tests.cast import NOW, Cast, client
from tests.worker import Worker

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def worker(tmp_path: Path) -> Worker:
    return Worker(tmp_path)


async def seen(worker: Worker, *clients: ClientRef) -> None:
    for one in clients:
        worker.scripted.shows(one.username)
    await worker.check("stories", *clients)


async def tried(worker: Worker, one: ClientRef, outcome: Outcome, error: str | None = None) -> None:
    worker.scripted.ends(one.username, outcome, error)
    await worker.stories(one)


async def next_at(one: ClientRef, moment: datetime | None) -> None:
    await query("UPDATE profiles SET next_story_check_at = {} WHERE id = {}", moment, one.profile_id)


async def risks(now: datetime) -> dict[str, Risk]:
    """By handle, in the order of the page."""
    return {risk.profile.username: risk for risk in (await radar_of(now)).risks}


async def test_whoever_was_seen_and_is_looked_at_again_in_time_is_safe(cast: Cast, worker: Worker) -> None:
    await seen(worker, cast.bakery, cast.florist)
    radar = await radar_of(NOW)
    assert (radar.safety.watched, radar.safety.safe, radar.safety.at_risk) == (2, 2, 0)
    assert radar.safety.safe_until == NOW + 24 * HOUR
    assert radar.risks == ()


async def test_a_new_account_could_lose_a_story_at_any_time(cast: Cast) -> None:
    await next_at(cast.bakery, NOW)
    risk = (await risks(NOW))["bakery"]
    assert (risk.lost_from, risk.is_lost, risk.reasons) == (None, False, ("never_checked",))
    assert (await risks(NOW + HOUR))["bakery"].reasons == ("never_checked", "overdue")


async def test_a_failed_check_is_told_with_its_error_and_how_often(cast: Cast, worker: Worker) -> None:
    await seen(worker, cast.bakery, cast.florist)
    for _ in range(3):
        worker.later(minutes=20)
        await tried(worker, cast.bakery, Outcome.FAILED, "no rows")
    [risk] = (await risks(worker.now)).values()
    assert (risk.profile.username, risk.profile.failures, risk.profile.error) == ("bakery", 3, "no rows")
    assert risk.reasons == ("failed",)
    assert risk.lost_from == NOW + 24 * HOUR


async def test_a_pause_that_the_source_asked_for_is_told_apart(cast: Cast, worker: Worker) -> None:
    await tried(worker, cast.bakery, Outcome.RATE_LIMITED)
    assert (await risks(NOW))["bakery"].reasons == ("rate_limited",)


async def test_after_24_hours_a_story_may_be_lost(cast: Cast, worker: Worker) -> None:
    await seen(worker, cast.bakery)
    at = NOW + 24 * HOUR
    assert not (await risks(at - MINUTE))["bakery"].is_lost
    assert (await risks(at))["bakery"].is_lost


async def test_a_check_that_does_not_come_is_overdue(cast: Cast, worker: Worker) -> None:
    """A claim is a lease of ten minutes, so a little delay is nothing yet."""
    await seen(worker, cast.bakery, cast.florist)
    await next_at(cast.bakery, NOW + HOUR)
    assert await risks(NOW + HOUR + 15 * MINUTE) == {}
    assert (await risks(NOW + HOUR + 16 * MINUTE))["bakery"].reasons == ("overdue",)
    await next_at(cast.bakery, None)
    assert (await risks(NOW))["bakery"].reasons == ("overdue",)


async def test_a_check_that_is_planned_too_late_is_told(cast: Cast, worker: Worker) -> None:
    await seen(worker, cast.bakery, cast.florist)
    await next_at(cast.bakery, NOW + 24 * HOUR + MINUTE)
    assert (await risks(NOW))["bakery"].reasons == ("planned_late",)


async def test_while_a_source_fails_those_with_little_time_are_at_risk(cast: Cast, worker: Worker) -> None:
    await seen(worker, cast.bakery, cast.florist)
    await next_at(cast.bakery, NOW + 20 * HOUR)
    await next_at(cast.florist, NOW + 20 * HOUR)
    later = NOW + 19 * HOUR
    assert await risks(later) == {}
    await query("INSERT INTO source_incidents (source, checks, failed) VALUES ('scripted', 9, 9)")
    assert {name: risk.reasons for name, risk in (await risks(later)).items()} == {
        "bakery": ("incident",),
        "florist": ("incident",),
    }
    assert await risks(NOW) == {}


async def test_the_radar_is_sorted_by_when(cast: Cast, worker: Worker) -> None:
    """Never seen, then lost already, then those that have time left."""
    late, soon = [await client(cast.alice.team_id, name, NOW) for name in ("late", "soon")]
    worker.now = NOW - 25 * HOUR
    await seen(worker, late)
    worker.now = NOW - 2 * HOUR
    await seen(worker, soon, cast.florist)
    worker.now = NOW
    await tried(worker, soon, Outcome.FAILED)
    assert list(await risks(NOW)) == ["bakery", "late", "soon"]


@pytest.mark.parametrize("outcome", [Outcome.PRIVATE, Outcome.NOT_FOUND, Outcome.RESTRICTED])
async def test_accounts_out_of_sight_are_a_list_of_their_own(cast: Cast, worker: Worker, outcome: Outcome) -> None:
    await seen(worker, cast.bakery, cast.florist)
    worker.later(hours=20)
    await seen(worker, cast.florist)
    await tried(worker, cast.bakery, outcome)
    radar = await radar_of(worker.now)
    assert radar.risks == ()
    [risk] = radar.unseen
    assert risk.reasons == (outcome.value,)
    assert (radar.safety.unseen, radar.safety.safe) == (1, 1)


async def test_every_team_that_watches_counts_and_what_nobody_watches_does_not(cast: Cast) -> None:
    await client(cast.charlie.team_id, "bakery")
    await query("UPDATE clients SET archived_at = now() WHERE id = {}", cast.florist.id)
    found = await risks(NOW)
    assert {name: risk.profile.teams for name, risk in found.items()} == {"bakery": 2}


async def test_long_lists_are_cut_and_still_counted(cast: Cast) -> None:
    for number in range(SHOWN):
        await client(cast.alice.team_id, f"shop{number}")
    radar = await radar_of(NOW)
    assert (len(radar.risks), radar.more_risks) == (SHOWN, 2)


# --- sources and worker ---------------------------------------------------------------------------------------


async def _checks(one: ClientRef, source: str, run: str, *moments: datetime, outcome: str = "ok") -> None:
    await query(
        "INSERT INTO checks (profile_id, kind, source, run_id, started_at, finished_at, outcome)"
        " SELECT {}, 'stories', {}, {}, at, at, {} FROM unnest({}::timestamptz[]) AS at",
        one.profile_id,
        source,
        run,
        outcome,
        list(moments),
    )


async def test_a_paid_source_says_what_today_cost_and_what_a_day_takes(cast: Cast) -> None:
    await _checks(cast.bakery, "apify", "stories:a", NOW - HOUR, NOW - 11 * HOUR)
    await _checks(cast.florist, "apify", "stories:a", NOW - 11 * HOUR)
    await _checks(cast.florist, "apify", "stories:b", NOW - 10 * MINUTE, outcome="failed")
    await _checks(cast.florist, "apify", "stories:c", NOW - 13 * HOUR)
    [apify] = await sources_of("apify", 50, NOW)
    assert (apify.today.stories, apify.today.runs, apify.today.names) == (4, 2, 4)
    assert apify.cost == Decimal("0.210")
    assert (apify.planned, apify.planned_cost) == (3, Decimal("0.108"))
    assert dict(apify.last_hour) == {"ok": 1, "failed": 1}


async def test_the_demo_costs_nothing(cast: Cast) -> None:
    [demo] = await sources_of("demo", 50, NOW)
    assert (demo.name, demo.planned, demo.cost, demo.last_hour) == ("demo", None, None, ())


async def test_a_source_that_fails_is_shown_whichever_is_configured(cast: Cast) -> None:
    await query(
        "INSERT INTO source_incidents (source, began_at, checks, failed, error) VALUES ('apify', {}, 9, 8, 'HTTP 503')",
        NOW - HOUR,
    )
    demo, apify = await sources_of("demo", 50, NOW)
    assert demo.incident is None
    assert apify.incident is not None
    assert (apify.incident.began_at, apify.incident.failed) == (NOW - HOUR, 8)
    await query("UPDATE source_incidents SET ended_at = {}", NOW)
    assert [source.incident for source in await sources_of("demo", 50, NOW)] == [None]


async def test_the_worker_is_at_work_while_its_heartbeat_lasts(urls: Urls, empty: None) -> None:
    redis = Redis.from_url(urls.redis_url)
    workers = Workers(redis)
    assert not (await workers.state()).is_working
    await redis.psetex(default_queue_name + health_check_key_suffix, 60_000, b"j_complete=1")
    await redis.zadd(default_queue_name, {"job": 1})
    state = await workers.state()
    assert (state.is_working, state.queued) == (True, 1)
    await redis.aclose()
