"""What is usual for an account, and which silence is not."""

import random
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from app.analytics.coverage import Span
from app.analytics.rhythm import NEVER_BEFORE, AccountRhythm, rhythm_of
from app.clients.queries import ClientRef, client_rows
from app.database import query
from app.sources.base import Outcome
from tests.cast import NOW, Cast, client
from tests.fakes.source import story
from tests.worker import Worker, client_row

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)
ALL: list[Span] = [(NOW - 12 * WEEK - DAY, NOW)]


def rhythm(posted: Iterable[datetime], spans: list[Span] = ALL, since: datetime = NOW - 52 * WEEK) -> AccountRhythm:
    return rhythm_of(sorted(posted), spans, since, NOW)


def every(gap: timedelta, since: datetime = NOW - 12 * WEEK) -> list[datetime]:
    return [since + gap * number for number in range(1, (NOW - since) // gap + 1)]


def test_a_regular_account_is_unusual_after_three_times_its_gap() -> None:
    assert rhythm(every(DAY)) == AccountRhythm(12, DAY, 3 * DAY)


def test_stories_within_an_hour_are_one_occasion() -> None:
    thrice = [moment + timedelta(minutes=15 * n) for moment in every(DAY) for n in range(3)]
    assert rhythm(thrice).usual_gap == DAY - timedelta(minutes=30)


def test_nobody_is_unusual_for_a_night_of_sleep() -> None:
    assert rhythm(every(2 * HOUR)) == AccountRhythm(12, 2 * HOUR, NEVER_BEFORE)


def test_a_free_day_in_every_week_is_a_habit() -> None:
    workdays = [moment for moment in every(8 * HOUR) if moment.weekday() != 6]
    found = rhythm(workdays)
    assert found.usual_gap == 8 * HOUR
    assert found.unusual_after == 1.25 * (DAY + 8 * HOUR)


def test_one_holiday_is_none() -> None:
    holiday = NOW - 6 * WEEK, NOW - 5 * WEEK
    posted = [moment for moment in every(9 * HOUR) if not holiday[0] < moment < holiday[1]]
    assert rhythm(posted).unusual_after == 27 * HOUR


def test_what_nobody_saw_makes_no_gap_longer() -> None:
    """Ten days of outage: the account may have posted every day."""
    away = NOW - 40 * DAY, NOW - 30 * DAY
    posted = [moment for moment in every(DAY) if not away[0] <= moment <= away[1]]
    found = rhythm(posted, [(ALL[0][0], away[0]), (away[1], NOW)])
    assert (found.weeks, found.usual_gap, found.unusual_after) == (10, DAY, 3 * DAY)


def test_outages_that_hide_every_other_day_do_not_double_the_gap() -> None:
    posted = every(DAY)
    seen = posted[::2]
    spans = [(moment - 12 * HOUR, moment + 12 * HOUR) for moment in seen]
    found = rhythm(seen, spans)
    assert (found.weeks, found.usual_gap) == (6, DAY)


@pytest.mark.parametrize(("days", "weeks", "is_enough"), [(2, 0, False), (26, 3, False), (28, 4, True), (90, 12, True)])
def test_nothing_is_said_before_four_weeks_were_observed(days: int, weeks: int, is_enough: bool) -> None:
    since = NOW - days * DAY
    found = rhythm(every(12 * HOUR, since), [(since, NOW - HOUR)], since)
    assert found.weeks == weeks
    assert (found.usual_gap is not None) == (found.unusual_after is not None) == is_enough


def test_nothing_is_said_of_who_posts_too_seldom() -> None:
    assert rhythm(every(9 * DAY)) == AccountRhythm(12)
    assert rhythm([]) == AccountRhythm(12)
    assert rhythm([], [], NOW) == AccountRhythm(0)


@pytest.mark.parametrize("seed", range(5))
def test_an_account_that_goes_on_as_ever_is_seldom_called_unusual(seed: int) -> None:
    """Random gaps: looked at every hour of the following weeks, it is unusual less than one hour in thirty."""
    rng = random.Random(seed)
    moment, posted = NOW - 12 * WEEK, []
    while moment < NOW + 12 * WEEK:
        moment += rng.expovariate(1) * 10 * HOUR
        posted.append(moment)
    limit = rhythm(one for one in posted if one < NOW).unusual_after
    assert limit is not None
    later = [one for one in posted if one > NOW]
    too_long = sum((max(b - a - limit, timedelta()) for a, b in pairwise(later)), timedelta())
    assert too_long < 12 * WEEK / 30


# --- with its checks ------------------------------------------------------------------------------------------


async def _watched(cast: Cast, folder: Path, *, weeks: int, hours: int) -> tuple[ClientRef, Worker]:
    """A client that was watched for so long, and posted as often; its past is stored as checks would have left it."""
    deli = await client(cast.alice.team_id, "deli", NOW - weeks * WEEK)
    since = deli.tracking_started_at
    await query(
        "INSERT INTO stories (profile_id, instagram_story_id, story_type, posted_at, expires_at)"
        " SELECT {}, row_number() OVER (), 'image', at, at + interval '1 day' FROM unnest({}::timestamptz[]) AS at",
        deli.profile_id,
        every(hours * HOUR, since),
    )
    await query(
        "INSERT INTO checks (profile_id, kind, source, started_at, finished_at, outcome)"
        " SELECT {}, 'stories', 'scripted', at, at, 'ok' FROM unnest({}::timestamptz[]) AS at",
        deli.profile_id,
        every(18 * HOUR, since),
    )
    worker = Worker(folder)
    worker.scripted.shows("deli")
    return deli, worker


async def learned(client: ClientRef) -> tuple[int | None, int | None, int | None]:
    row = await client_row(client)
    return row["rhythm_weeks"], row["usual_gap_minutes"], row["unusual_after_minutes"]


async def test_a_check_learns_the_rhythm_and_the_row_says_so(cast: Cast, tmp_path: Path) -> None:
    deli, worker = await _watched(cast, tmp_path, weeks=8, hours=9)
    await worker.stories(deli)
    assert await learned(deli) == (8, 9 * 60, 27 * 60)
    for silent, is_unusual in ((27 * 60, False), (27 * 60 + 1, True)):
        await query("UPDATE clients SET silent_minutes = {} WHERE id = {}", silent, deli.id)
        (row,) = await client_rows(deli.team_id, [deli.id], NOW)
        assert row.is_unusual is is_unusual


async def test_an_account_out_of_sight_is_not_called_unusual(cast: Cast, tmp_path: Path) -> None:
    deli, worker = await _watched(cast, tmp_path, weeks=8, hours=9)
    await worker.stories(deli)
    worker.scripted.ends("deli", Outcome.PRIVATE)
    worker.later(hours=20)
    await worker.stories(deli)
    await query("UPDATE clients SET silent_minutes = 10000 WHERE id = {}", deli.id)
    (row,) = await client_rows(deli.team_id, [deli.id], worker.now)
    assert not row.is_unusual


async def test_each_team_learns_from_what_it_may_see(cast: Cast, tmp_path: Path) -> None:
    deli, worker = await _watched(cast, tmp_path, weeks=8, hours=9)
    newcomer = await client(cast.charlie.team_id, "deli", NOW - 2 * WEEK)
    await worker.stories(deli)
    assert await learned(deli) == (8, 9 * 60, 27 * 60)
    assert await learned(newcomer) == (2, None, None)


async def test_within_an_hour_only_a_new_story_teaches_anything(cast: Cast, tmp_path: Path) -> None:
    deli, worker = await _watched(cast, tmp_path, weeks=8, hours=9)
    await worker.stories(deli)
    await query("UPDATE clients SET usual_gap_minutes = 1 WHERE id = {}", deli.id)
    worker.later(minutes=5)
    await worker.stories(deli)
    assert (await learned(deli))[1] == 1
    worker.scripted.shows("deli", story("900", worker.now))
    worker.later(minutes=5)
    await worker.stories(deli)
    assert (await learned(deli))[1] == 9 * 60
    await query("UPDATE clients SET usual_gap_minutes = 1 WHERE id = {}", deli.id)
    worker.later(hours=1)
    await worker.stories(deli)
    assert (await learned(deli))[1] == 9 * 60


async def test_a_check_that_failed_teaches_nothing(cast: Cast, tmp_path: Path) -> None:
    deli, worker = await _watched(cast, tmp_path, weeks=8, hours=9)
    worker.scripted.ends("deli", Outcome.FAILED)
    await worker.stories(deli)
    assert await learned(deli) == (None, None, None)
