from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.analytics.coverage import observed, observed_minutes, proved_span

BEGIN = datetime(2026, 3, 8, tzinfo=UTC)
HOURS = 60
"""In minutes, as are all numbers of the model."""

Check = tuple[int, int]
"""When it started, and how long it took."""

CHECKS = st.lists(
    st.tuples(st.integers(-30 * HOURS, 80 * HOURS), st.integers(0, 30 * HOURS)),
    max_size=6,
)


def at(minute: int) -> datetime:
    return BEGIN + timedelta(minutes=minute)


def saw(checks: list[Check], minute: int) -> bool:
    """A story posted within this minute was alive when some check had ended, and was there when it had begun."""
    return any(started + took - 24 * HOURS <= minute < started for started, took in checks)


@given(CHECKS, st.integers(0, 40 * HOURS), st.integers(0, 26 * HOURS))
def test_coverage_equals_looking_at_every_minute(checks: list[Check], start: int, length: int) -> None:
    spans = [proved_span(at(started), at(started + took)) for started, took in checks]
    by_hand = sum(saw(checks, minute) for minute in range(start, start + length))
    assert observed_minutes(spans, at(start), at(start + length)) == by_hand


@given(CHECKS)
def test_the_order_of_checks_means_nothing_and_a_second_look_adds_nothing(checks: list[Check]) -> None:
    spans = [proved_span(at(started), at(started + took)) for started, took in checks]
    whole = observed(spans, at(0), at(48 * HOURS))
    assert observed([*reversed(spans), *spans], at(0), at(48 * HOURS)) == whole


def test_a_quick_check_proves_the_24_hours_before_it() -> None:
    assert proved_span(at(0), at(0)) == (at(-24 * HOURS), at(0))


def test_a_slow_check_proves_less() -> None:
    """A story that vanished while the check went on may have been missed, and so may one that came."""
    assert proved_span(at(0), at(90)) == (at(90 - 24 * HOURS), at(0))


def test_a_check_longer_than_a_story_lives_proves_nothing() -> None:
    for took in (24 * HOURS, 24 * HOURS + 1, 30 * HOURS):
        span = proved_span(at(0), at(took))
        assert observed([span], at(-48 * HOURS), at(48 * HOURS)) == timedelta()


def test_no_checks_observe_nothing() -> None:
    assert observed_minutes([], at(0), at(24 * HOURS)) == 0


def test_a_day_that_begun_is_not_counted_before_it() -> None:
    span = proved_span(at(12 * HOURS), at(12 * HOURS))
    assert observed_minutes([span], at(0), at(24 * HOURS)) == 12 * 60
