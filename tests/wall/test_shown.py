"""Which clients a wall shows, and nothing of any other."""

from datetime import UTC, date, datetime, timedelta

from app.alerts.inactivity import raise_alerts
from app.clients.edit import remove_client
from app.clients.queries import client_rows
from app.clock import system_clock
from app.database import query, transaction
from app.embedded.servers import Urls
from app.live.events import ClientEdited, StoryArchived, WallsChanged
from app.live.fragments import NEVER_KEPT, RENDERERS, parts_for, renderer
from app.live.pages import wall_page
from app.live.parts import Part, wall_part
from app.wall.fragments import FEED
from app.wall.queries import choices, feed, shown_clients, ticker, wall_heads
from app.wall.tiles import sort_key, tiles_of
from tests.cast import NOW, Cast, client
from tests.product import Product
from tests.walls import new_wall, only


async def test_a_wall_shows_all_clients_of_its_team_also_later_ones(urls: Urls, cast: Cast) -> None:
    wall_id, _ = await new_wall(urls, cast.alice)
    cafe = await client(cast.alice.team_id, "cafe")
    assert await shown_clients(cast.alice.team_id, [wall_id]) == {wall_id: [cast.bakery.id, cafe.id]}


async def test_a_wall_shows_the_clients_that_were_chosen_and_those_with_its_labels(urls: Urls, cast: Cast) -> None:
    cafe, gym = [await client(cast.alice.team_id, name) for name in ("cafe", "gym")]
    wall_id, _ = await new_wall(urls, cast.alice, only(cast.bakery, labels=("Food",)))
    assert await shown_clients(cast.alice.team_id, [wall_id]) == {wall_id: [cast.bakery.id]}
    await query("UPDATE clients SET custom_label = 'Food' WHERE id = {}", cafe.id)
    assert await shown_clients(cast.alice.team_id, [wall_id]) == {wall_id: [cast.bakery.id, cafe.id]}
    assert await shown_clients(cast.alice.team_id, [wall_id], [gym.id, cafe.id]) == {wall_id: [cafe.id]}


async def test_a_wall_whose_clients_were_all_removed_shows_none_and_says_so(urls: Urls, cast: Cast) -> None:
    wall_id, _ = await new_wall(urls, cast.alice, only(cast.bakery))
    await client(cast.alice.team_id, "cafe")
    await remove_client(cast.bakery, NOW)
    assert await shown_clients(cast.alice.team_id, [wall_id]) == {wall_id: []}
    html = await rendered("wall_shown", cast, wall_id)
    assert "are gone. Choose others" in html
    assert await rendered("wall_tiles", cast, wall_id) == ""


async def test_a_team_without_clients_has_an_empty_wall_that_says_so(urls: Urls, cast: Cast) -> None:
    wall_id, _ = await new_wall(urls, cast.alice)
    await remove_client(cast.bakery, NOW)
    assert "No clients yet" in await rendered("wall_shown", cast, wall_id)


async def test_a_client_that_the_wall_does_not_show_is_not_even_named(urls: Urls, cast: Cast) -> None:
    cafe = await client(cast.alice.team_id, "cafe")
    wall_id, _ = await new_wall(urls, cast.alice, only(cast.bakery))
    whole_id, _ = await new_wall(urls, cast.alice)
    parts = [
        wall_part("wall_tile", cast.alice.team_id, which, shown.id)
        for which in (wall_id, whole_id)
        for shown in (cafe, cast.bakery)
    ]
    html = await renderer(system_clock)(parts, "en")
    assert [bool(html[part]) for part in parts] == [False, True, True, True]
    # One tile, rendered once, on both.
    assert html[parts[1]] is html[parts[3]]


async def test_no_wall_shows_anything_once_it_was_revoked(urls: Urls, cast: Cast) -> None:
    wall_id, _ = await new_wall(urls, cast.alice)
    await query("UPDATE walls SET revoked_at = now() WHERE id = {}", wall_id)
    assert await shown_clients(cast.alice.team_id, [wall_id]) == {wall_id: []}
    assert await wall_heads(cast.alice.team_id, [wall_id]) == {}


async def test_the_feed_has_the_newest_pictures_of_the_shown_clients(product: Product, cast: Cast) -> None:
    cafe = await client(cast.alice.team_id, "cafe", product.now() - timedelta(days=3))
    wall_id, _ = await new_wall(product.urls, cast.alice, only(cast.bakery))
    whole_id, _ = await new_wall(product.urls, cast.alice)
    await product.archive_story(cast.bakery, ago=timedelta(minutes=3))
    await product.archive_story(cafe, ago=timedelta(minutes=2))
    await product.archive_story(cast.bakery, ago=timedelta(minutes=1))
    assert [story.username for story in await feed(1, wall_id, FEED)] == ["bakery", "bakery"]
    assert [story.username for story in await feed(1, whole_id, FEED)] == ["bakery", "cafe", "bakery"]
    await query("INSERT INTO hidden_stories (client_id, story_id) VALUES ({}, 1)", cast.bakery.id)
    assert [story.story_id for story in await feed(1, wall_id, FEED)] == [3]
    assert len(await feed(1, whole_id, 1)) == 1


async def test_the_ticker_names_each_silent_client_once_the_longest_first(urls: Urls, cast: Cast) -> None:
    cafe = await client(cast.alice.team_id, "cafe")
    wall_id, _ = await new_wall(urls, cast.alice)
    narrow_id, _ = await new_wall(urls, cast.alice, only(cafe))
    async with transaction():
        await raise_alerts(cast.bakery, 3, NOW)
        await raise_alerts(cafe, 9, NOW)
    alerts = await ticker(cast.alice.team_id, wall_id)
    assert [(alert.username, alert.days) for alert in alerts] == [("cafe", 9), ("bakery", 3)]
    assert [alert.username for alert in await ticker(cast.alice.team_id, narrow_id)] == ["cafe"]
    await query("UPDATE inactivity_alerts SET resolved_at = now() WHERE client_id = {}", cafe.id)
    assert [alert.username for alert in await ticker(cast.alice.team_id, wall_id)] == ["bakery"]


async def test_silent_clients_come_first_and_a_new_story_moves_nothing(urls: Urls, cast: Cast) -> None:
    for number, (signal, days) in enumerate([("RED", 0), ("GREEN", 3), ("GREY", None), ("YELLOW", 1), ("GREEN", 40)]):
        ref = await client(cast.alice.team_id, f"c{number}")
        await query(
            "UPDATE clients SET status_signal = {}, stories_inactive_days = {} WHERE id = {}", signal, days, ref.id
        )
    rows = await client_rows(1, [1, 3, 4, 5, 6, 7], NOW)
    assert [row.username for row in sorted(rows, key=sort_key)] == ["c4", "c1", "c3", "c0", "bakery", "c2"]


async def test_the_mini_heatmap_says_what_is_not_known(urls: Urls, cast: Cast) -> None:
    tuesday = date(2026, 3, 10)
    for day, stories, minutes in ((tuesday, 4, 600), (tuesday - timedelta(days=1), 0, 1440)):
        await query(
            "INSERT INTO activity_calendar (client_id, activity_date, stories_count, observed_minutes)"
            " VALUES ({}, {}, {}, {})",
            cast.bakery.id,
            day,
            stories,
            minutes,
        )
    rows = await client_rows(1, [cast.bakery.id], NOW)
    (tile,) = await tiles_of(1, rows, datetime(2026, 3, 10, 12, tzinfo=UTC))
    kinds = dict(tile.weeks)
    # The last of eight weeks holds Monday and Tuesday; of the thirty days before, nothing was observed.
    assert kinds["2"] == "M84 12h10v10h-10z"
    assert kinds["0"] == "M84 0h10v10h-10z"
    assert kinds["unknown"].count("M") == 29


def test_an_event_touches_a_wall_by_the_walls_own_parts() -> None:
    event = StoryArchived(team_id=1, client_id=5, story_id=6)
    assert parts_for(event, wall_page(7)) == [
        Part("wall_head", 1, 0, 7),
        Part("wall_tile", 1, 5, 7),
        Part("wall_feed", 1, 0, 7),
    ]
    assert Part("wall_shown", 1, 0, 7) in parts_for(ClientEdited(team_id=1, client_id=5), wall_page(7))
    assert parts_for(WallsChanged(team_id=1, wall_id=8), wall_page(7)) == []


def test_no_part_of_a_wall_is_kept() -> None:
    assert {name for name in RENDERERS if "wall" in name} == NEVER_KEPT


async def test_five_hundred_clients_fit_on_one_wall(urls: Urls, cast: Cast) -> None:
    await query(
        "INSERT INTO profiles (platform, username) SELECT 'instagram', 'many' || n FROM generate_series(1, 500) n"
    )
    await query("INSERT INTO clients (team_id, profile_id) SELECT 1, id FROM profiles WHERE username LIKE 'many%'")
    wall_id, _ = await new_wall(urls, cast.alice)
    html = await rendered("wall_tiles", cast, wall_id)
    assert html.count('class="wall-tile"') == 501
    assert len(html) < 1_200_000


async def test_the_team_chooses_from_what_it_has(urls: Urls, cast: Cast) -> None:
    await query("UPDATE clients SET custom_label = 'Food' WHERE id = {}", cast.bakery.id)
    known = await choices(cast.alice.team_id)
    assert (known.clients, known.labels, known.team_zone) == (((cast.bakery.id, "bakery"),), ("Food",), "UTC")
    assert (await choices(cast.charlie.team_id)).team_zone == "Asia/Tokyo"


async def rendered(name: str, cast: Cast, wall_id: int) -> str:
    part = wall_part(name, cast.alice.team_id, wall_id)
    return str((await renderer(system_clock)([part], "en"))[part])
