from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from app.database import query
from app.sources.base import FoundPost


async def posts_with_thumbnail(profile_id: int, post_ids: Iterable[str]) -> set[str]:
    rows = await query(
        "SELECT instagram_post_id AS id FROM posts WHERE profile_id = {}"
        " AND instagram_post_id = ANY({}::text[]) AND thumbnail_storage_path IS NOT NULL",
        profile_id,
        list(post_ids),
    )
    return {row["id"] for row in rows}


async def store_posts(
    profile_id: int, found: Sequence[FoundPost], thumbnails: Mapping[str, str], now: datetime
) -> tuple[list[int], list[int]]:
    """Inserts or updates; answers the ids of new posts, and of known ones that changed."""
    new: list[int] = []
    changed: list[int] = []
    for post in found:
        rows = await query(
            """
            INSERT INTO posts AS p (profile_id, instagram_post_id, shortcode, post_url, media_type, thumbnail_url,
                thumbnail_storage_path, likes_count, comments_count, caption, hashtags, is_pinned, posted_at,
                fetched_at)
            VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}::text[], {}, {}, {})
            ON CONFLICT (profile_id, instagram_post_id) DO UPDATE SET
                likes_count = excluded.likes_count, comments_count = excluded.comments_count,
                caption = excluded.caption, hashtags = excluded.hashtags, is_pinned = excluded.is_pinned,
                thumbnail_url = excluded.thumbnail_url, fetched_at = excluded.fetched_at,
                thumbnail_storage_path = coalesce(p.thumbnail_storage_path, excluded.thumbnail_storage_path)
            WHERE (p.likes_count, p.comments_count, p.caption, p.hashtags, p.is_pinned)
                IS DISTINCT FROM (excluded.likes_count, excluded.comments_count, excluded.caption,
                                  excluded.hashtags, excluded.is_pinned)
                OR p.thumbnail_storage_path IS NULL AND excluded.thumbnail_storage_path IS NOT NULL
            RETURNING id, xmax = 0 AS is_new
            """,
            profile_id,
            post.post_id,
            post.shortcode,
            post.url,
            post.media_type,
            post.thumbnail_url,
            thumbnails.get(post.post_id),
            post.likes_count,
            post.comments_count,
            post.caption,
            list(post.hashtags),
            post.is_pinned,
            post.posted_at,
            now,
        )
        for row in rows:
            (new if row["is_new"] else changed).append(row["id"])
    return new, changed


async def thumbnail_key(profile_id: int, post_id: int) -> str | None:
    rows = await query(
        "SELECT thumbnail_storage_path AS key FROM posts WHERE profile_id = {} AND id = {}", profile_id, post_id
    )
    return rows[0]["key"] if rows else None
