"""What a source found of a profile and its newest posts → stored, and told to every team's client."""

import asyncio
import hashlib
import logging
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

from app.alerts.inactivity import evaluate
from app.analytics.days import day_of
from app.analytics.queries import first_whole_day, recount_days
from app.analytics.snapshot import take_snapshot
from app.clients.queries import clients_of_profile, recount_totals
from app.database import query, transaction
from app.live.events import ActivityDayChanged, CheckFinished, ClientEdited, Event, PostTracked
from app.live.publish import publish
from app.posts.queries import posts_with_thumbnail, store_posts
from app.profiles.checks import CheckResult, close_check, failures_in_a_row, proved_spans
from app.profiles.due import next_check
from app.profiles.identity import AnotherAccount, resolve
from app.profiles.queries import ProfileRef
from app.sources.base import FoundProfile, Outcome, PictureUnavailable, PostsRead, Source
from app.storage.base import Storage
from app.storage.thumbnails import NotAPicture, thumbnail

log = logging.getLogger("alrt.posts")

AT_ONCE = 4
"""Pictures fetched at a time for one profile."""


async def track_posts(
    profile: ProfileRef, read: PostsRead, check_id: int, source: Source, storage: Storage, now: datetime
) -> CheckResult:
    """Stores profile and posts, and closes the check. Safe to run twice and to kill anywhere."""
    avatar, thumbnails = await _fetch_pictures(profile, read, source, storage)
    async with transaction():
        await query("SELECT id FROM profiles WHERE id = {} FOR UPDATE", profile.id)
        try:
            was, profile = profile, await resolve(profile, read.profile.external_id if read.profile else None)
            is_merged = profile.id != was.id
        except AnotherAccount:
            read = PostsRead(
                username=read.username,
                outcome=Outcome.NOT_FOUND,
                error="the handle belongs to another account",
            )
            is_merged = False
        facts_changed = await _store_profile(profile.id, read.profile, avatar) if read.profile else False
        new, changed = await store_posts(profile.id, read.posts, thumbnails, now)
        await close_check(check_id, read.outcome, now, found=len(read.posts), stored=len(new), error=read.error)
        state_changed = await _note_on_profile(profile.id, read, source, now)
        if state_changed or is_merged:
            for client in await clients_of_profile(profile.id):
                await evaluate(client, now)
        await _tell_clients(profile.id, read, [*new, *changed], facts_changed or state_changed, now)
        # Only a read that saw the account, and told its figures, is a day's snapshot.
        if read.outcome.proves and read.profile:
            await take_snapshot(profile.id, now)
    return CheckResult(read.outcome, len(read.posts), len(new), read.error)


async def _fetch_pictures(
    profile: ProfileRef, read: PostsRead, source: Source, storage: Storage
) -> tuple[str | None, dict[str, str]]:
    """Storage keys of the avatar, if it is a new one, and of thumbnails by post id."""
    whole = await posts_with_thumbnail(profile.id, [post.post_id for post in read.posts])
    wanted = {
        f"posts/{profile.id}/{post.post_id}.jpg": post.thumbnail_url
        for post in read.posts
        if post.thumbnail_url and post.post_id not in whole
    }
    avatar = _avatar_key(profile, read.profile)
    if avatar and read.profile and read.profile.avatar_url:
        wanted[avatar] = read.profile.avatar_url
    places = asyncio.Semaphore(AT_ONCE)

    async def fetch(key: str, url: str) -> str | None:
        async with places:
            try:
                await storage.put(key, await thumbnail(await source.picture(url)))
            except (PictureUnavailable, NotAPicture) as error:
                log.info("no picture for %s: %s", key, error)
                return None
        return key

    got = {key for key in await asyncio.gather(*(fetch(*pair) for pair in wanted.items())) if key}
    thumbnails = {post.post_id: f"posts/{profile.id}/{post.post_id}.jpg" for post in read.posts}
    return avatar if avatar in got else None, {post_id: key for post_id, key in thumbnails.items() if key in got}


def _avatar_key(profile: ProfileRef, found: FoundProfile | None) -> str | None:
    """The new picture's key; None where the picture is the one that is stored.

    The address's file name stays when its signature is made anew.
    """
    if found is None or not found.avatar_url:
        return None
    name = hashlib.sha256(urlsplit(found.avatar_url).path.encode()).hexdigest()[:16]
    key = f"avatars/{profile.id}/{name}.jpg"
    return None if key == profile.avatar_storage_path else key


async def _store_profile(profile_id: int, found: FoundProfile, avatar: str | None) -> bool:
    """Whether anything changed. What the source left out stays as it was known."""
    changed = await query(
        """
        UPDATE profiles AS p SET full_name = n.full_name, biography = n.biography, avatar_url = n.avatar_url,
            avatar_storage_path = n.avatar, followers_count = n.followers, following_count = n.following,
            posts_count = n.posts, is_private = n.is_private, is_verified = n.is_verified
        FROM (SELECT coalesce({}, full_name) AS full_name, coalesce({}, biography) AS biography,
                     coalesce({}, avatar_url) AS avatar_url, coalesce({}, avatar_storage_path) AS avatar,
                     coalesce({}, followers_count) AS followers, coalesce({}, following_count) AS following,
                     coalesce({}, posts_count) AS posts, coalesce({}, is_private) AS is_private,
                     coalesce({}, is_verified) AS is_verified
              FROM profiles WHERE id = {}) AS n
        WHERE p.id = {} AND (p.full_name, p.biography, p.avatar_storage_path, p.followers_count,
                             p.following_count, p.posts_count, p.is_private, p.is_verified)
            IS DISTINCT FROM (n.full_name, n.biography, n.avatar, n.followers, n.following, n.posts,
                              n.is_private, n.is_verified)
        RETURNING p.id
        """,
        found.full_name,
        found.biography,
        found.avatar_url,
        avatar,
        found.followers_count,
        found.following_count,
        found.posts_count,
        found.is_private,
        found.is_verified,
        profile_id,
        profile_id,
    )
    return bool(changed)


async def _note_on_profile(profile_id: int, read: PostsRead, source: Source, now: datetime) -> bool:
    """Whether the profile's state changed."""
    failures = await failures_in_a_row(profile_id, "posts")
    due = next_check(source.rhythm, source.rhythm.posts_every, read.outcome, failures, now)
    rows = await query(
        "UPDATE profiles AS p SET state = coalesce({}, p.state), next_post_check_at = {}, updated_at = {}"
        " FROM (SELECT id, state FROM profiles WHERE id = {}) AS was WHERE p.id = was.id"
        " RETURNING p.state IS DISTINCT FROM was.state AS changed",
        read.outcome.profile_state,
        due,
        now,
        profile_id,
    )
    return bool(rows[0]["changed"])


async def _tell_clients(profile_id: int, read: PostsRead, post_ids: Sequence[int], edited: bool, now: datetime) -> None:
    looked_from = first_whole_day(now)
    spans = await proved_spans(profile_id, looked_from)
    for client in await clients_of_profile(profile_id):
        await recount_totals(client)
        counted = [post.posted_at for post in read.posts if post.posted_at >= client.tracking_started_at]
        touched = {day_of(posted_at, client.time_zone) for posted_at in counted} if post_ids else set()
        changed = await recount_days(client, touched, spans, looked_from)
        events: list[Event] = [CheckFinished(team_id=client.team_id, client_id=client.id, kind="posts")]
        events += [PostTracked(team_id=client.team_id, client_id=client.id, post_id=id_) for id_ in post_ids]
        events += [ActivityDayChanged(team_id=client.team_id, client_id=client.id, day=day) for day in changed]
        if edited:
            events.append(ClientEdited(team_id=client.team_id, client_id=client.id))
        await publish(*events)
