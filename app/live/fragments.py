"""One table: (event, page) → which parts are out of date. The only module of `live` that knows features."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import cache

from app.alerts.fragments import bell_fragments, client_alert_fragments, source_notice_fragments
from app.analytics.chart_fragments import charts_fragments, charts_point_fragments
from app.analytics.fragments import heatmap_cell_fragments, heatmap_fragments
from app.clients.fragments import (
    assignee_choice_fragments,
    assignee_filter_fragments,
    client_cards_fragments,
    client_header_fragments,
    client_notes_fragments,
    client_row_fragments,
    client_rows_fragments,
    notes_fragments,
    stories_empty_fragments,
    summary_fragments,
)
from app.clients.queries import client_of
from app.clock import Clock
from app.live.events import (
    ActivityDayChanged,
    AlertDaysChanged,
    AlertHandled,
    AlertRaised,
    AlertResolved,
    AnyEvent,
    CheckFinished,
    ClientAdded,
    ClientEdited,
    ClientRemoved,
    DayBegan,
    MembersChanged,
    PostTracked,
    SnapshotTaken,
    SourceFailed,
    SourceRecovered,
    StoryArchived,
    StoryHidden,
    StoryShown,
    TeamEdited,
    WallsChanged,
)
from app.live.pages import Page
from app.live.parts import Part, Parts, Render, Rendered, bell_part, wall_part
from app.stories.fragments import stories_archive_fragments, stories_count_fragments, story_card_fragments
from app.teams.fragments import members_fragments, team_facts_fragments, team_name_fragments
from app.wall.fragments import (
    wall_feed_fragments,
    wall_head_fragments,
    wall_notice_fragments,
    wall_shown_fragments,
    wall_ticker_fragments,
    wall_tile_fragments,
    wall_tiles_fragments,
    walls_fragments,
)

TABLE: dict[type, dict[str, tuple[str, ...]]] = {
    StoryArchived: {
        "dashboard": ("client_row", "summary"),
        "client": ("client_header", "client_cards", "stories_count", "story_card"),
        "wall": ("wall_head", "wall_tile", "wall_feed"),
    },
    StoryHidden: {"client": ("stories_count", "story_card"), "wall": ("wall_feed",)},
    StoryShown: {"client": ("stories_count", "story_card"), "wall": ("wall_feed",)},
    PostTracked: {"dashboard": ("client_row",), "client": ("client_header", "client_cards")},
    ActivityDayChanged: {
        "dashboard": ("client_row",),
        "client": ("client_header", "charts_point", "heatmap_cell"),
        "wall": ("wall_tile",),
    },
    SnapshotTaken: {"dashboard": ("client_row",), "client": ("client_cards", "charts_point")},
    CheckFinished: {
        "dashboard": ("client_row", "summary"),
        "client": ("client_header", "client_alert", "client_cards", "stories_empty"),
        "wall": ("wall_head", "wall_tile"),
    },
    ClientAdded: {
        "dashboard": ("client_row", "summary"),
        "client": ("client_header", "client_alert", "client_cards"),
        "bell": ("bell",),
        "wall": ("wall_head", "wall_shown", "wall_tile", "wall_feed"),
    },
    ClientEdited: {
        "dashboard": ("client_row", "summary"),
        "client": ("client_header", "client_notes", "client_cards"),
        "bell": ("bell",),
        "wall": ("wall_head", "wall_shown", "wall_tile", "wall_feed", "wall_ticker"),
    },
    ClientRemoved: {
        "dashboard": ("client_row", "summary"),
        "client": ("client_header", "client_alert"),
        "bell": ("bell",),
        "wall": ("wall_head", "wall_shown", "wall_feed", "wall_ticker"),
    },
    AlertRaised: {
        "dashboard": ("client_row",),
        "client": ("client_alert",),
        "bell": ("bell",),
        "wall": ("wall_tile", "wall_ticker"),
    },
    AlertDaysChanged: {"client": ("client_alert",), "bell": ("bell",), "wall": ("wall_tile", "wall_ticker")},
    AlertResolved: {
        "dashboard": ("client_row",),
        "client": ("client_alert",),
        "bell": ("bell",),
        "wall": ("wall_tile", "wall_ticker"),
    },
    AlertHandled: {"bell": ("bell",)},
    SourceFailed: {
        "dashboard": ("source_notice",),
        "client": ("source_notice",),
        "bell": ("bell",),
        "wall": ("wall_notice",),
    },
    SourceRecovered: {
        "dashboard": ("source_notice",),
        "client": ("source_notice",),
        "bell": ("bell",),
        "wall": ("wall_notice",),
    },
    TeamEdited: {
        "dashboard": ("team_name", "client_rows", "summary"),
        "client": ("team_name", "client_header", "client_alert", "charts_point", "heatmap"),
        "settings": ("team_name", "team_facts"),
        "bell": ("bell",),
        "wall": ("wall_head", "wall_tiles"),
    },
    MembersChanged: {
        "dashboard": ("client_rows", "assignee_filter"),
        "client": ("client_header", "assignee_choice"),
        "settings": ("members",),
        "bell": ("bell",),
    },
    DayBegan: {
        "dashboard": ("client_rows",),
        "client": ("client_header", "charts_point", "heatmap", "heatmap_cell"),
        "bell": ("bell",),
        "wall": ("wall_tiles",),
    },
    WallsChanged: {
        "settings": ("walls",),
        "bell": ("bell",),
        "wall": ("wall_head", "wall_shown", "wall_tiles", "wall_feed", "wall_ticker"),
    },
}

HOLDS: dict[str, frozenset[str]] = {
    "client_rows": frozenset({"client_row"}),
    "heatmap": frozenset({"heatmap_cell"}),
    "charts": frozenset({"charts_point"}),
    "stories_archive": frozenset({"stories_count", "stories_empty", "story_card"}),
    "notes": frozenset({"client_notes"}),
}
"""What a page is loaded with in one piece, and the parts in it that are pushed: out of date with any of them."""

RENDERERS: dict[str, Callable[[int, Sequence[Part], str, Clock], Awaitable[Rendered]]] = {
    "assignee_choice": assignee_choice_fragments,
    "assignee_filter": assignee_filter_fragments,
    "bell": bell_fragments,
    "client_alert": client_alert_fragments,
    "source_notice": source_notice_fragments,
    "client_row": client_row_fragments,
    "client_rows": client_rows_fragments,
    "summary": summary_fragments,
    "team_name": team_name_fragments,
    "team_facts": team_facts_fragments,
    "members": members_fragments,
    "client_header": client_header_fragments,
    "client_cards": client_cards_fragments,
    "client_notes": client_notes_fragments,
    "notes": notes_fragments,
    "charts": charts_fragments,
    "charts_point": charts_point_fragments,
    "heatmap": heatmap_fragments,
    "heatmap_cell": heatmap_cell_fragments,
    "stories_archive": stories_archive_fragments,
    "stories_empty": stories_empty_fragments,
    "story_card": story_card_fragments,
    "stories_count": stories_count_fragments,
    "wall_head": wall_head_fragments,
    "wall_shown": wall_shown_fragments,
    "wall_tile": wall_tile_fragments,
    "wall_tiles": wall_tiles_fragments,
    "wall_feed": wall_feed_fragments,
    "wall_ticker": wall_ticker_fragments,
    "wall_notice": wall_notice_fragments,
    "walls": walls_fragments,
}

# Walls are few and load once in days: what is kept would cost each event a search, and is asked for by nobody. In a
# pass, a tile is still rendered once for all walls of the team.
NEVER_KEPT = frozenset(name for name in RENDERERS if name.startswith("wall"))

_OF_TEAM = {
    "summary",
    "client_rows",
    "assignee_filter",
    "assignee_choice",
    "source_notice",
    "team_name",
    "team_facts",
    "members",
    "walls",
}


def parts_for(event: AnyEvent, page: Page) -> list[Part]:
    """What the event makes out of date on the page; nothing where the page is another client's, member's or wall's.

    Which clients a wall shows is for the database to say: its parts carry its id, and are rendered from one read that
    asks for the wall as well.
    """
    names = TABLE.get(type(event), {}).get(page.kind, ())
    if not names or not _concerns(event, page):
        return []
    return [_part(name, event, page, item_id) for name in names for item_id in _items(name, event)]


def _concerns(event: AnyEvent, page: Page) -> bool:
    ours = {"client": "client_id", "bell": "user_id", "wall": "wall_id"}.get(page.kind)
    return ours is None or getattr(event, ours, page.of) == page.of


def _part(name: str, event: AnyEvent, page: Page, item_id: int) -> Part:
    if page.kind == "bell":
        return bell_part(event.team_id, page.of)
    if page.kind == "wall":
        return wall_part(name, event.team_id, page.of, getattr(event, "client_id", 0) if name == "wall_tile" else 0)
    client_id = 0 if name in _OF_TEAM else getattr(event, "client_id", page.of)
    return Part(name, event.team_id, client_id, item_id)


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
    if isinstance(event, AlertHandled):
        parts.drop([bell_part(event.team_id, event.user_id)])
    elif isinstance(event, WallsChanged):
        # Parts of walls are never kept; bells tell managers of silent ones.
        parts.drop_team(event.team_id, "bell")
    elif client_id is None:
        parts.drop_team(event.team_id)
    else:
        parts.drop(
            Part(name, event.team_id, 0 if name in _OF_TEAM else client_id, item_id)
            for name in _touched(type(event))
            for item_id in _items(name, event)
        )
        if "bell" in TABLE.get(type(event), {}):
            parts.drop_team(event.team_id, "bell")


@cache
def _touched(kind: type) -> frozenset[str]:
    """Names of the kept parts that an event about a client makes out of date."""
    pushed = {*TABLE.get(kind, {}).get("dashboard", ()), *TABLE.get(kind, {}).get("client", ())}
    return frozenset(pushed | {name for name, held in HOLDS.items() if not held.isdisjoint(pushed)})


def renderer(clock: Clock) -> Render:
    async def render(parts: Iterable[Part], language: str) -> Rendered:
        groups: dict[tuple[str, int], list[Part]] = defaultdict(list)
        for part in parts:
            groups[part.name, part.team_id].append(part)
        work = [RENDERERS[name](team_id, group, language, clock) for (name, team_id), group in groups.items()]
        # A task each only where there are several.
        rendered = await asyncio.gather(*work) if len(work) > 1 else [await work[0]]
        return {part: html for group in rendered for part, html in group.items()}

    return render


async def may_see(team_id: int, user_id: int, page: Page) -> bool:
    if page.kind == "bell":
        return page.of == user_id
    if page.kind == "wall":
        return False  # Not a member's: a screen sees it by its own token.
    return page.kind != "client" or await client_of(team_id, page.of) is not None
