from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.analytics.day import day_of_client, read_day
from app.analytics.days import day_bounds
from app.analytics.heatmap import (
    NoSuchYear,
    calendar_year,
    has_day,
    heatmap_days,
    heatmap_of,
    last_weeks,
    read_year,
    tracked_years,
)
from app.analytics.queries import recount_days, seed_days
from app.clients.queries import ClientRef
from app.database import query
from app.posts.queries import store_posts
from app.stories.queries import store_stories
from tests.cast import NOW, Cast, client
from tests.fakes.source import post, story

TODAY = NOW.date()
CLIENT = ClientRef(
    id=1,
    team_id=1,
    profile_id=1,
    username="bakery",
    time_zone="UTC",
    tracking_started_at=datetime(2024, 12, 31, 22, tzinfo=UTC),
    inactive_after_days=3,
    team_inactive_after_days=3,
)


async def in_zone(client: ClientRef, zone: str) -> ClientRef:
    await query("UPDATE teams SET time_zone = {} WHERE id = {}", zone, client.team_id)
    return msgspec.structs.replace(client, time_zone=zone)


# --- which days -----------------------------------------------------------------------------------------------


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_the_last_52_weeks_begin_on_a_monday_and_end_today(today: date) -> None:
    first, last = last_weeks(today)
    assert first.isoweekday() == 1
    assert last == today
    assert 51 * 7 < (last - first).days + 1 <= 52 * 7


def test_a_calendar_year_is_whole() -> None:
    assert calendar_year(2024) == (date(2024, 1, 1), date(2024, 12, 31))


def test_the_years_are_those_of_the_teams_zone() -> None:
    now = datetime(2026, 1, 1, 1, tzinfo=UTC)
    assert tracked_years(CLIENT, now) == (2026, 2025, 2024)
    assert tracked_years(msgspec.structs.replace(CLIENT, time_zone="Asia/Tokyo"), now) == (2026, 2025)
    assert tracked_years(msgspec.structs.replace(CLIENT, time_zone="America/New_York"), now) == (2025, 2024)


def test_a_year_is_read_from_an_address() -> None:
    assert read_year(None, CLIENT, NOW) is None
    assert read_year("2025", CLIENT, NOW) == 2025


@pytest.mark.parametrize(
    "text", ["", "2023", "2027", "0", "0000", "-2025", "25", "2025.0", "٢٠٢٥", "99999", "x", " 2025"]
)
def test_odd_years_and_years_before_tracking_are_refused(text: str) -> None:
    with pytest.raises(NoSuchYear):
        read_year(text, CLIENT, NOW)


@pytest.mark.parametrize(
    "text", ["", "2026-02-30", "20260310", "2026-W10-1", "2026-3-1", "2026-03-10T00:00", "x", "٢٠٢٦-٠٣-١٠"]
)
def test_what_is_no_date_is_no_day(text: str) -> None:
    assert read_day(text) is None


def test_days_far_away_are_on_no_heatmap() -> None:
    assert has_day(CLIENT, date(2024, 1, 1), NOW)
    assert has_day(CLIENT, date(2026, 12, 31), NOW)
    assert not any(has_day(CLIENT, day, NOW) for day in (date.min, date(2023, 12, 31), date(2027, 1, 1), date.max))


def test_the_first_of_52_weeks_is_on_the_heatmap_of_somebody_tracked_since_today() -> None:
    new = msgspec.structs.replace(CLIENT, tracking_started_at=NOW)
    assert has_day(new, last_weeks(TODAY)[0], NOW)
    assert not has_day(new, last_weeks(TODAY)[0] - timedelta(days=1), NOW)


# --- what they hold -------------------------------------------------------------------------------------------


async def test_every_day_is_there_and_a_day_without_a_row_is_unknown_and_empty(cast: Cast) -> None:
    first, last = last_weeks(TODAY)
    days = await heatmap_days(cast.bakery, first, last, NOW)
    assert [cell.day for cell in days] == [first + timedelta(days=n) for n in range((last - first).days + 1)]
    assert {(cell.stories, cell.posts, cell.level, cell.observed_minutes, cell.coverage) for cell in days} == {
        (0, 0, 0, 0, "none")
    }


async def test_days_before_tracking_and_days_to_come_are_unavailable(cast: Cast) -> None:
    began = cast.bakery.tracking_started_at.date()
    days = await heatmap_days(cast.bakery, began - timedelta(days=2), TODAY + timedelta(days=2), NOW)
    available = [cell.day for cell in days if cell.is_available]
    assert (available[0], available[-1]) == (began, TODAY)
    assert [cell.day for cell in days if cell.is_today] == [TODAY]


async def test_a_day_shows_what_was_seen_on_it_in_the_teams_zone(cast: Cast) -> None:
    evening = datetime(2026, 3, 9, 16, tzinfo=UTC)  # the 10th in Tokyo
    florist = cast.florist
    await store_stories(florist.profile_id, [story(str(n), evening) for n in range(3)], {}, NOW)
    await store_posts(florist.profile_id, [post("1", evening)], {}, NOW)
    await recount_days(florist, [date(2026, 3, 9), date(2026, 3, 10)], None, NOW)
    ninth, tenth = await heatmap_days(florist, date(2026, 3, 9), date(2026, 3, 10), NOW)
    assert (ninth.stories, ninth.posts, ninth.level) == (0, 0, 0)
    assert (tenth.stories, tenth.posts, tenth.level) == (3, 1, 2)


@pytest.mark.parametrize(
    ("zone", "day", "minutes"),
    [
        ("UTC", date(2026, 3, 8), 1440),
        ("Asia/Riyadh", date(2026, 3, 8), 1440),
        ("Asia/Tokyo", date(2026, 3, 8), 1440),
        ("America/New_York", date(2026, 3, 8), 1380),
        ("America/New_York", date(2025, 11, 2), 1500),
    ],
)
async def test_a_day_is_as_long_as_in_the_teams_zone(cast: Cast, zone: str, day: date, minutes: int) -> None:
    bakery = await in_zone(cast.bakery, zone)
    (cell,) = await heatmap_days(bakery, day, day, NOW)
    assert cell.day_minutes == minutes


async def test_of_today_only_what_has_passed_counts(cast: Cast) -> None:
    bakery = await in_zone(cast.bakery, "America/New_York")
    (cell,) = await heatmap_days(bakery, TODAY, TODAY, NOW)
    assert cell.day_minutes == 8 * 60


@pytest.mark.parametrize(
    ("minutes", "coverage"), [(0, "none"), (9 * 60, "part"), (1295, "part"), (1296, "whole"), (1440, "whole")]
)
async def test_a_gap_in_coverage_is_told_from_a_day_without_posts(cast: Cast, minutes: int, coverage: str) -> None:
    yesterday = TODAY - timedelta(days=1)
    await seed_days(cast.bakery, [(yesterday, minutes)])
    (cell,) = await heatmap_days(cast.bakery, yesterday, yesterday, NOW)
    assert (cell.level, cell.coverage, cell.observed_minutes) == (0, coverage, minutes)


async def test_what_comes_after_the_last_check_of_today_is_not_missed_yet(cast: Cast) -> None:
    await seed_days(cast.bakery, [(TODAY, 60)])
    (cell,) = await heatmap_days(cast.bakery, TODAY, TODAY, NOW)
    assert cell.coverage == "whole"
    (cell,) = await heatmap_days(cast.bakery, TODAY, TODAY, NOW + timedelta(days=1))
    assert cell.coverage == "part"


async def test_the_months_reach_over_all_columns(cast: Cast) -> None:
    whole = await heatmap_of(cast.bakery, NOW)
    assert sum(month.weeks for month in whole.months) == 52
    assert [month.first.month for month in whole.months][-2:] == [2, 3]
    # 2026 begins on a Thursday: its first week has four days.
    year = await heatmap_of(cast.bakery, NOW, 2026)
    assert sum(month.weeks for month in year.months) == 53
    assert [month.first.month for month in year.months] == list(range(1, 13))


# --- one day --------------------------------------------------------------------------------------------------


async def test_the_pop_up_holds_the_day_and_nothing_of_its_neighbours(cast: Cast) -> None:
    florist = cast.florist
    begins, ends = day_bounds(date(2026, 3, 10), florist.time_zone)
    second = timedelta(seconds=1)
    times = {"1": begins - second, "2": begins, "3": ends - second, "4": ends}
    await store_stories(florist.profile_id, [story(number, at) for number, at in times.items()], {}, NOW)
    await store_posts(florist.profile_id, [post(number, at) for number, at in times.items()], {}, NOW)
    shown = await day_of_client(florist, date(2026, 3, 10), NOW)
    assert shown
    assert [item.posted_at for item in shown.stories] == [ends - second, begins]
    assert [item.posted_at for item in shown.posts] == [ends - second, begins]
    assert shown.time_zone == "Asia/Tokyo"


async def test_a_hidden_story_is_left_out_and_still_counts(cast: Cast) -> None:
    (hidden, _), _ = await store_stories(cast.bakery.profile_id, [story("1", NOW), story("2", NOW)], {}, NOW)
    await recount_days(cast.bakery, [TODAY], None, NOW)
    await query("INSERT INTO hidden_stories (client_id, story_id) VALUES ({}, {})", cast.bakery.id, hidden)
    shown = await day_of_client(cast.bakery, TODAY, NOW)
    assert shown
    assert [item.story_id for item in shown.stories] == [hidden + 1]
    assert (shown.hidden_stories, shown.cell.stories) == (1, 2)


async def test_another_team_hides_nothing_from_this_one(cast: Cast) -> None:
    other = await client(cast.charlie.team_id, "bakery")
    (number,), _ = await store_stories(cast.bakery.profile_id, [story("1", NOW)], {}, NOW)
    await query("INSERT INTO hidden_stories (client_id, story_id) VALUES ({}, {})", other.id, number)
    shown = await day_of_client(cast.bakery, TODAY, NOW)
    assert shown
    assert len(shown.stories) == 1


async def test_a_day_before_tracking_tells_nothing_and_a_far_one_does_not_exist(cast: Cast) -> None:
    before = cast.bakery.tracking_started_at.date() - timedelta(days=1)
    await store_posts(cast.bakery.profile_id, [post("1", NOW - timedelta(days=31))], {}, NOW)
    shown = await day_of_client(cast.bakery, before, NOW)
    assert shown
    assert not shown.cell.is_available
    assert not shown.posts
    assert await day_of_client(cast.bakery, date(1999, 1, 1), NOW) is None
    assert await day_of_client(cast.bakery, date.max, NOW) is None
