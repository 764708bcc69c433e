"""One attempt to read one profile, from its beginning to its end, and how long it is kept."""

from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from app.analytics.coverage import observed
from app.clients.queries import ClientRef
from app.database import query
from app.profiles.checks import close_check, note_run, open_checks, proved_spans, tidy_checks
from app.sources.base import Outcome, Run
from tests.cast import NOW, Cast
from tests.worker import Worker, checks_of, outcomes

HALF_A_LEASE = timedelta(minutes=5)


async def begin(client: ClientRef, now: datetime, kind: str = "stories", source: str = "scripted") -> tuple[int, Run]:
    opened = await open_checks([client.profile_id], kind, source, now, left_before=now - HALF_A_LEASE)
    return opened[client.profile_id]


async def test_a_check_that_was_interrupted_is_closed_as_failed(cast: Cast) -> None:
    left, _ = await begin(cast.bakery, NOW)
    later = NOW + timedelta(minutes=10)
    new, run = await begin(cast.bakery, later)
    assert new != left
    assert run.ids == {}
    closed, opened = await checks_of(cast.bakery)
    assert (closed["outcome"], closed["error"], closed["finished_at"]) == ("failed", "interrupted", later)
    assert (closed["found"], closed["stored"]) == (0, 0)
    assert (opened["outcome"], opened["finished_at"]) == (None, None)


async def test_a_check_with_a_paid_run_is_taken_up_again(cast: Cast) -> None:
    left, _ = await begin(cast.bakery, NOW)
    await note_run([left], Run(ids={"stories": "run7"}))
    again, run = await begin(cast.bakery, NOW + timedelta(minutes=10))
    assert (again, run.ids) == (left, {"stories": "run7"})
    assert len(await checks_of(cast.bakery)) == 1


async def test_only_the_newest_of_two_paid_runs_is_taken_up(cast: Cast) -> None:
    for minutes, run_id in ((0, "run1"), (2, "run2")):
        left, _ = await begin(cast.bakery, NOW + timedelta(minutes=minutes))
        await note_run([left], Run(ids={"stories": run_id}))
    _, run = await begin(cast.bakery, NOW + timedelta(minutes=20))
    assert run.ids == {"stories": "run2"}
    assert await outcomes(cast.bakery) == ["failed", None]


async def test_a_run_of_yesterday_is_not_fetched_any_more(cast: Cast) -> None:
    left, _ = await begin(cast.bakery, NOW)
    await note_run([left], Run(ids={"stories": "run7"}))
    _, run = await begin(cast.bakery, NOW + timedelta(hours=25))
    assert run.ids == {}
    assert await outcomes(cast.bakery) == ["failed", None]


async def test_a_check_that_somebody_is_at_now_is_left_alone(cast: Cast) -> None:
    first, _ = await begin(cast.bakery, NOW)
    await note_run([first], Run(ids={"stories": "run7"}))
    second, run = await begin(cast.bakery, NOW + timedelta(minutes=1))
    assert (second != first, run.ids) == (True, {})
    assert await outcomes(cast.bakery) == [None, None]


@pytest.mark.parametrize(("kind", "source"), [("posts", "scripted"), ("stories", "another")])
async def test_a_run_of_another_kind_or_source_is_not_taken_up(cast: Cast, kind: str, source: str) -> None:
    left, _ = await begin(cast.bakery, NOW)
    await note_run([left], Run(ids={"stories": "run7"}))
    _, run = await begin(cast.bakery, NOW + timedelta(minutes=10), kind, source)
    assert run.ids == {}


async def test_a_long_error_is_cut(cast: Cast) -> None:
    check_id, _ = await begin(cast.bakery, NOW)
    await close_check(check_id, Outcome.FAILED, NOW, error="e" * 2000)
    assert len((await checks_of(cast.bakery))[0]["error"]) == 500


async def test_checks_are_kept_for_90_days(cast: Cast) -> None:
    for days in (91, 89, 1):
        await _checked(cast.bakery, NOW - timedelta(days=days), "scripted")
    await tidy_checks(NOW)
    assert len(await checks_of(cast.bakery)) == 2


async def test_the_demos_many_checks_are_thinned_out_and_cover_the_same(cast: Cast) -> None:
    """Every minute for three hours, then two days off, then again; some of them failed."""
    for begins in (NOW - timedelta(hours=60), NOW - timedelta(hours=6)):
        for minute in range(180):
            outcome = Outcome.FAILED if minute % 7 == 0 or minute in (58, 59, 60, 61) else Outcome.OK
            await _checked(cast.bakery, begins + timedelta(minutes=minute), "demo", outcome)
    since = NOW - timedelta(days=5)
    before = await proved_spans(cast.bakery.profile_id, since)
    await tidy_checks(NOW)
    after = await proved_spans(cast.bakery.profile_id, since)

    assert len(before) > 200
    assert len(after) <= 16
    moments = [since + timedelta(minutes=10 * step) for step in range(6 * 24 * 5 + 1)]
    for start, end in pairwise(moments):
        assert observed(after, start, end) == observed(before, start, end)
    await tidy_checks(NOW)
    assert await proved_spans(cast.bakery.profile_id, since) == after


async def test_the_demos_newest_checks_and_open_ones_stay(cast: Cast) -> None:
    for minute in range(30):
        await _checked(cast.bakery, NOW - timedelta(minutes=minute), "demo")
    await begin(cast.florist, NOW - timedelta(hours=3), source="demo")
    await tidy_checks(NOW)
    assert len(await checks_of(cast.bakery)) == 30
    assert len(await checks_of(cast.florist)) == 1


async def test_other_sources_checks_are_not_thinned_out(cast: Cast, tmp_path: Path) -> None:
    worker = Worker(tmp_path)
    worker.scripted.shows("bakery")
    for _ in range(5):
        await worker.stories(cast.bakery)
        worker.later(minutes=1)
    await tidy_checks(NOW + timedelta(days=2))
    assert len(await checks_of(cast.bakery)) == 5


async def _checked(client: ClientRef, moment: datetime, source: str, outcome: Outcome = Outcome.OK) -> None:
    await query(
        "INSERT INTO checks (profile_id, kind, source, started_at, finished_at, outcome)"
        " VALUES ({}, 'stories', {}, {}, {}, {})",
        client.profile_id,
        source,
        moment,
        moment + timedelta(seconds=2),
        outcome.value,
    )
