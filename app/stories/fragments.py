"""Current state → the partials of the stories archive."""

from collections import defaultdict
from collections.abc import Sequence

from app.clients.queries import client_of, client_rows
from app.clock import Clock
from app.live.parts import Part, Rendered
from app.stories.queries import stories_count, stories_page, story_cards
from app.web.templates import gone, partial


async def story_card_fragments(team_id: int, parts: Sequence[Part], language: str, _: Clock) -> Rendered:
    rendered: Rendered = {part: gone(f"story-{part.client_id}-{part.item_id}") for part in parts}
    of_client: dict[int, list[int]] = defaultdict(list)
    for part in parts:
        of_client[part.client_id].append(part.item_id)
    for client_id, story_ids in of_client.items():
        client = await client_of(team_id, client_id)
        for card in await story_cards(client, story_ids) if client else ():
            rendered[Part("story_card", team_id, client_id, card.story_id)] = partial(
                "stories/_story_card.html", language, card=card
            )
    return rendered


async def stories_count_fragments(team_id: int, parts: Sequence[Part], language: str, _: Clock) -> Rendered:
    rendered: Rendered = {}
    for part in parts:
        client = await client_of(team_id, part.client_id)
        rendered[part] = (
            partial(
                "stories/_stories_count.html",
                language,
                count=await stories_count(client),
            )
            if client
            else gone(f"stories-count-{part.client_id}")
        )
    return rendered


async def stories_archive_fragments(team_id: int, parts: Sequence[Part], language: str, clock: Clock) -> Rendered:
    """The whole section with its newest cards: for a page that is loaded, never pushed."""
    rendered: Rendered = {}
    for part in parts:
        client = await client_of(team_id, part.client_id)
        rows = await client_rows(team_id, [part.client_id], clock())
        rendered[part] = (
            partial("stories/_stories_archive.html", language, stories=await stories_page(client), row=rows[0])
            if client and rows
            else gone(f"archive-{part.client_id}")
        )
    return rendered
