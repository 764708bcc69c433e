"""The archive for programs."""

from datetime import datetime
from typing import Annotated, Literal

from litestar import get
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from msgspec import Meta, Struct

from app.clients.queries import ClientRef
from app.stories.queries import stories_at, stories_count
from app.stories.views import StoryCard
from app.web.api import LAST_PAGE, LONGEST_PAGE, failures, pages_of


class ArchivedStory(Struct, frozen=True, kw_only=True):
    id: int
    thumbnail_url: Annotated[str | None, Meta(description="Of this server; null where no picture could be had.")]
    story_type: Literal["image", "video"]
    posted_at: datetime


class StoriesAnswer(Struct, frozen=True, kw_only=True):
    stories: list[ArchivedStory]
    total: int
    page: int
    pages: int


@get(
    "/client/{client_id:int}/stories",
    summary="Page through the archive",
    tags=["stories"],
    responses=failures(404),
)
async def read_stories(
    client: NamedDependency[ClientRef],
    page: Annotated[int, QueryParameter(ge=1, le=LAST_PAGE)] = 1,
    limit: Annotated[int, QueryParameter(ge=1, le=LONGEST_PAGE, description="Stories on a page.")] = 20,
) -> StoriesAnswer:
    """Newest first. A page beyond the last one is empty."""
    cards = await stories_at(client, (page - 1) * limit, limit)
    count = await stories_count(client)
    total = count.total - count.hidden
    return StoriesAnswer(stories=[_story(card) for card in cards], total=total, page=page, pages=pages_of(total, limit))


def _story(card: StoryCard) -> ArchivedStory:
    address = f"/client/{card.client_id}/stories/{card.story_id}.jpg"
    return ArchivedStory(
        id=card.story_id,
        thumbnail_url=address if card.has_thumbnail else None,
        story_type="video" if card.story_type == "video" else "image",
        posted_at=card.posted_at,
    )


ROUTES = [read_stories]
