"""What a team says of itself, as rules: its name, its zone, its threshold."""

import asyncio
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.analytics.coverage import observed_minutes
from app.analytics.days import day_bounds
from app.analytics.zone import overlaps_of
from app.clients.add import add_clients
from app.clients.queries import ClientRef, client_of
from app.database import query
from app.live.events import TeamEdited
from app.refused import Refused
from app.teams.queries import team_facts
from app.teams.team import TeamChanges, edit_team
from tests.cast import NOW, Cast
from tests.fakes.source import story
from tests.product import Product
from tests.worker import Worker, client_row, days_of, take_events

DAY = timedelta(days=1)


@pytest.fixture
def worker(tmp_path: Path) -> Worker:
    return Worker(tmp_path)


async def in_zone(client: ClientRef, zone: str, now: datetime = NOW) -> ClientRef:
    """The team's days by that zone; the client as it is then."""
    await edit_team(client.team_id, TeamChanges(time_zone=zone), now)
    found = await client_of(client.team_id, client.id)
    assert found is not None
    return found


async def observe(client: ClientRef, day: date, minutes: int) -> None:
    await query(
        "INSERT INTO activity_calendar (client_id, activity_date, observed_minutes) VALUES ({}, {}, {})",
        client.id,
        day,
        minutes,
    )


# --- facts ----------------------------------------------------------------------------------------------------


async def test_name_zone_and_threshold_change_together_and_pages_are_told_once(cast: Cast) -> None:
    await take_events()
    changes = TeamChanges(name="  Acme \n & Sons", time_zone="America/New York", inactive_after_days=5)
    await edit_team(cast.alice.team_id, changes, NOW)
    facts = await team_facts(cast.alice.team_id)
    assert (facts.name, facts.time_zone, facts.inactive_after_days) == ("Acme & Sons", "America/New_York", 5)
    assert [event for event in await take_events() if isinstance(event, TeamEdited)] == [
        TeamEdited(team_id=cast.alice.team_id)
    ]
    await edit_team(cast.alice.team_id, changes, NOW)
    assert await take_events() == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        (TeamChanges(name=""), "name"),
        (TeamChanges(name="\u200b"), "name"),
        (TeamChanges(name="x" * 201), "name"),
        (TeamChanges(time_zone="Mars/Olympus"), "time_zone"),
        (TeamChanges(time_zone=""), "time_zone"),
        (TeamChanges(time_zone="../../etc/passwd"), "time_zone"),
        (TeamChanges(time_zone="localtime"), "time_zone"),
        (TeamChanges(time_zone="<b>"), "time_zone"),
        (TeamChanges(inactive_after_days=0), "inactive_after_days"),
        (TeamChanges(inactive_after_days=61), "inactive_after_days"),
        (TeamChanges(inactive_after_days=10_000), "inactive_after_days"),
        (TeamChanges(inactive_after_days=-1), "inactive_after_days"),
        (TeamChanges(name="Good", inactive_after_days=0), "inactive_after_days"),
    ],
)
async def test_what_no_rule_allows_is_refused_whole(cast: Cast, changes: TeamChanges, field: str) -> None:
    before = await team_facts(cast.alice.team_id)
    await take_events()
    with pytest.raises(Refused) as refused:
        await edit_team(cast.alice.team_id, changes, NOW)
    assert refused.value.field == field
    assert await team_facts(cast.alice.team_id) == before
    assert await take_events() == []


async def test_another_threshold_turns_the_signals_of_those_without_their_own(cast: Cast, worker: Worker) -> None:
    for _ in range(3):
        worker.scripted.shows("bakery")
        await worker.stories(cast.bakery)
        worker.later(hours=20)
    assert (await client_row(cast.bakery))["status_signal"] == "YELLOW"
    await edit_team(cast.alice.team_id, TeamChanges(inactive_after_days=2), worker.now)
    assert (await client_row(cast.bakery))["status_signal"] == "GREEN"
    await query("UPDATE clients SET inactive_after_days = 2 WHERE id = {}", cast.bakery.id)
    await edit_team(cast.alice.team_id, TeamChanges(inactive_after_days=10), worker.now)
    assert (await client_row(cast.bakery))["status_signal"] == "GREEN"


# --- another zone ---------------------------------------------------------------------------------------------


async def test_another_zone_cuts_the_days_anew(cast: Cast, worker: Worker) -> None:
    late = datetime(2026, 3, 9, 20, 30, tzinfo=UTC)  # half past five the next morning in Tokyo
    worker.scripted.shows("bakery", story("1", late))
    await worker.stories(cast.bakery)
    assert (await days_of(cast.bakery))["2026-03-09"][0] == 1
    await in_zone(cast.bakery, "Asia/Tokyo")
    days = await days_of(cast.bakery)
    assert days["2026-03-10"] == (1, 0, 21 * 60)
    assert days["2026-03-09"] == (0, 0, 3 * 60)
    assert (await client_row(cast.bakery))["last_story_date"] == date(2026, 3, 10)
    [team] = await query("SELECT day_began FROM teams WHERE id = {}", cast.alice.team_id)
    assert team["day_began"] == date(2026, 3, 10)


async def test_there_and_back_is_as_before_where_the_checks_are_kept(cast: Cast, worker: Worker) -> None:
    worker.scripted.shows("bakery")
    for hours in (0, 19, 55, 20, 20):
        worker.later(hours=hours)
        await worker.stories(cast.bakery)
    before = {day: counts for day, counts in (await days_of(cast.bakery)).items() if any(counts)}
    for zone in ("Asia/Kathmandu", "Pacific/Kiritimati", "America/St_Johns", "UTC"):
        await in_zone(cast.bakery, zone, worker.now)
    assert len(before) >= 5
    assert {day: counts for day, counts in (await days_of(cast.bakery)).items() if any(counts)} == before


async def test_days_equal_those_that_checks_would_have_counted_in_the_new_zone(cast: Cast, worker: Worker) -> None:
    worker.scripted.shows("bakery")
    for hours in (0, 19, 55, 20, 20):
        worker.later(hours=hours)
        await worker.stories(cast.bakery)
    client = await in_zone(cast.bakery, "America/New_York", worker.now)
    rebuilt = await days_of(client)
    spans = [
        (min(row["finished_at"] - DAY, row["started_at"]), row["started_at"])
        for row in await query("SELECT * FROM checks WHERE outcome IN ('ok', 'empty')")
    ]
    for day, (_, _, minutes) in rebuilt.items():
        assert minutes == observed_minutes(spans, *day_bounds(date.fromisoformat(day), "America/New_York")), day
    await worker.stories(client)
    assert await days_of(client) == rebuilt


async def test_days_of_before_the_kept_checks_stay_whole_or_empty_and_their_edges_become_unknown(cast: Cast) -> None:
    old = date(2025, 6, 10)
    for number, minutes in enumerate((1440, 1440, 600, 0, 1440, 1440)):
        await observe(cast.bakery, old + number * DAY, minutes)
    client = await in_zone(
        cast.bakery, "Asia/Tokyo"
    )  # each new day is 15 hours of the old one, and 9 of the one before
    days = {day: counts[2] for day, counts in (await days_of(client)).items() if counts[2]}
    assert days == {
        "2025-06-10": 15 * 60,  # nothing is known of the day before
        "2025-06-11": 1440,
        # Whole nine hours of the 11th, and of the 600 minutes of the 12th those that must lie before its 15 o'clock.
        "2025-06-12": 9 * 60 + (600 - 9 * 60),
        "2025-06-14": 15 * 60,
        "2025-06-15": 1440,
        "2025-06-16": 9 * 60,
    }


async def test_a_zone_change_touches_no_other_team_and_takes_archived_clients_along(cast: Cast) -> None:
    await observe(cast.florist, date(2026, 3, 1), 600)
    await observe(cast.bakery, date(2026, 3, 1), 1440)
    await query("UPDATE clients SET archived_at = now() WHERE id = {}", cast.bakery.id)
    await edit_team(cast.alice.team_id, TeamChanges(time_zone="Asia/Tokyo"), NOW)
    assert await days_of(cast.florist) == {"2026-03-01": (0, 0, 600)}
    assert {day: counts[2] for day, counts in (await days_of(cast.bakery)).items()} == {
        "2026-03-01": 15 * 60,
        "2026-03-02": 9 * 60,
    }


ZONES = ("UTC", "Asia/Tokyo", "America/St_Johns", "Europe/Berlin", "Pacific/Chatham", "Africa/Cairo")


@settings(max_examples=60)
@given(
    old=st.sampled_from(ZONES),
    new=st.sampled_from(ZONES),
    day=st.dates(date(2025, 1, 1), date(2026, 12, 31)),
    pieces=st.lists(st.tuples(st.integers(0, 4 * 1440), st.integers(1, 1440)), max_size=6),
)
def test_a_new_day_never_claims_more_than_was_observed(
    old: str, new: str, day: date, pieces: list[tuple[int, int]]
) -> None:
    """Against the real spans, which the old days have forgotten."""
    begin = datetime(day.year, day.month, day.day, tzinfo=UTC) - 2 * DAY
    spans = [(begin + timedelta(minutes=at), begin + timedelta(minutes=at + length)) for at, length in pieces]
    carried = sum(
        max(0, observed_minutes(spans, *day_bounds(old_day, old)) - outside)
        for _, old_day, outside in overlaps_of(day, old, new)
    )
    assert carried <= observed_minutes(spans, *day_bounds(day, new))


async def test_five_hundred_clients_with_a_year_of_days_take_seconds(cast: Cast) -> None:
    await add_clients(cast.alice.team_id, [f"account.{n}" for n in range(499)], NOW - 365 * DAY)
    await query(
        "INSERT INTO activity_calendar (client_id, activity_date, observed_minutes)"
        " SELECT c.id, d::date, 1440 FROM clients c, generate_series({}::date, {}::date, interval '1 day') d"
        " WHERE c.team_id = {} ON CONFLICT DO NOTHING",
        (NOW - 364 * DAY).date(),
        NOW.date(),
        cast.alice.team_id,
    )
    begun = time.perf_counter()
    await edit_team(cast.alice.team_id, TeamChanges(time_zone="Asia/Tokyo"), NOW)
    assert time.perf_counter() - begun < 30
    [row] = await query("SELECT count(*) AS days FROM activity_calendar WHERE observed_minutes = 1440")
    assert row["days"] >= 500 * 363


async def test_a_check_that_was_under_way_does_not_bring_the_old_days_back(cast: Cast, worker: Worker) -> None:
    worker.scripted.shows("bakery")
    await asyncio.gather(
        *(worker.stories(cast.bakery) for _ in range(3)),
        edit_team(cast.alice.team_id, TeamChanges(time_zone="Asia/Tokyo"), NOW),
    )
    assert {day: counts[2] for day, counts in (await days_of(cast.bakery)).items() if counts[2]} == {
        "2026-03-09": 3 * 60,
        "2026-03-10": 21 * 60,
    }


# --- over HTTP ------------------------------------------------------------------------------------------------


async def test_only_owners_and_admins_change_the_team(product: Product, cast: Cast) -> None:
    for role, status in (("member", 403), ("manager", 403), ("admin", 200), ("owner", 200)):
        await query("UPDATE team_members SET role = {} WHERE user_id = {}", role, cast.bob.id)
        async with product.signed_in(cast.bob) as bob:
            headers = {"x-csrftoken": bob.cookies["alrt_csrf"]}
            answer = await bob.post("/settings/team", data={"name": f"Acme of {role}"}, headers=headers)
            assert answer.status_code == status, role
    assert (await team_facts(cast.alice.team_id)).name == "Acme of owner"


@pytest.mark.parametrize("typed", ["0", "61", "10000", "-3", "three", "", "3.5", "٣", "9" * 30])
async def test_a_threshold_that_is_none_is_refused_in_place(product: Product, cast: Cast, typed: str) -> None:
    async with product.signed_in(cast.alice) as alice:
        headers = {"x-csrftoken": alice.cookies["alrt_csrf"]}
        answer = await alice.post("/settings/team", data={"inactive_after_days": typed}, headers=headers)
        assert answer.status_code == 422
        assert 'data-field="inactive_after_days"' in answer.text
        assert "from 1 to 60" in answer.text


async def test_the_settings_need_somebody_who_is_signed_in(product: Product, cast: Cast) -> None:
    async with product.visitor() as visitor:
        assert (await visitor.get("/settings")).headers["location"] == "/login"
        await visitor.get("/login")
        headers = {"x-csrftoken": visitor.cookies["alrt_csrf"]}
        for path in ("/settings/team", "/settings/you", "/settings/password", "/settings/tokens", "/settings/leave"):
            assert (await visitor.post(path, headers=headers)).headers["location"] == "/login", path
    async with product.signed_in(cast.alice) as alice:
        assert (await alice.post("/settings/team", data={"name": "x"})).status_code == 403
