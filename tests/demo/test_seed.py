"""The demo's year: what a newcomer sees must agree with itself."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from app.clients.queries import ClientRef, clients_of_profile
from app.database import query
from app.demo.history import year_of
from app.demo.seed import seed_demo
from app.profiles.checks import proved_spans
from app.sources.demo import DemoSource
from app.sources.demo_accounts import CAST, Account
from app.storage.local import LocalStorage
from app.teams.people import DEMO_EMAIL
from app.teams.queries import user_by_email
from tests.cast import NOW
from tests.worker import Worker, client_row, days_of, profile_row, stored

PUBLIC = [account for account in CAST if not account.is_private]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("media")


@pytest.fixture
async def seeded(empty: None, folder: Path, monkeypatch: pytest.MonkeyPatch) -> LocalStorage:
    """The year of the whole cast, with two pictures for each."""
    monkeypatch.setattr("app.demo.seed.PICTURES", 2)
    storage = LocalStorage(folder)
    assert await seed_demo(DemoSource(lambda: NOW), storage, NOW)
    return storage


async def client_named(handle: str) -> ClientRef:
    [row] = await query("SELECT id FROM profiles WHERE username = {}", handle)
    [client] = await clients_of_profile(row["id"])
    return client


async def test_a_year_is_seeded_once_and_agrees_with_itself(seeded: LocalStorage, folder: Path) -> None:
    for account in CAST:
        await _agrees(account, await client_named(account.handle), seeded)
    counts = await _counts()
    assert counts["clients"] == len(CAST)
    assert counts["stories"] > 1000
    assert await seed_demo(DemoSource(lambda: NOW), seeded, NOW + timedelta(days=1)) is False
    assert await _counts() == counts

    await _private_ones_are_grey()
    await _silent_ones_are_opportunities()
    await _the_demo_user_owns_the_team()
    await _the_next_check_knows_what_was_seeded(folder)


async def _agrees(account: Account, client: ClientRef, storage: LocalStorage) -> None:
    """Days and totals equal what is stored; the past is the one that the account's rhythm tells."""
    year = year_of(account, NOW)
    stories, posts = await stored("stories", client), await stored("posts", client)
    assert [row["instagram_story_id"] for row in stories] == [one.story_id for one in year.stories]
    assert sorted(row["instagram_post_id"] for row in posts) == sorted(one.post_id for one in year.posts)
    totals = await client_row(client)
    assert (totals["total_stories_archived"], totals["total_posts_tracked"]) == (len(stories), len(posts))
    days = await days_of(client)
    assert len(days) == 366
    for day, (story_count, post_count, minutes) in days.items():
        assert story_count == sum(str(row["posted_at"].date()) == day for row in stories)
        assert post_count == sum(str(row["posted_at"].date()) == day for row in posts)
        assert 0 <= minutes <= 24 * 60
    for row in stories[:3]:
        picture = await storage.get(row["thumbnail_storage_path"])
        assert picture is not None
        assert len(picture) == row["thumbnail_bytes"] <= 100_000


async def _private_ones_are_grey() -> None:
    for account in CAST:
        client = await client_named(account.handle)
        state = (await profile_row(client.profile_id))["state"]
        signal = (await client_row(client))["status_signal"]
        assert (state, signal == "GREY") == (("private", True) if account.is_private else ("ok", False))
        if account.is_private:
            assert (await client_row(client))["stories_inactive_days"] is None
            assert {minutes for _, _, minutes in (await days_of(client)).values()} == {0}
            assert await proved_spans(client.profile_id, NOW - timedelta(days=400)) == []


async def _silent_ones_are_opportunities() -> None:
    [silent] = [account for account in PUBLIC if account.is_silent]
    client = await client_named(silent.handle)
    row = await client_row(client)
    assert row["status_signal"] == "GREEN"
    assert row["stories_inactive_days"] >= 4
    newest = (await stored("stories", client))[-1]["posted_at"]
    assert newest < NOW - timedelta(days=5)
    signals = {(await client_row(await client_named(account.handle)))["status_signal"] for account in PUBLIC}
    assert "RED" in signals


async def _the_demo_user_owns_the_team() -> None:
    user = await user_by_email(DEMO_EMAIL)
    assert user is not None
    [member] = await query("SELECT role, team_id FROM team_members WHERE user_id = {}", user["id"])
    assert (member["role"], member["team_id"]) == ("owner", user["team_id"])


async def _the_next_check_knows_what_was_seeded(folder: Path) -> None:
    """The source goes on where the year ended: nothing of it is stored a second time."""
    client = await client_named("saffron.kitchen")
    before = {row["instagram_story_id"] for row in await stored("stories", client)}
    worker = Worker(folder, DemoSource(lambda: NOW))
    result = await worker.stories(client)
    after = await stored("stories", client)
    assert result.outcome == "ok"
    assert len(after) == len(before) + result.stored
    assert len({row["posted_at"] for row in after}) == len(after)
    assert (await client_row(client))["total_stories_archived"] == len(after)


async def test_the_years_gaps_are_shown_as_unobserved(seeded: LocalStorage) -> None:
    """The demo's source was away now and then; those days are unknown, for all accounts alike."""
    unobserved = [
        {day for day, (_, _, minutes) in (await days_of(await client_named(account.handle))).items() if not minutes}
        for account in PUBLIC
    ]
    assert set.intersection(*unobserved)


async def test_two_starts_at_once_seed_one_year(empty: None, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.demo.seed.PICTURES", 2)
    storage = LocalStorage(folder)
    done = await asyncio.gather(*(seed_demo(DemoSource(lambda: NOW), storage, NOW) for _ in range(2)))
    assert sorted(done) == [False, True]
    assert (await _counts())["clients"] == len(CAST)


async def _counts() -> dict[str, int]:
    tables = ("users", "teams", "clients", "profiles", "stories", "posts", "checks", "activity_calendar")
    return {table: (await query(f"SELECT count(*) AS n FROM {table}"))[0]["n"] for table in tables}
