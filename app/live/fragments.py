"""One table: (event, page) → which parts are out of date. The only module of `live` that knows features."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence

from app.clients.fragments import (
    client_cards_fragments,
    client_header_fragments,
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
    StoryArchived,
)
from app.live.pages import DASHBOARD, Page, client_page
from app.live.parts import Part, Parts, Render, Rendered
from app.stories.fragments import stories_count_fragments, story_card_fragments

TABLE: dict[type, dict[str, tuple[str, ...]]] = {
    StoryArchived: {
        "dashboard": ("client_row", "summary"),
        "client": ("client_header", "client_cards", "stories_count", "story_card"),
    },
    PostTracked: {"dashboard": ("client_row",), "client": ("client_header", "client_cards")},
    ActivityDayChanged: {"dashboard": ("client_row",), "client": ("client_header",)},
    CheckFinished: {
        "dashboard": ("client_row", "summary"),
        "client": ("client_header", "client_cards", "stories_empty"),
    },
    ClientAdded: {"dashboard": ("client_row", "summary"), "client": ("client_header", "client_cards")},
    ClientEdited: {"dashboard": ("client_row", "summary"), "client": ("client_header", "client_cards")},
    ClientRemoved: {"dashboard": ("client_row", "summary"), "client": ("client_header",)},
    DayBegan: {"dashboard": ("client_rows",), "client": ("client_header",)},
}

RENDERERS: dict[str, Callable[[int, Sequence[Part], str, Clock], Awaitable[Rendered]]] = {
    "client_row": client_row_fragments,
    "client_rows": client_rows_fragments,
    "summary": summary_fragments,
    "client_header": client_header_fragments,
    "client_cards": client_cards_fragments,
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
            getattr(event, "story_id", 0) if name == "story_card" else 0,
        )
        for name in names
    ]


def drop_touched(parts: Parts, event: AnyEvent) -> None:
    """Takes every part that the event touches out of the cache, whether a page shows it now or not."""
    client_id: int | None = getattr(event, "client_id", None)
    if client_id is None:
        parts.drop_team(event.team_id)
    else:
        parts.drop(part for page in (DASHBOARD, client_page(client_id)) for part in parts_for(event, page))


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
