"""From a code on a screen to a wall of a team."""

import asyncio
from datetime import timedelta

import pytest

from app.database import query
from app.embedded.servers import Urls
from app.live.events import AccessEnded, WallsChanged
from app.refused import Refused
from app.wall.access import find_wall
from app.wall.pairing import (
    ALPHABET,
    CODES_PER_ADDRESS,
    LIFE,
    TooMany,
    WallFacts,
    edit_wall,
    pair,
    read_code,
    revoke_wall,
    wait_for_pairing,
)
from app.wall.queries import walls_of
from app.wall.views import Shows
from tests.cast import NOW, Cast
from tests.walls import ALL, attempts, code_for, new_wall, only
from tests.worker import take_events


async def test_a_screen_shows_the_same_code_until_it_expires_and_then_another(urls: Urls, cast: Cast) -> None:
    first = await code_for(urls)
    assert len(first.code) == 8
    assert set(first.code) <= set(ALPHABET)
    assert await code_for(urls, first.token, NOW + LIFE - timedelta(seconds=1)) == first
    later = await code_for(urls, first.token, NOW + LIFE)
    assert later.code != first.code
    assert [row["code"] for row in await query("SELECT code FROM wall_codes")] == [later.code]


async def test_a_manager_pairs_the_screen_that_shows_the_code(urls: Urls, cast: Cast) -> None:
    waiting = await code_for(urls)
    await take_events()
    wall_id = await pair(cast.alice.team_id, f" {waiting.code[:4].lower()}-{waiting.code[4:]} ", ALL, NOW)
    wall = await find_wall(waiting.token)
    assert wall is not None
    assert (wall.id, wall.team_id, wall.language) == (wall_id, cast.alice.team_id, "en")
    assert await take_events() == [WallsChanged(team_id=cast.alice.team_id, wall_id=wall_id)]
    async with attempts(urls) as limits:
        assert await wait_for_pairing(waiting.token, "192.0.2.1", limits, NOW) is None


async def test_what_the_database_holds_opens_nothing(urls: Urls, cast: Cast) -> None:
    _, token = await new_wall(urls, cast.alice)
    (row,) = await query("SELECT token_hash FROM walls")
    assert row["token_hash"] != token
    assert await find_wall(row["token_hash"]) is None


async def test_one_code_pairs_one_screen_however_many_type_it(urls: Urls, cast: Cast) -> None:
    waiting = await code_for(urls)
    tries = [pair(team_id, waiting.code, ALL, NOW) for team_id in (1, 2, 1, 2)]
    answers = await asyncio.gather(*tries, return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in answers) == ["Refused", "Refused", "Refused", "int"]
    assert len(await query("SELECT id FROM walls")) == 1


@pytest.mark.parametrize("typed", ["", "AAAAAAAA", "22222222 ", "x" * 5000, "🙂"])
async def test_a_guessed_code_pairs_nothing(urls: Urls, cast: Cast, typed: str) -> None:
    await code_for(urls)
    with pytest.raises(Refused) as refused:
        await pair(cast.alice.team_id, typed, ALL, NOW)
    assert refused.value.field == "code"
    assert await query("SELECT id FROM walls") == []


async def test_an_expired_code_pairs_nothing(urls: Urls, cast: Cast) -> None:
    waiting = await code_for(urls)
    with pytest.raises(Refused, match="No screen shows this code"):
        await pair(cast.alice.team_id, waiting.code, ALL, NOW + LIFE)


async def test_what_else_is_wrong_does_not_cost_the_code(urls: Urls, cast: Cast) -> None:
    waiting = await code_for(urls)
    for facts, field in (
        (WallFacts("  ", "en", "", True), "name"),
        (WallFacts("x" * 61, "en", "", True), "name"),
        (WallFacts("Kitchen", "xx", "", True), "language"),
        (WallFacts("Kitchen", "en", "Mars/Olympus", True), "time_zone"),
        (WallFacts("Kitchen", "en", "", False), "shows"),
        # Another team's client is nobody's choice.
        (only(cast.florist), "shows"),
    ):
        with pytest.raises(Refused) as refused:
            await pair(cast.alice.team_id, waiting.code, facts, NOW)
        assert refused.value.field == field
    assert await pair(cast.alice.team_id, waiting.code, ALL, NOW)


async def test_too_many_codes_from_one_address_are_refused(urls: Urls, cast: Cast) -> None:
    async with attempts(urls) as limits:
        await limits.wait_for("wall-codes:192.0.2.1", CODES_PER_ADDRESS)
        await limits._redis.set("attempts:wall-codes:192.0.2.1", CODES_PER_ADDRESS, ex=900)
        with pytest.raises(TooMany):
            await wait_for_pairing(None, "192.0.2.1", limits, NOW)
        assert await wait_for_pairing(None, "192.0.2.2", limits, NOW)


async def test_a_revoked_screen_gets_a_new_token_and_a_code(urls: Urls, cast: Cast) -> None:
    wall_id, token = await new_wall(urls, cast.alice)
    await take_events()
    assert await revoke_wall(cast.alice.team_id, wall_id, NOW)
    assert await take_events() == [
        AccessEnded(team_id=cast.alice.team_id, user_id=0, session=f"wall:{wall_id}"),
        WallsChanged(team_id=cast.alice.team_id, wall_id=wall_id),
    ]
    assert await find_wall(token) is None
    again = await code_for(urls, token)
    assert again.token != token
    assert not await revoke_wall(cast.alice.team_id, wall_id, NOW)


async def test_another_teams_wall_is_reached_by_nobody(urls: Urls, cast: Cast) -> None:
    wall_id, token = await new_wall(urls, cast.alice)
    assert not await edit_wall(cast.charlie.team_id, wall_id, ALL)
    assert not await revoke_wall(cast.charlie.team_id, wall_id, NOW)
    assert await walls_of(cast.charlie.team_id, NOW) == []
    assert await find_wall(token)


async def test_a_manager_changes_what_it_is_called_and_shows(urls: Urls, cast: Cast) -> None:
    wall_id, _ = await new_wall(urls, cast.alice)
    facts = WallFacts("Küche \u202e 2", "ar", "Asia/Dubai", False, (cast.bakery.id,), ("Restaurant",))
    assert await edit_wall(cast.alice.team_id, wall_id, facts)
    (wall,) = await walls_of(cast.alice.team_id, NOW)
    assert (wall.name, wall.language, wall.time_zone) == ("Küche 2", "ar", "Asia/Dubai")
    assert wall.shows == Shows(clients=(cast.bakery.id,), labels=("Restaurant",))


@pytest.mark.parametrize("typed", ["k7qf 9wmx", "K7QF-9WMX", " K7QF\u00a09WMX\n", "k٧qf ٩wmx"])
def test_codes_are_read_however_they_are_typed(typed: str) -> None:
    assert read_code(typed) == "K7QF9WMX"
