"""Current state → the heatmap and its cells."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from app.analytics.heatmap import heatmap_cells, heatmap_of
from app.clients.queries import client_of
from app.clock import Clock
from app.live.parts import Part, Rendered
from app.web.templates import gone, partial


async def heatmap_fragments(team_id: int, parts: Sequence[Part], language: str, clock: Clock) -> Rendered:
    rendered: Rendered = {}
    for part in parts:
        client = await client_of(team_id, part.client_id)
        rendered[part] = (
            partial("analytics/_heatmap.html", language, heatmap=await heatmap_of(client, clock()))
            if client
            else gone(f"heatmap-{part.client_id}")
        )
    return rendered


async def heatmap_cell_fragments(team_id: int, parts: Sequence[Part], language: str, clock: Clock) -> Rendered:
    """An item's number is its day's: `date.toordinal()`."""
    days = {part: date.fromordinal(part.item_id) for part in parts}
    rendered: Rendered = {part: gone(f"day-{part.client_id}-{day}") for part, day in days.items()}
    of_client: dict[int, list[date]] = defaultdict(list)
    for part, day in days.items():
        of_client[part.client_id].append(day)
    for client_id, wanted in of_client.items():
        client = await client_of(team_id, client_id)
        for cell in await heatmap_cells(client, wanted, clock()) if client else ():
            rendered[Part("heatmap_cell", team_id, client_id, cell.day.toordinal())] = partial(
                "analytics/_heatmap_cell.html", language, cell=cell
            )
    return rendered
