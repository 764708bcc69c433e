"""What is kept rendered is given up with the events that touch it, and with no other."""

from collections.abc import Iterable
from itertools import chain

import pytest
from markupsafe import Markup

from app.live.events import AnyEvent, ClientEdited, PostTracked, StoryArchived
from app.live.fragments import HOLDS, RENDERERS, TABLE, drop_touched
from app.live.parts import Part, Parts, Rendered

CLIENT, OTHER_CLIENT = 5, 6
LOADED = ("client_header", "client_cards", "heatmap", "charts", "stories_archive", "notes")


async def kept_after(event: AnyEvent, client_id: int = CLIENT) -> set[str]:
    """Of what a client's page is loaded with, the parts that need not be rendered again."""
    read: list[Part] = []

    async def render(parts: Iterable[Part], _: str) -> Rendered:
        read.extend(parts)
        return dict.fromkeys(parts, Markup(""))

    parts = Parts(render)
    loaded = [Part(name, 1, client_id) for name in LOADED]
    await parts.rendered(loaded, "en")
    read.clear()
    drop_touched(parts, event)
    await parts.rendered(loaded, "en")
    return {part.name for part in loaded if part not in read}


@pytest.mark.parametrize(
    ("event", "kept"),
    [
        (StoryArchived(team_id=1, client_id=CLIENT, story_id=7), {"heatmap", "charts", "notes"}),
        (ClientEdited(team_id=1, client_id=CLIENT), {"heatmap", "charts", "stories_archive"}),
        (PostTracked(team_id=1, client_id=CLIENT, post_id=7), {"heatmap", "charts", "stories_archive", "notes"}),
    ],
)
async def test_a_page_is_rendered_anew_only_where_it_changed(event: AnyEvent, kept: set[str]) -> None:
    assert await kept_after(event) == kept
    assert await kept_after(event, OTHER_CLIENT) == set(LOADED)


def test_every_part_that_is_pushed_to_a_clients_page_is_loaded_by_itself_or_inside_of_another() -> None:
    pushed = set(chain(*(pages.get("client", ()) for pages in TABLE.values())))
    alone = {*LOADED, "client_alert", "source_notice", "assignee_choice", "team_name"}
    assert pushed <= alone | set(chain(*HOLDS.values()))
    assert set(HOLDS) | set(chain(*HOLDS.values())) <= set(RENDERERS)
