"""The archive as pages ask for it."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.clients.queries import ClientRef, client_of
from app.database import query
from app.sources.base import FoundStory
from app.stories.queries import store_stories, stories_count, stories_page, story_cards, thumbnail_key
from tests.cast import NOW, Cast, client
from tests.fakes.source import story
from tests.worker import Worker, stored


async def keep(client: ClientRef, *found: FoundStory) -> list[int]:
    new, _ = await store_stories(client.profile_id, found, {}, NOW)
    return new


def stories(count: int, *, first: int = 1) -> list[FoundStory]:
    """Three of a minute, so that moments alone don't tell them apart."""
    return [story(str(number), NOW - timedelta(minutes=number // 3)) for number in range(first, first + count)]


async def read_on(client: ClientRef, limit: int, *, after: str | None = None) -> list[int]:
    """The ids of all stretches from the cursor to the end."""
    ids: list[int] = []
    while True:
        page = await stories_page(client, after, limit)
        ids += [card.story_id for card in page.cards]
        after = page.older
        if after is None:
            return ids


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 24])
async def test_stretches_join_without_gap_or_double(cast: Cast, limit: int) -> None:
    await keep(cast.bakery, *stories(13))
    rows = await stored("stories", cast.bakery)
    expected = [row["id"] for row in sorted(rows, key=lambda row: (row["posted_at"], row["id"]), reverse=True)]
    assert await read_on(cast.bakery, limit) == expected


async def test_new_stories_do_not_shift_the_stretch_that_alice_reads_next(cast: Cast) -> None:
    await keep(cast.bakery, *stories(9))
    first = await stories_page(cast.bakery, None, 4)
    await keep(cast.bakery, story("99", NOW + timedelta(minutes=1)), story("98", NOW + timedelta(minutes=2)))
    read = [card.story_id for card in first.cards] + await read_on(cast.bakery, 4, after=first.older)
    assert len(read) == len(set(read)) == 9
    assert first.total == 9
    assert (await stories_page(cast.bakery, first.older, 4)).total == 11


async def test_the_last_full_stretch_leads_nowhere(cast: Cast) -> None:
    await keep(cast.bakery, *stories(4))
    assert (await stories_page(cast.bakery, None, 4)).older is None
    assert (await stories_page(cast.bakery, None, 3)).older is not None


async def test_an_empty_archive_is_one_empty_stretch(cast: Cast) -> None:
    page = await stories_page(cast.bakery)
    assert (page.cards, page.total, page.older) == ((), 0, None)


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "~",
        "yesterday",
        "2026-03-10T12:00:00",
        "2026-03-10T12:00:00~5",
        "2026-03-10T12:00:00+00:00~",
        "2026-03-10T12:00:00+00:00~five",
        "2026-03-10T12:00:00+00:00~-1",
        f"2026-03-10T12:00:00+00:00~{2**63}",
        "0001-01-01T00:00:00+14:00~1",
        "9999-12-31T23:59:59-14:00~1",
        "'; DROP TABLE stories; --",
    ],
)
async def test_an_odd_cursor_never_breaks_the_page(cast: Cast, cursor: str) -> None:
    await keep(cast.bakery, *stories(3))
    page = await stories_page(cast.bakery, cursor, 2)
    assert page.total == 3


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=40) | st.builds("{}~{}".format, st.datetimes(timezones=st.timezones()), st.integers()))
async def test_no_cursor_is_too_odd(urls: object, cursor: str) -> None:
    nobody = ClientRef(
        id=0,
        team_id=0,
        profile_id=0,
        username="nobody",
        time_zone="UTC",
        tracking_started_at=NOW,
        inactive_after_days=3,
        team_inactive_after_days=3,
    )
    assert (await stories_page(nobody, cursor)).cards == ()


async def test_charlie_has_no_way_to_a_picture_of_acme(cast: Cast, tmp_path: Path) -> None:
    worker = Worker(tmp_path)
    worker.scripted.shows("bakery", story("11", NOW - timedelta(minutes=5)))
    await worker.stories(cast.bakery)
    [row] = await stored("stories", cast.bakery)
    assert await thumbnail_key(cast.bakery, row["id"]) == row["thumbnail_storage_path"]
    assert await thumbnail_key(cast.florist, row["id"]) is None
    assert await story_cards(cast.florist, [row["id"]]) == []
    assert await client_of(cast.charlie.team_id, cast.bakery.id) is None


async def test_a_story_that_had_ended_before_the_tracking_is_nowhere(cast: Cast) -> None:
    [old] = await keep(cast.bakery, story("11", NOW - timedelta(hours=25)))
    late = await client(cast.charlie.team_id, "bakery", NOW)
    assert [(await stories_count(client)).total for client in (cast.bakery, late)] == [1, 0]
    assert await story_cards(late, [old]) == []
    assert await thumbnail_key(late, old) is None
    assert (await stories_page(late)).cards == ()


async def test_a_card_says_the_teams_day(cast: Cast) -> None:
    theirs = await client(cast.charlie.team_id, "bakery")
    await keep(cast.bakery, story("11", NOW + timedelta(hours=8)))
    assert [str(card.day) for card in (await stories_page(cast.bakery)).cards] == ["2026-03-10"]
    assert [str(card.day) for card in (await stories_page(theirs)).cards] == ["2026-03-11"]


async def test_a_story_of_two_networks_accounts_is_two_stories(cast: Cast) -> None:
    """Ids are unique within a profile only."""
    assert await keep(cast.bakery, *stories(1))
    assert await keep(cast.florist, *stories(1))
    assert await keep(cast.bakery, *stories(1)) == []
    assert len(await query("SELECT id FROM stories")) == 2
