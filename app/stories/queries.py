from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from app.analytics.days import day_of
from app.clients.queries import ClientRef
from app.database import query
from app.sources.base import FoundStory
from app.stories.views import StoriesCount, StoriesPage, StoryCard

PAGE = 24

# A client sees the stories that were still alive when it began to be tracked.
_SEEN_BY_CLIENT = (
    "FROM stories s JOIN clients c ON c.profile_id = s.profile_id AND s.expires_at > c.tracking_started_at"
    " WHERE c.id = {}"
)
_IS_HIDDEN = "EXISTS (SELECT FROM hidden_stories h WHERE h.client_id = c.id AND h.story_id = s.id)"
_FIELDS = "s.id AS story_id, s.story_type, s.posted_at, s.thumbnail_storage_path IS NOT NULL AS has_thumbnail"
_CARD = f"SELECT {_FIELDS} {_SEEN_BY_CLIENT} AND NOT {_IS_HIDDEN}"


async def stories_page(client: ClientRef, before: str | None = None, limit: int = PAGE) -> StoriesPage:
    """A stretch of the archive, newest first, older than the cursor `before`. An odd cursor means the newest."""
    position = _position(before)
    if position is None:
        rows = await query(f"{_CARD} ORDER BY s.posted_at DESC, s.id DESC LIMIT {{}}", client.id, limit + 1)
    else:
        rows = await query(
            f"{_CARD} AND (s.posted_at, s.id) < ({{}}, {{}}) ORDER BY s.posted_at DESC, s.id DESC LIMIT {{}}",
            client.id,
            *position,
            limit + 1,
        )
    cards = tuple(_card(client, row) for row in rows[:limit])
    older = _cursor(cards[-1]) if len(rows) > limit else None
    count = await stories_count(client)
    return StoriesPage(client_id=client.id, cards=cards, total=count.total, hidden=count.hidden, older=older)


async def stories_at(client: ClientRef, offset: int, limit: int) -> list[StoryCard]:
    """A numbered page of the archive, for programs; it shifts when a story comes in between."""
    rows = await query(f"{_CARD} ORDER BY s.posted_at DESC, s.id DESC OFFSET {{}} LIMIT {{}}", client.id, offset, limit)
    return [_card(client, row) for row in rows]


async def story_cards(client: ClientRef, story_ids: Sequence[int]) -> list[StoryCard]:
    rows = await query(f"{_CARD} AND s.id = ANY({{}}::bigint[])", client.id, list(story_ids))
    return [_card(client, row) for row in rows]


async def stories_count(client: ClientRef) -> StoriesCount:
    rows = await query(
        f"SELECT count(*) AS total, count(*) FILTER (WHERE {_IS_HIDDEN}) AS hidden {_SEEN_BY_CLIENT}", client.id
    )
    return StoriesCount(client_id=client.id, **rows[0])


async def hidden_stories(client: ClientRef) -> list[StoryCard]:
    """Newest first, and no more of them than anybody would look through."""
    rows = await query(
        f"SELECT {_FIELDS} {_SEEN_BY_CLIENT} AND {_IS_HIDDEN} ORDER BY s.posted_at DESC, s.id DESC LIMIT 200", client.id
    )
    return [_card(client, row) for row in rows]


async def thumbnail_key(client: ClientRef, story_id: int) -> str | None:
    rows = await query(
        f"SELECT s.thumbnail_storage_path AS key {_SEEN_BY_CLIENT} AND s.id = {{}} AND NOT {_IS_HIDDEN}",
        client.id,
        story_id,
    )
    return rows[0]["key"] if rows else None


def _card(client: ClientRef, row: dict[str, Any]) -> StoryCard:
    return StoryCard(client_id=client.id, day=day_of(row["posted_at"], client.time_zone), **row)


def _cursor(card: StoryCard) -> str:
    return f"{card.posted_at.isoformat()}~{card.story_id}"


def _position(cursor: str | None) -> tuple[datetime, int] | None:
    moment, _, story_id = (cursor or "").partition("~")
    try:
        posted_at, number = datetime.fromisoformat(moment.replace(" ", "+")), int(story_id)
        # Raises where the moment lies outside of what UTC can say.
        position = posted_at.astimezone(UTC), number
    except (ValueError, OverflowError):
        return None
    return position if posted_at.tzinfo and 0 <= number < 2**63 else None


# --- writes ---------------------------------------------------------------------------------------------------


async def stored_stories(profile_id: int, story_ids: Iterable[str]) -> dict[str, bool]:
    """Which of the stories are stored already, and whether with their thumbnail."""
    rows = await query(
        "SELECT instagram_story_id AS id, thumbnail_storage_path IS NOT NULL AS whole FROM stories"
        " WHERE profile_id = {} AND instagram_story_id = ANY({}::text[])",
        profile_id,
        list(story_ids),
    )
    return {row["id"]: row["whole"] for row in rows}


async def store_stories(
    profile_id: int, found: Sequence[FoundStory], thumbnails: Mapping[str, tuple[str, int]], now: datetime
) -> tuple[list[int], list[int]]:
    """Inserts what is new and adds thumbnails that came late; answers both kinds of ids.

    `thumbnails`: storage key and size in bytes, by the network's story id.
    """
    new = [
        await query(
            "INSERT INTO stories (profile_id, instagram_story_id, thumbnail_url, thumbnail_storage_path,"
            " thumbnail_bytes, story_type, posted_at, expires_at, expiry_estimated, fetched_at)"
            " VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}, {})"
            " ON CONFLICT (profile_id, instagram_story_id) DO NOTHING RETURNING id",
            profile_id,
            story.story_id,
            story.thumbnail_url,
            *thumbnails.get(story.story_id, (None, None)),
            story.story_type,
            story.posted_at,
            story.expires_at,
            story.expiry_estimated,
            now,
        )
        for story in found
    ]
    late = [
        await query(
            "UPDATE stories SET thumbnail_storage_path = {}, thumbnail_bytes = {}"
            " WHERE profile_id = {} AND instagram_story_id = {} AND thumbnail_storage_path IS NULL RETURNING id",
            key,
            size,
            profile_id,
            story_id,
        )
        for story_id, (key, size) in thumbnails.items()
    ]
    return [row["id"] for rows in new for row in rows], [row["id"] for rows in late for row in rows]


async def insert_hidden(client: ClientRef, story_id: int, user_id: int) -> bool | None:
    """False: it is hidden already; None: the client has no such story."""
    if not await query(f"SELECT s.id {_SEEN_BY_CLIENT} AND s.id = {{}}", client.id, story_id):
        return None
    rows = await query(
        "INSERT INTO hidden_stories (client_id, story_id, hidden_by) VALUES ({}, {}, {})"
        " ON CONFLICT (client_id, story_id) DO NOTHING RETURNING id",
        client.id,
        story_id,
        user_id,
    )
    return bool(rows)


async def remove_hidden(client: ClientRef, story_id: int) -> bool:
    rows = await query(
        "DELETE FROM hidden_stories WHERE client_id = {} AND story_id = {} RETURNING id", client.id, story_id
    )
    return bool(rows)


async def newest_story_at(client: ClientRef) -> datetime | None:
    rows = await query(f"SELECT max(s.posted_at) AS newest {_SEEN_BY_CLIENT}", client.id)
    return cast("datetime | None", rows[0]["newest"])


async def without_thumbnail(profile_id: int, now: datetime) -> list[tuple[str, str]]:
    """Stories whose picture could not be had, and may still be: their ids and addresses."""
    rows = await query(
        "SELECT instagram_story_id AS id, thumbnail_url AS url FROM stories WHERE profile_id = {}"
        " AND thumbnail_storage_path IS NULL AND thumbnail_url IS NOT NULL AND fetched_at > {}",
        profile_id,
        now - timedelta(days=2),
    )
    return [(row["id"], row["url"]) for row in rows]
