"""Whoever may manage walls is told of one that fell silent, and only as long as it is."""

from datetime import datetime, timedelta

import pytest

from app.alerts.fragments import bells_of
from app.alerts.handle import read_all, read_wall
from app.alerts.views import SilentWall
from app.database import query
from app.embedded.servers import Urls
from app.live.events import AlertHandled
from app.wall.access import find_wall
from app.wall.pairing import edit_wall, revoke_wall
from app.wall.watch import MISSED_AFTER, Beat, hear, miss_silent_walls
from app.web.walls import WallViewer
from tests.cast import NOW, Cast, Person
from tests.walls import beat, listened, new_wall, only
from tests.worker import take_events

MINUTE = timedelta(minutes=1)
LATE = NOW + MISSED_AFTER + MINUTE


async def silent_wall(urls: Urls, cast: Cast) -> WallViewer:
    """Heard at noon, and never since."""
    _, token = await new_wall(urls, cast.alice)
    wall = await find_wall(token)
    assert wall is not None
    await hear(wall, Beat(**beat()), NOW)
    await falls_silent(LATE)
    return wall


async def falls_silent(at: datetime) -> None:
    await listened(at - MISSED_AFTER - MINUTE, at)
    assert await miss_silent_walls(at) == 1
    await take_events()


async def told(person: Person) -> tuple[SilentWall, ...]:
    return (await bells_of(person.team_id, [person.id], LATE))[person.id].walls


async def unread(person: Person) -> int:
    return (await bells_of(person.team_id, [person.id], LATE))[person.id].count


async def become(person: Person, role: str) -> None:
    await query("UPDATE team_members SET role = {} WHERE user_id = {}", role, person.id)


@pytest.mark.parametrize("role", ["owner", "admin", "manager"])
async def test_a_manager_is_told_which_wall_is_silent_and_since_when(urls: Urls, cast: Cast, role: str) -> None:
    await become(cast.alice, role)
    wall = await silent_wall(urls, cast)
    assert await told(cast.alice) == (SilentWall(wall_id=wall.id, name="Kitchen", is_read=False, last_seen_at=NOW),)
    assert await unread(cast.alice) == 1


async def test_members_and_strangers_are_not_told(urls: Urls, cast: Cast) -> None:
    await silent_wall(urls, cast)
    for person in (cast.bob, cast.charlie):
        assert await told(person) == ()
        assert await unread(person) == 0


async def test_the_notice_comes_and_goes_with_the_role(urls: Urls, cast: Cast) -> None:
    await silent_wall(urls, cast)
    await become(cast.bob, "manager")
    assert len(await told(cast.bob)) == 1
    await become(cast.bob, "member")
    assert await told(cast.bob) == ()


async def test_a_wall_that_was_never_heard_is_silent_since_it_was_paired(urls: Urls, cast: Cast) -> None:
    await new_wall(urls, cast.alice)
    await falls_silent(LATE)
    assert [wall.last_seen_at for wall in await told(cast.alice)] == [NOW]


async def test_a_wall_that_is_back_or_revoked_is_no_longer_told(urls: Urls, cast: Cast) -> None:
    wall = await silent_wall(urls, cast)
    await hear(wall, Beat(**beat()), LATE)
    assert await told(cast.alice) == ()
    await falls_silent(LATE + MISSED_AFTER + MINUTE)
    assert len(await told(cast.alice)) == 1
    await revoke_wall(cast.alice.team_id, wall.id, LATE)
    assert await told(cast.alice) == ()


async def test_it_is_told_by_the_name_that_the_wall_has_now(urls: Urls, cast: Cast) -> None:
    wall = await silent_wall(urls, cast)
    await edit_wall(cast.alice.team_id, wall.id, only(cast.bakery, name="Lobby"))
    assert [silent.name for silent in await told(cast.alice)] == ["Lobby"]


async def test_each_manager_reads_for_himself_and_it_is_announced_once(urls: Urls, cast: Cast) -> None:
    await become(cast.bob, "manager")
    wall = await silent_wall(urls, cast)
    for _ in range(2):
        await read_wall(cast.alice.team_id, cast.alice.id, wall.id)
    assert await take_events() == [AlertHandled(team_id=cast.alice.team_id, user_id=cast.alice.id)]
    assert [silent.is_read for silent in await told(cast.alice)] == [True]
    assert (await unread(cast.alice), await unread(cast.bob)) == (0, 1)


async def test_reading_all_reads_of_walls_too(urls: Urls, cast: Cast) -> None:
    await silent_wall(urls, cast)
    await read_all(cast.alice.team_id, cast.alice.id, LATE)
    assert await unread(cast.alice) == 0
    assert await take_events() == [AlertHandled(team_id=cast.alice.team_id, user_id=cast.alice.id)]


async def test_the_next_silence_is_news_again(urls: Urls, cast: Cast) -> None:
    wall = await silent_wall(urls, cast)
    await read_wall(cast.alice.team_id, cast.alice.id, wall.id)
    await hear(wall, Beat(**beat()), LATE)
    again = LATE + MISSED_AFTER + MINUTE
    await falls_silent(again)
    assert await unread(cast.alice) == 1
    await read_wall(cast.alice.team_id, cast.alice.id, wall.id)
    assert await unread(cast.alice) == 0


async def test_nobody_reads_of_what_he_is_not_told(urls: Urls, cast: Cast) -> None:
    wall = await silent_wall(urls, cast)
    await read_wall(cast.bob.team_id, cast.bob.id, wall.id)
    await read_wall(cast.charlie.team_id, cast.charlie.id, wall.id)
    await read_all(cast.bob.team_id, cast.bob.id, LATE)
    await hear(wall, Beat(**beat()), LATE)
    await read_wall(cast.alice.team_id, cast.alice.id, wall.id)
    assert await query("SELECT id FROM wall_silence_reads") == []
