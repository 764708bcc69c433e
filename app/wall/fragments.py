"""Current state → the parts of walls, and the list of walls in settings.

A wall's part carries the wall's id, and what it holds is asked for together with what the wall shows: so a wall gets
only what its token allows, as of the same read, on replay too, and the hub need not know it.
"""

from collections.abc import Iterable, Sequence

from markupsafe import Markup

from app.clients.queries import client_rows
from app.clock import Clock
from app.live.parts import Part, Rendered
from app.wall.queries import feed, open_incidents, shown_clients, shows_of, ticker, wall_heads, walls_of
from app.wall.tiles import tiles_of
from app.web.templates import gone, partial

NOTHING = Markup("")
FEED = 16
"""Stories in the strip: as many as the widest screen shows."""


async def wall_tile_fragments(team_id: int, parts: Sequence[Part], language: str, clock: Clock) -> Rendered:
    """A client that a wall does not show is not even named: nothing is sent, and `wall_shown` takes its tile away."""
    shown = await shown_clients(team_id, {part.item_id for part in parts}, {part.client_id for part in parts})
    wanted = {part.client_id for part in parts if part.client_id in shown[part.item_id]}
    tiles = await _tiles(team_id, wanted, language, clock)
    return {
        part: tiles.get(part.client_id, NOTHING) if part.client_id in shown[part.item_id] else NOTHING for part in parts
    }


async def wall_tiles_fragments(team_id: int, parts: Sequence[Part], language: str, clock: Clock) -> Rendered:
    """All tiles of a wall, in their order."""
    shown = await shown_clients(team_id, {part.item_id for part in parts})
    tiles = await _tiles(team_id, {client_id for ids in shown.values() for client_id in ids}, language, clock)
    return {part: _joined(tiles, shown[part.item_id]) for part in parts}


async def _tiles(team_id: int, client_ids: Iterable[int], language: str, clock: Clock) -> dict[int, Markup | None]:
    """Each rendered once, in order, however many walls show it."""
    rows = await client_rows(team_id, sorted(client_ids), clock())
    tiles = zip(rows, await tiles_of(team_id, rows, clock()), strict=True)
    return {
        row.client_id: partial("wall/_wall_tile.html", language, row=row, tile=tile)
        for row, tile in sorted(tiles, key=lambda pair: pair[1].sort)
    }


def _joined(tiles: dict[int, Markup | None], client_ids: Sequence[int]) -> Markup | None:
    ours = set(client_ids)
    found = [html for client_id, html in tiles.items() if client_id in ours]
    return None if None in found else Markup("\n").join(html for html in found if html is not None)


async def wall_shown_fragments(team_id: int, parts: Sequence[Part], language: str, _: Clock) -> Rendered:
    walls = [part.item_id for part in parts]
    shown, shows = await shown_clients(team_id, walls), await shows_of(team_id, walls)
    return {
        part: partial(
            "wall/_wall_shown.html",
            language,
            wall_id=part.item_id,
            client_ids=shown[part.item_id],
            is_chosen=part.item_id in shows and not shows[part.item_id].is_all,
        )
        for part in parts
    }


async def wall_head_fragments(team_id: int, parts: Sequence[Part], language: str, _: Clock) -> Rendered:
    heads = await wall_heads(team_id, [part.item_id for part in parts])
    return {
        part: partial("wall/_wall_head.html", language, head=heads[part.item_id])
        if part.item_id in heads
        else gone(f"wall-head-{part.item_id}")
        for part in parts
    }


async def wall_feed_fragments(team_id: int, parts: Sequence[Part], language: str, _: Clock) -> Rendered:
    return {
        part: partial(
            "wall/_wall_feed.html", language, wall_id=part.item_id, stories=await feed(team_id, part.item_id, FEED)
        )
        for part in parts
    }


async def wall_ticker_fragments(team_id: int, parts: Sequence[Part], language: str, _: Clock) -> Rendered:
    return {
        part: partial(
            "wall/_wall_ticker.html", language, wall_id=part.item_id, alerts=await ticker(team_id, part.item_id)
        )
        for part in parts
    }


async def wall_notice_fragments(team_id: int, parts: Sequence[Part], language: str, _: Clock) -> Rendered:
    incidents = await open_incidents(team_id)
    return {
        part: partial("wall/_wall_notice.html", language, wall_id=part.item_id, incidents=incidents) for part in parts
    }


async def walls_fragments(team_id: int, parts: Sequence[Part], language: str, clock: Clock) -> Rendered:
    html = partial("wall/_walls.html", language, team_id=team_id, walls=await walls_of(team_id, clock()))
    return dict.fromkeys(parts, html)
