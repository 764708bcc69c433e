from datetime import timedelta

import pytest

from app.clients.add import add_client
from app.clients.queries import client_of
from app.database import query
from app.live.events import ClientAdded
from app.profiles.handles import NotAHandle
from tests.cast import NOW, Cast
from tests.worker import client_row, names, profile_row, take_events


@pytest.mark.parametrize(
    "text", ["cafe.clara", "@Cafe.Clara", " https://www.instagram.com/cafe.clara/?hl=en", "instagram.com/cafe.clara"]
)
async def test_alice_adds_an_account_however_she_writes_it(cast: Cast, text: str) -> None:
    await take_events()
    client_id, is_new = await add_client(cast.alice.team_id, text, NOW)
    assert is_new
    added = await client_of(cast.alice.team_id, client_id)
    assert added is not None
    assert added.tracking_started_at == NOW
    profile = await profile_row(added.profile_id)
    assert (profile["username"], profile["external_id"], profile["state"]) == ("cafe.clara", None, "new")
    assert (profile["next_story_check_at"], profile["next_post_check_at"]) == (NOW, NOW)
    assert (await client_row(added))["lead_status"] == "NEW_LEAD"
    assert await take_events() == [ClientAdded(team_id=cast.alice.team_id, client_id=client_id)]


async def test_adding_it_twice_changes_nothing(cast: Cast) -> None:
    await take_events()
    again = await add_client(cast.alice.team_id, "@BAKERY", NOW + timedelta(days=1))
    assert again == (cast.bakery.id, False)
    found = await client_of(cast.alice.team_id, cast.bakery.id)
    assert found == cast.bakery
    assert await take_events() == []


async def test_an_account_that_another_team_tracks_is_known_once(cast: Cast) -> None:
    client_id, is_new = await add_client(cast.charlie.team_id, "bakery", NOW)
    assert is_new
    theirs = await client_of(cast.charlie.team_id, client_id)
    assert theirs is not None
    assert theirs.profile_id == cast.bakery.profile_id
    assert theirs.tracking_started_at == NOW != cast.bakery.tracking_started_at
    assert await client_of(cast.alice.team_id, client_id) is None


async def test_a_known_account_that_is_added_is_read_at_once(cast: Cast) -> None:
    await query("UPDATE profiles SET next_story_check_at = {}", NOW + timedelta(hours=15))
    await add_client(cast.charlie.team_id, "bakery", NOW)
    assert (await profile_row(cast.bakery.profile_id))["next_story_check_at"] == NOW


async def test_an_archived_client_comes_back_with_its_history(cast: Cast) -> None:
    await query("UPDATE clients SET archived_at = {}, notes = 'likes rye' WHERE id = {}", NOW, cast.bakery.id)
    assert await client_of(cast.alice.team_id, cast.bakery.id) is None
    await take_events()
    assert await add_client(cast.alice.team_id, "bakery", NOW + timedelta(days=1)) == (cast.bakery.id, True)
    row = await client_row(cast.bakery)
    assert (row["archived_at"], row["notes"]) == (None, "likes rye")
    assert row["tracking_started_at"] == cast.bakery.tracking_started_at
    assert names(await take_events()) == ["ClientAdded"]


@pytest.mark.parametrize("text", ["", "two words", "https://example.org/bakery", "instagram.com/p/Cxyz"])
async def test_nonsense_is_refused_and_nothing_is_stored(cast: Cast, text: str) -> None:
    await take_events()
    with pytest.raises(NotAHandle):
        await add_client(cast.alice.team_id, text, NOW)
    assert len(await query("SELECT id FROM profiles")) == 2
    assert await take_events() == []
