from datetime import UTC, datetime, timedelta

import pytest

from app.alerts.silence import DAY, signal_of, silence
from app.analytics.coverage import Span

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def signal(*, days: float = 0, state: str = "ok", was_checked: bool = True, threshold: int = 3) -> str:
    return signal_of(state=state, was_checked=was_checked, silent=DAY * days, inactive_after_days=threshold)


def looked(*days_ago: float) -> list[Span]:
    """What good checks prove that were made so many days ago."""
    return [(NOW - DAY * (days + 1), NOW - DAY * days) for days in days_ago]


@pytest.mark.parametrize(
    ("days", "word"),
    [
        (0, "RED"),
        (0.5, "RED"),
        (1, "RED"),
        (1 + 1 / 1440, "YELLOW"),
        (2, "YELLOW"),
        (2.99, "YELLOW"),
        (3, "GREEN"),
        (90, "GREEN"),
    ],
)
def test_a_silence_has_its_word(days: float, word: str) -> None:
    assert signal(days=days) == word


@pytest.mark.parametrize(("threshold", "word"), [(1, "GREEN"), (2, "GREEN"), (3, "YELLOW"), (7, "YELLOW")])
def test_the_threshold_is_the_teams_to_choose(threshold: int, word: str) -> None:
    assert signal(days=2, threshold=threshold) == word


@pytest.mark.parametrize("state", ["private", "not_found", "restricted"])
@pytest.mark.parametrize("days", [0, 2, 30])
def test_an_account_that_cannot_be_read_is_grey_however_long(state: str, days: float) -> None:
    assert signal(days=days, state=state) == "GREY"


@pytest.mark.parametrize("state", ["new", "ok"])
def test_an_account_that_was_never_checked_is_grey(state: str) -> None:
    assert signal(state=state, was_checked=False) == "GREY"


def test_observed_days_are_silence() -> None:
    assert silence(looked(0, 1, 2), NOW - DAY * 10, NOW) == DAY * 3


def test_unknown_days_are_not_silence() -> None:
    """Nobody looked for a week: five days without a check may have been full of stories."""
    silent = silence(looked(0, 6), NOW - DAY * 7, NOW)
    assert silent == DAY * 2
    assert signal(days=silent / DAY) == "YELLOW"


def test_a_story_ends_the_silence_before_it() -> None:
    assert silence(looked(0, 1, 2), NOW - DAY / 4, NOW) == DAY / 4


def test_two_checks_of_one_day_count_it_once() -> None:
    assert silence(looked(0, 0.25, 0.5), NOW - DAY * 10, NOW) == DAY * 1.5


def test_nobody_has_looked_and_so_nothing_is_known() -> None:
    assert silence([], NOW - DAY * 100, NOW) == timedelta()
