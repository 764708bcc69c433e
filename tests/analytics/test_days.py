from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.analytics.days import day_bounds, day_of, days_between

ZONES = ("UTC", "Asia/Riyadh", "Asia/Tokyo", "America/New_York", "Africa/Cairo", "Australia/Lord_Howe")


def utc(day: int, hour: int, minute: int = 0, *, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "begins"),
    [
        ("UTC", utc(10, 0)),
        ("Asia/Riyadh", utc(9, 21)),
        ("Asia/Tokyo", utc(9, 15)),
        ("America/New_York", utc(10, 4)),
    ],
)
def test_a_teams_day_begins_at_its_own_midnight(zone: str, begins: datetime) -> None:
    day = date(2026, 3, 10)
    assert day_bounds(day, zone) == (begins, begins + timedelta(hours=24))
    assert day_of(begins, zone) == day
    assert day_of(begins - timedelta(microseconds=1), zone) == day - timedelta(days=1)


def test_one_story_lies_on_two_days_for_two_teams() -> None:
    posted_at = utc(10, 22)
    assert day_of(posted_at, "Asia/Tokyo") == date(2026, 3, 11)
    assert day_of(posted_at, "America/New_York") == date(2026, 3, 10)


def test_new_york_has_a_day_of_23_hours_in_march() -> None:
    assert day_bounds(date(2026, 3, 8), "America/New_York") == (utc(8, 5), utc(9, 4))


def test_new_york_has_a_day_of_25_hours_in_november() -> None:
    begins, ends = day_bounds(date(2026, 11, 1), "America/New_York")
    assert (begins, ends) == (utc(1, 4, month=11), utc(2, 5, month=11))
    # The hour that comes twice lies on this day both times.
    assert {day_of(utc(1, hour, 30, month=11), "America/New_York") for hour in (5, 6)} == {date(2026, 11, 1)}


def test_a_midnight_that_the_clocks_skip_is_the_moment_of_the_change() -> None:
    """In Cairo summer time begins at midnight: the clocks go from 23:59 to 1:00."""
    begins, ends = day_bounds(date(2026, 4, 24), "Africa/Cairo")
    assert (begins, ends) == (utc(23, 22, month=4), utc(24, 21, month=4))
    assert day_of(begins, "Africa/Cairo") == date(2026, 4, 24)
    assert day_of(begins - timedelta(seconds=1), "Africa/Cairo") == date(2026, 4, 23)


def test_the_last_24_hours_touch_two_days_or_three() -> None:
    assert days_between(utc(9, 12), utc(10, 12), "UTC") == [date(2026, 3, 9), date(2026, 3, 10)]
    assert days_between(utc(9, 0), utc(10, 0), "UTC") == [date(2026, 3, 9), date(2026, 3, 10)]
    # The short Sunday lies whole within them.
    assert days_between(utc(8, 4, 30), utc(9, 4, 30), "America/New_York") == [
        date(2026, 3, 7),
        date(2026, 3, 8),
        date(2026, 3, 9),
    ]


@given(st.integers(0, 3 * 365 * 24 * 60), st.sampled_from(ZONES))
def test_every_moment_lies_in_exactly_the_day_that_is_told(minute: int, zone: str) -> None:
    moment = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    day = day_of(moment, zone)
    begins, ends = day_bounds(day, zone)
    assert begins <= moment < ends
    assert timedelta(hours=23) <= ends - begins <= timedelta(hours=25)
    assert ends == day_bounds(day + timedelta(days=1), zone)[0]
