"""One table: (event, page) → which parts are out of date. The only module of `live` that knows features."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence

from app.analytics.chart_fragments import charts_point_fragments
from app.analytics.fragments import heatmap_cell_fragments, heatmap_fragments
from app.clients.fragments import (
    client_cards_fragments,
    client_header_fragments,
    client_notes_fragments,
    client_rest_fragments,
    client_row_fragments,
    client_rows_fragments,
    stories_empty_fragments,
    summary_fragments,
)
from app.clients.queries import client_of
from app.clock import Clock
from app.live.events import (
    ActivityDayChanged,
    AnyEvent,
    CheckFinished,
    ClientAdded,
    ClientEdited,
    ClientRemoved,
    DayBegan,
    PostTracked,
    SnapshotTaken,
    StoryArchived,
    StoryHidden,
    StoryShown,
)
from app.live.pages import DASHBOARD, Page, client_page
from app.live.parts import Part, Parts, Render, Rendered
from app.stories.fragments import stories_count_fragments, story_card_fragments

TABLE: dict[type, dict[str, tuple[str, ...]]] = {
    StoryArchived: {
        "dashboard": ("client_row", "summary"),
        "client": ("client_header", "client_cards", "stories_count", "story_card"),
    },
    StoryHidden: {"client": ("stories_count", "story_card")},
    StoryShown: {"client": ("stories_count", "story_card")},
    PostTracked: {"dashboard": ("client_row",), "client": ("client_header", "client_cards")},
    ActivityDayChanged: {"dashboard": ("client_row",), "client": ("client_header", "charts_point", "heatmap_cell")},
    SnapshotTaken: {"dashboard": ("client_row",), "client": ("client_cards", "charts_point")},
    CheckFinished: {
        "dashboard": ("client_row", "summary"),
        "client": ("client_header", "client_cards", "stories_empty"),
    },
    ClientAdded: {"dashboard": ("client_row", "summary"), "client": ("client_header", "client_cards")},
    ClientEdited: {"dashboard": ("client_row", "summary"), "client": ("client_header", "client_notes", "client_cards")},
    ClientRemoved: {"dashboard": ("client_row", "summary"), "client": ("client_header",)},
    DayBegan: {"dashboard": ("client_rows",), "client": ("client_header", "charts_point", "heatmap", "heatmap_cell")},
}

STALE: dict[type, tuple[str, ...]] = {ActivityDayChanged: ("heatmap",)}
"""Parts of the client page that an event changes too, but that are not sent for it: the cell alone is.

`client_rest` is one for every event.
"""

RENDERERS: dict[str, Callable[[int, Sequence[Part], str, Clock], Awaitable[Rendered]]] = {
    "client_row": client_row_fragments,
    "client_rows": client_rows_fragments,
    "summary": summary_fragments,
    "client_header": client_header_fragments,
    "client_cards": client_cards_fragments,
    "client_notes": client_notes_fragments,
    "client_rest": client_rest_fragments,
    "charts_point": charts_point_fragments,
    "heatmap": heatmap_fragments,
    "heatmap_cell": heatmap_cell_fragments,
    "stories_empty": stories_empty_fragments,
    "story_card": story_card_fragments,
    "stories_count": stories_count_fragments,
}

_OF_TEAM = {"summary", "client_rows"}


def parts_for(event: AnyEvent, page: Page) -> list[Part]:
    """What the event makes out of date on the page; nothing where the page is another client's."""
    client_id = getattr(event, "client_id", page.client_id)
    if page.client_id and client_id != page.client_id:
        return []
    names = TABLE.get(type(event), {}).get(page.kind, ())
    return [
        Part(
            name,
            event.team_id,
            0 if name in _OF_TEAM else client_id,
            item_id,
        )
        for name in names
        for item_id in _items(name, event)
    ]


def _items(name: str, event: AnyEvent) -> Sequence[int]:
    if name == "story_card":
        return [getattr(event, "story_id", 0)]
    if name == "heatmap_cell":
        return _days(event)
    return [0]


def _days(event: AnyEvent) -> Sequence[int]:
    """Which cells look different now. On a new day that is yesterday's too: it no longer is today."""
    match event:
        case ActivityDayChanged(day=day):
            return [day.toordinal()]
        case DayBegan(day=day):
            return [day.toordinal() - 1, day.toordinal()]
    return []


def drop_touched(parts: Parts, event: AnyEvent) -> None:
    """Takes every part that the event touches out of the cache, whether a page shows it now or not."""
    client_id: int | None = getattr(event, "client_id", None)
    if client_id is None:
        parts.drop_team(event.team_id)
    else:
        parts.drop(part for page in (DASHBOARD, client_page(client_id)) for part in parts_for(event, page))
        parts.drop(Part(name, event.team_id, client_id) for name in (*STALE.get(type(event), ()), "client_rest"))


def renderer(clock: Clock) -> Render:
    async def render(parts: Iterable[Part], language: str) -> Rendered:
        groups: dict[tuple[str, int], list[Part]] = defaultdict(list)
        for part in parts:
            groups[part.name, part.team_id].append(part)
        rendered = await asyncio.gather(
            *(RENDERERS[name](team_id, group, language, clock) for (name, team_id), group in groups.items())
        )
        return {part: html for group in rendered for part, html in group.items()}

    return render


async def may_see(team_id: int, page: Page) -> bool:
    return not page.client_id or await client_of(team_id, page.client_id) is not None
