"""Current state → the partials that the dashboard and the client page are made of."""

from collections.abc import Sequence

from markupsafe import Markup

from app.clients.page import client_page_of
from app.clients.queries import client_ids, client_rows, notes_of, summary_of
from app.clock import Clock
from app.live.parts import Part, Rendered
from app.teams.queries import members_of
from app.web.templates import gone, partial


async def client_row_fragments(team_id: int, parts: Sequence[Part], language: str, clock: Clock) -> Rendered:
    rows = {row.client_id: row for row in await client_rows(team_id, [p.client_id for p in parts], clock())}
    return {
        part: partial("clients/_client_row.html", language, row=rows[part.client_id])
        if part.client_id in rows
        else gone(f"client-row-{part.client_id}")
        for part in parts
    }


async def client_rows_fragments(team_id: int, parts: Sequence[Part], language: str, clock: Clock) -> Rendered:
    """Every row of the team, when the day turns."""
    rows = await client_rows(team_id, await client_ids(team_id), clock())
    rendered = [partial("clients/_client_row.html", language, row=row) for row in rows]
    whole = None if None in rendered else Markup("\n").join(html for html in rendered if html is not None)
    return dict.fromkeys(parts, whole)


async def summary_fragments(team_id: int, parts: Sequence[Part], language: str, _: Clock) -> Rendered:
    html = partial("clients/_summary.html", language, summary=await summary_of(team_id))
    return dict.fromkeys(parts, html)


async def client_header_fragments(team_id: int, parts: Sequence[Part], language: str, clock: Clock) -> Rendered:
    return await _page_fragments("client-header", team_id, parts, language, clock)


async def client_cards_fragments(team_id: int, parts: Sequence[Part], language: str, clock: Clock) -> Rendered:
    return await _page_fragments("client-cards", team_id, parts, language, clock)


async def _page_fragments(name: str, team_id: int, parts: Sequence[Part], language: str, clock: Clock) -> Rendered:
    rendered: Rendered = {}
    for part in parts:
        page = await client_page_of(team_id, part.client_id, clock())
        rendered[part] = (
            partial(f"clients/_{name.replace('-', '_')}.html", language, page=page)
            if page
            else gone(f"{name}-{part.client_id}")
        )
    return rendered


async def notes_fragments(team_id: int, parts: Sequence[Part], language: str, _: Clock) -> Rendered:
    """With the form: for a page that is loaded, never pushed."""
    return await _notes_fragments("clients/_notes.html", team_id, parts, language)


async def client_notes_fragments(team_id: int, parts: Sequence[Part], language: str, _: Clock) -> Rendered:
    return await _notes_fragments("clients/_client_notes.html", team_id, parts, language)


async def _notes_fragments(template: str, team_id: int, parts: Sequence[Part], language: str) -> Rendered:
    rendered: Rendered = {}
    for part in parts:
        notes = await notes_of(team_id, part.client_id)
        rendered[part] = partial(template, language, notes=notes) if notes else gone(f"client-notes-{part.client_id}")
    return rendered


async def stories_empty_fragments(team_id: int, parts: Sequence[Part], language: str, clock: Clock) -> Rendered:
    """Why the archive is empty, by how the last check ended."""
    rows = {row.client_id: row for row in await client_rows(team_id, [p.client_id for p in parts], clock())}
    return {
        part: partial("stories/_stories_empty.html", language, row=rows[part.client_id])
        if part.client_id in rows
        else gone(f"stories-empty-{part.client_id}")
        for part in parts
    }


async def assignee_filter_fragments(team_id: int, parts: Sequence[Part], language: str, _: Clock) -> Rendered:
    html = partial("clients/_assignee_filter.html", language, members=await members_of(team_id))
    return dict.fromkeys(parts, html)


async def assignee_choice_fragments(team_id: int, parts: Sequence[Part], language: str, _: Clock) -> Rendered:
    html = partial("clients/_assignee_choice.html", language, members=await members_of(team_id))
    return dict.fromkeys(parts, html)
