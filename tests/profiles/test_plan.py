"""When an account is looked at again, by its own hours; weeks of it are played through."""

import random
from bisect import bisect_left
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from app.database import query
from app.profiles.plan import LEAST_STORIES, TOGETHER, plan_check, planned, posting_hours
from app.profiles.queries import good_story_checks
from app.sources.base import Outcome
from app.sources.demo import DemoSource
from tests.cast import NOW, Cast
from tests.fakes.source import ScriptedSource
from tests.worker import Worker, profile_row

RHYTHM = ScriptedSource.rhythm
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)
MIDNIGHT = NOW - 12 * HOUR

Days = Callable[[random.Random], Sequence[float]]
"""The hours at which an account posts on one day."""

REGULAR: dict[str, Days] = {
    "every evening": lambda rng: [rng.gauss(18, 0.4)],
    "lunch and supper": lambda rng: [rng.gauss(11, 0.5), rng.gauss(19, 0.5)],
    "over midnight": lambda rng: [rng.gauss(24, 1), rng.gauss(24, 1)],
    "opening hours": lambda rng: [rng.uniform(9, 20) for _ in range(3)],
}
IRREGULAR: dict[str, Days] = {
    "any hour": lambda rng: [rng.uniform(0, 24) for _ in range(3)],
    "seldom": lambda rng: [rng.gauss(18, 1)] if rng.random() < 0.2 else [],
}


class Played:
    """Ten weeks that are known, and eight that are checked."""

    def __init__(self, days: Days, seed: int, *, knows: bool = True) -> None:
        self.rng = random.Random(seed)
        self.posted = sorted(MIDNIGHT + day * DAY + hour * HOUR for day in range(-70, 57) for hour in days(self.rng))
        self.hours = posting_hours([moment for moment in self.posted if moment < NOW]) if knows else None
        self.checks = [NOW]
        while self.checks[-1] < NOW + 8 * WEEK:
            self.checks.append(self.next())

    def next(self) -> datetime:
        now = self.checks[-1]
        if self.hours is None:
            return now + RHYTHM.stories_every * self.rng.uniform(0.8, 1)
        return planned(self.hours, self.checks[-TOGETHER:], RHYTHM.stories_every, now, self.rng.uniform)

    @property
    def waits(self) -> list[timedelta]:
        return [later - earlier for earlier, later in zip(self.checks, self.checks[1:], strict=False)]

    @property
    def a_day(self) -> float:
        return (len(self.checks) - 1) / ((self.checks[-1] - self.checks[0]) / DAY)

    @property
    def delay(self) -> float:
        """Hours until a story is seen, on average."""
        seen = [moment for moment in self.posted if NOW < moment < NOW + 8 * WEEK]
        waits = [self.checks[bisect_left(self.checks, moment)] - moment for moment in seen]
        return sum(waits, timedelta()) / len(waits) / HOUR


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("name", REGULAR)
def test_a_regular_accounts_stories_are_seen_sooner_at_no_more_requests(name: str, seed: int) -> None:
    with_plan, without = Played(REGULAR[name], seed), Played(REGULAR[name], seed, knows=False)
    assert with_plan.hours is not None
    assert with_plan.delay < 0.92 * without.delay
    assert with_plan.a_day <= 24 / 18 + 0.01
    assert max(with_plan.waits) <= RHYTHM.stories_every


def test_who_posts_once_a_day_is_seen_in_two_thirds_of_the_time() -> None:
    delays = [Played(REGULAR["every evening"], seed).delay for seed in range(8)]
    usual = [Played(REGULAR["every evening"], seed, knows=False).delay for seed in range(8)]
    assert sum(delays) < 0.72 * sum(usual)


def test_dead_hours_are_seldom_looked_at() -> None:
    """Checks in the eight hours after midnight, of an account that posts from 9 to 20: a third, if spread."""

    def at_night(played: Played) -> float:
        return sum(moment.hour < 8 for moment in played.checks) / len(played.checks)

    shares = [at_night(Played(REGULAR["opening hours"], seed)) for seed in range(8)]
    assert sum(shares) / len(shares) < 0.29


@pytest.mark.parametrize("name", IRREGULAR)
def test_without_a_habit_there_is_no_plan(name: str) -> None:
    played = Played(IRREGULAR[name], 1)
    assert played.hours is None
    assert all(0.8 <= wait / RHYTHM.stories_every <= 1 for wait in played.waits)


@pytest.mark.parametrize("seed", range(20))
def test_whatever_was_posted_and_checked_no_wait_is_too_long_and_the_budget_holds(seed: int) -> None:
    rng = random.Random(seed)
    weights = [rng.random() ** 6 for _ in range(24)]
    hours = [weight / sum(weights) for weight in weights]
    checks = [NOW]
    while len(checks) < 100:
        checks.append(planned(hours, checks[-TOGETHER:], RHYTHM.stories_every, checks[-1], rng.uniform))
        if rng.random() < 0.1:  # somebody asked for a check, or one was late
            checks.append(checks[-1] + rng.uniform(0.1, 30) * HOUR)
    own = [planned(hours, checks[n - 3 : n + 1], RHYTHM.stories_every, checks[n], rng.uniform) for n in range(3, 99)]
    assert all(12 * HOUR - HOUR / 2 <= due - checks[n] <= 20 * HOUR for n, due in enumerate(own, start=3))


def test_a_check_that_came_early_is_paid_back() -> None:
    evening = posting_hours([MIDNIGHT - day * DAY + 18 * HOUR for day in range(40)])
    assert evening is not None
    just_before = [NOW - 20 * HOUR, NOW - HOUR, NOW]
    assert planned(evening, just_before, RHYTHM.stories_every, NOW, lambda low, _: low) == NOW + 20 * HOUR


def test_few_stories_are_no_habit() -> None:
    posted = [MIDNIGHT - day * DAY + 18 * HOUR for day in range(LEAST_STORIES)]
    assert posting_hours(posted) is not None
    assert posting_hours(posted[1:]) is None
    assert posting_hours([MIDNIGHT + number * timedelta(minutes=1) for number in range(300)]) is None


# --- with its checks ------------------------------------------------------------------------------------------


async def _posts_every_evening(profile_id: int) -> None:
    await query(
        "INSERT INTO stories (profile_id, instagram_story_id, story_type, posted_at, expires_at)"
        " SELECT {}, row_number() OVER (), 'image', at, at + interval '1 day' FROM unnest({}::timestamptz[]) AS at",
        profile_id,
        [MIDNIGHT - day * DAY + 18 * HOUR for day in range(1, 60)],
    )


async def test_the_next_check_of_a_regular_account_comes_after_its_hours(cast: Cast, tmp_path: Path) -> None:
    """Checked every 20 hours until now, it has eight hours to spare: one long wait less brings it to the evening."""
    await _posts_every_evening(cast.bakery.profile_id)
    # Its silence must not call for a check that confirms it.
    await query("UPDATE clients SET inactive_after_days = 60")
    # Nobody asks for a check that confirms its silence.
    await query("UPDATE clients SET inactive_after_days = 60")
    worker = Worker(tmp_path)
    worker.scripted.shows("bakery")
    worker.now = NOW - 60 * HOUR
    for _ in range(3):
        await worker.stories(cast.bakery)
        worker.later(hours=20)
    worker.now = NOW + 2.5 * HOUR
    await worker.stories(cast.bakery)
    assert len(await good_story_checks(cast.bakery.profile_id, 10)) == 4
    waits = []
    for _ in range(8):
        due = (await profile_row(cast.bakery.profile_id))["next_story_check_at"]
        waits.append((due - worker.now) / HOUR)
        worker.now = due
        await worker.stories(cast.bakery)
    assert max(waits) <= 20
    assert sum(waits) / len(waits) >= 17.9
    assert min(waits) < 15


async def test_failed_checks_and_unseen_accounts_keep_their_own_times(cast: Cast) -> None:
    await _posts_every_evening(cast.bakery.profile_id)

    async def wait(outcome: Outcome, failures: int) -> timedelta:
        due = await plan_check(cast.bakery.profile_id, RHYTHM, outcome, failures, NOW, lambda _, high: high)
        return due - NOW

    assert await wait(Outcome.FAILED, 1) == timedelta(minutes=5)
    assert await wait(Outcome.RATE_LIMITED, 3) == timedelta(minutes=20)
    assert await wait(Outcome.PRIVATE, 0) == 20 * HOUR


async def test_the_demo_keeps_its_seconds(cast: Cast) -> None:
    await _posts_every_evening(cast.bakery.profile_id)
    rhythm = DemoSource(lambda: NOW).rhythm
    due = await plan_check(cast.bakery.profile_id, rhythm, Outcome.OK, 0, NOW)
    assert due - NOW <= rhythm.stories_every < timedelta(minutes=1)
