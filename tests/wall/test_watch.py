"""A wall that lives is heard; one that does not is missed."""

import asyncio
from datetime import timedelta

import pytest

from app.database import query
from app.embedded.servers import Urls
from app.live.events import WallsChanged
from app.refused import Refused
from app.wall.access import find_wall
from app.wall.queries import MOST_SCREENS, all_walls, walls_of
from app.wall.watch import LARGEST, MISSED_AFTER, Beat, hear, listen, miss_silent_walls
from app.web.templates import render
from app.web.walls import WallViewer
from tests.cast import NOW, Cast
from tests.walls import beat, listened, new_wall
from tests.worker import take_events

MINUTE = timedelta(minutes=1)


async def wall_of(urls: Urls, cast: Cast) -> WallViewer:
    _, token = await new_wall(urls, cast.alice)
    await take_events()
    wall = await find_wall(token)
    assert wall is not None
    return wall


async def test_settings_list_the_wall_with_what_its_screen_says(urls: Urls, cast: Cast) -> None:
    wall = await wall_of(urls, cast)
    await hear(wall, Beat(**beat(version="7", lag_ms=123)), NOW)
    (listed,) = await walls_of(cast.alice.team_id, NOW)
    assert (listed.last_seen_at, listed.version, listed.went_silent_at) == (NOW, "7", None)
    (screen,) = listed.screens
    assert (screen.width, screen.lag_ms, screen.loaded_at) == (1920, 123, NOW - MINUTE)


async def test_only_news_is_announced_not_each_heartbeat(urls: Urls, cast: Cast) -> None:
    wall = await wall_of(urls, cast)
    await hear(wall, Beat(**beat()), NOW)
    assert await take_events() == [WallsChanged(team_id=1, wall_id=wall.id)]
    await hear(wall, Beat(**beat(lag_ms=None)), NOW + MINUTE)
    assert await take_events() == []
    # A quiet half minute does not forget how far behind the screen was.
    assert (await walls_of(1, NOW))[0].screens[0].lag_ms == 40


async def test_a_copied_token_shows_as_two_screens(urls: Urls, cast: Cast) -> None:
    wall = await wall_of(urls, cast)
    await hear(wall, Beat(**beat(screen="screen-one")), NOW)
    await hear(wall, Beat(**beat(screen="screen-two")), NOW + MINUTE)
    (listed,) = await walls_of(1, NOW + MINUTE)
    assert [screen.screen for screen in listed.screens] == ["screen-two", "screen-one"]
    # One that was switched off for good leaves the list.
    await hear(wall, Beat(**beat(screen="screen-two")), NOW + timedelta(days=2))
    (listed,) = await walls_of(1, NOW + timedelta(days=2))
    assert [screen.screen for screen in listed.screens] == ["screen-two"]


async def test_whoever_holds_a_token_cannot_fill_the_table(urls: Urls, cast: Cast) -> None:
    wall = await wall_of(urls, cast)
    for number in range(MOST_SCREENS + 5):
        await hear(wall, Beat(**beat(screen=f"screen-{number:03}")), NOW + timedelta(seconds=number))
    rows = await query("SELECT screen FROM wall_screens ORDER BY screen")
    assert len(rows) == MOST_SCREENS
    assert rows[0]["screen"] == "screen-005"


async def test_a_wall_that_died_is_missed_once_and_found_again(urls: Urls, cast: Cast) -> None:
    wall = await wall_of(urls, cast)
    await hear(wall, Beat(**beat()), NOW)
    await take_events()
    late = NOW + MISSED_AFTER + MINUTE
    await listened(NOW, NOW + MISSED_AFTER)
    assert await miss_silent_walls(NOW + MISSED_AFTER) == 0
    await listened(NOW, late)
    assert await miss_silent_walls(late) == 1
    assert await miss_silent_walls(late + MINUTE) == 0
    assert await take_events() == [WallsChanged(team_id=1, wall_id=wall.id)]
    assert (await walls_of(1, late))[0].went_silent_at == late
    await hear(wall, Beat(**beat()), late + MINUTE)
    assert await take_events() == [WallsChanged(team_id=1, wall_id=wall.id)]
    assert (await walls_of(1, late))[0].went_silent_at is None


async def test_a_wall_that_was_paired_and_never_heard_is_missed_too_and_a_revoked_one_is_not(
    urls: Urls, cast: Cast
) -> None:
    await wall_of(urls, cast)
    revoked = await wall_of(urls, cast)
    await query("UPDATE walls SET revoked_at = {} WHERE id = {}", NOW, revoked.id)
    await listened(NOW, NOW + MISSED_AFTER + MINUTE)
    assert await miss_silent_walls(NOW + MISSED_AFTER + MINUTE) == 1


async def test_after_a_long_stop_of_alrt_walls_have_the_time_to_be_heard(urls: Urls, cast: Cast) -> None:
    alive, dead = await wall_of(urls, cast), await wall_of(urls, cast)
    for wall in (alive, dead):
        await hear(wall, Beat(**beat()), NOW)
    await listened(NOW, NOW + MINUTE)
    morning = NOW + timedelta(hours=9)
    # While a worker runs, but no web yet.
    assert await miss_silent_walls(morning) == 0
    await listened(morning, morning + MISSED_AFTER)
    assert await miss_silent_walls(morning + MISSED_AFTER) == 0
    await hear(alive, Beat(**beat()), morning + MINUTE)
    await listened(morning, morning + MISSED_AFTER + MINUTE)
    assert await miss_silent_walls(morning + MISSED_AFTER + MINUTE) == 1
    silent = {wall.id for wall in await walls_of(1, morning) if wall.went_silent_at}
    assert silent == {dead.id}


async def test_a_deploy_is_no_stop(urls: Urls, cast: Cast) -> None:
    await wall_of(urls, cast)
    await listened(NOW, NOW + 3 * MINUTE)
    await listened(NOW + 4 * MINUTE, NOW + 6 * MINUTE)
    assert await miss_silent_walls(NOW + 6 * MINUTE) == 1


@pytest.mark.parametrize("ahead", [timedelta(days=1), timedelta(days=-1)])
async def test_a_clock_that_is_set_kills_no_wall(urls: Urls, cast: Cast, ahead: timedelta) -> None:
    wall = await wall_of(urls, cast)
    await listened(NOW, NOW + 10 * MINUTE)
    await hear(wall, Beat(**beat()), NOW + 10 * MINUTE)
    for moment in (NOW + 10 * MINUTE + ahead, NOW + 11 * MINUTE):
        await listen(moment)
        assert await miss_silent_walls(moment) == 0


async def test_two_workers_at_once_miss_a_wall_once(urls: Urls, cast: Cast) -> None:
    await wall_of(urls, cast)
    late = NOW + MISSED_AFTER + MINUTE
    await listened(NOW, late)
    assert sum(await asyncio.gather(*(miss_silent_walls(late) for _ in range(4)))) == 1
    assert len(await take_events()) == 1


async def test_whoever_runs_alrt_sees_the_walls_of_all_teams(urls: Urls, cast: Cast) -> None:
    await new_wall(urls, cast.charlie)
    await new_wall(urls, cast.alice)
    walls = await all_walls(NOW)
    assert [wall.team_name for wall in walls] == ["Acme", "Globex"]
    html = render("wall/_ops_walls.html", "en", walls=walls)
    assert html.index("Acme") < html.index("Globex")


@pytest.mark.parametrize(
    "nonsense",
    [
        {"screen": "short"},
        {"screen": "x" * 41},
        {"screen": "<script>alert</script>"},
        {"version": "a b"},
        {"width": -1},
        {"nodes": LARGEST + 1},
        {"lag_ms": -5},
        {"heap_bytes": 2**60},
    ],
)
async def test_nonsense_is_refused(urls: Urls, cast: Cast, nonsense: dict[str, object]) -> None:
    wall = await wall_of(urls, cast)
    with pytest.raises(Refused):
        await hear(wall, Beat(**beat(**nonsense)), NOW)
    assert await query("SELECT id FROM wall_screens") == []


@pytest.mark.parametrize("age", [-5, 10**18])
async def test_a_screen_whose_clock_is_wrong_is_heard_all_the_same(urls: Urls, cast: Cast, age: int) -> None:
    await hear(await wall_of(urls, cast), Beat(**beat(age_ms=age)), NOW)
    (listed,) = await walls_of(1, NOW)
    assert listed.screens[0].loaded_at <= NOW
