"""From what a source found to what every team's client shows: pictures first, then one transaction."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from app.alerts.inactivity import evaluate
from app.alerts.silence import UNREADABLE
from app.analytics.days import day_of, days_between
from app.analytics.queries import first_whole_day, recount_days
from app.clients.queries import ClientRef, clients_of_profile, recount_totals
from app.clients.rhythm import learn_rhythm
from app.clients.signal import seen_of
from app.database import query, transaction
from app.live.events import ActivityDayChanged, CheckFinished, Event, StoryArchived
from app.live.publish import publish
from app.profiles.checks import CheckResult, close_check, failures_in_a_row, forget_future
from app.profiles.identity import AnotherAccount, resolve
from app.profiles.plan import plan_check
from app.profiles.queries import ProfileRef, note_proof, state_of
from app.sources.base import Outcome, PictureUnavailable, Source, StoriesRead
from app.storage.base import Storage
from app.storage.thumbnails import NotAPicture, thumbnail
from app.stories.queries import store_stories, stored_stories, without_thumbnail

log = logging.getLogger("alrt.stories")

AT_ONCE = 4
"""Pictures fetched at a time for one profile."""

PATIENCE = 60
"""Seconds for all pictures of one profile: a batch must end before its lease does."""


async def archive_stories(
    profile: ProfileRef, read: StoriesRead, check_id: int, source: Source, storage: Storage, now: datetime
) -> CheckResult:
    """Stores what is new with its thumbnails, and closes the check. Safe to run twice and to kill anywhere."""
    known = await stored_stories(profile.id, [story.story_id for story in read.stories])
    thumbnails = await _fetch_thumbnails(profile, read, known, source, storage, now)
    async with transaction():
        # Two checks of one profile at once: the second waits, and finds everything known.
        await query("SELECT id FROM profiles WHERE id = {} FOR UPDATE", profile.id)
        try:
            profile = await resolve(profile, read.external_id)
        except AnotherAccount:
            read = StoriesRead(
                username=read.username,
                outcome=Outcome.NOT_FOUND,
                error="the handle belongs to another account",
            )
        read = _believed(read, await state_of(profile.id))
        unknown = [story for story in read.stories if story.story_id not in known]
        new, late = await store_stories(profile.id, unknown, thumbnails, now)
        began_at = await close_check(
            check_id, read.outcome, now, found=len(read.stories), stored=len(new), error=read.error
        )
        proved_at = began_at if read.outcome.proves else None
        if proved_at:
            await forget_future(profile.id, now)
            await note_proof(profile.id, proved_at, now)
        await _note_on_profile(profile.id, read, source, now)
        await _tell_clients(profile.id, read, [*new, *late], now, proved_at)
    return CheckResult(read.outcome, len(read.stories), len(new), read.error)


def _believed(read: StoriesRead, state: str) -> StoriesRead:
    """Story actors give no row for an account that they can't see, as for one that shows nothing: where the profile
    is known to be out of sight, nothing seen proves nothing."""
    if read.outcome is not Outcome.EMPTY or state not in UNREADABLE:
        return read
    return StoriesRead(username=read.username, outcome=Outcome(state), error="nothing seen of an account out of sight")


async def _fetch_thumbnails(
    profile: ProfileRef,
    read: StoriesRead,
    known: Mapping[str, bool],
    source: Source,
    storage: Storage,
    now: datetime,
) -> dict[str, tuple[str, int]]:
    """Storage key and size by story id. A picture that can't be had, or not in time, does not lose the story."""
    fresh = {s.story_id: s.thumbnail_url for s in read.stories if s.thumbnail_url and not known.get(s.story_id)}
    wanted = dict(await without_thumbnail(profile.id, now)) | fresh
    places = asyncio.Semaphore(AT_ONCE)

    async def fetch(story_id: str, url: str) -> tuple[str, tuple[str, int]] | None:
        async with places:
            try:
                picture = await thumbnail(await source.picture(url))
            except (PictureUnavailable, NotAPicture) as error:
                log.info("no thumbnail for story %s: %s", story_id, error)
                return None
        key = f"stories/{profile.id}/{story_id}.jpg"
        await storage.put(key, picture)
        return story_id, (key, len(picture))

    fetching = [asyncio.create_task(fetch(story_id, url)) for story_id, url in wanted.items()]
    if not fetching:
        return {}
    try:
        done, _ = await asyncio.wait(fetching, timeout=PATIENCE)
    finally:
        for task in fetching:
            task.cancel()
    return dict(pair for task in done if (pair := task.result()) is not None)


async def _note_on_profile(profile_id: int, read: StoriesRead, source: Source, now: datetime) -> None:
    failures = await failures_in_a_row(profile_id, "stories")
    due = await plan_check(profile_id, source.rhythm, read.outcome, failures, now)
    await query(
        "UPDATE profiles SET state = coalesce({}, state), last_story_at = greatest(last_story_at, {}),"
        " is_private = CASE WHEN {} THEN true WHEN {} THEN false ELSE is_private END,"
        " next_story_check_at = {}, updated_at = {} WHERE id = {}",
        read.outcome.profile_state,
        max((story.posted_at for story in read.stories), default=None),
        read.outcome is Outcome.PRIVATE,
        read.outcome.proves,
        due,
        now,
        profile_id,
    )


async def _tell_clients(
    profile_id: int, read: StoriesRead, story_ids: Sequence[int], now: datetime, proved_at: datetime | None
) -> None:
    for client in await clients_of_profile(profile_id):
        changed = await _recount_client(client, read, now, proved_at)
        if read.outcome.proves:
            await learn_rhythm(client, now, has_new=bool(story_ids))
        events: list[Event] = [CheckFinished(team_id=client.team_id, client_id=client.id, kind="stories")]
        events += [
            StoryArchived(team_id=client.team_id, client_id=client.id, story_id=story_id) for story_id in story_ids
        ]
        events += [ActivityDayChanged(team_id=client.team_id, client_id=client.id, day=day) for day in changed]
        await publish(*events)


async def _recount_client(
    client: ClientRef, read: StoriesRead, now: datetime, proved_at: datetime | None
) -> list[date]:
    seen = await seen_of(client, now)
    # An attempt that tells of the source only says nothing of the account's silence.
    if read.outcome.profile_state is not None:
        await evaluate(client, now, seen=seen, checked_at=proved_at)
    await recount_totals(client)
    touched = {day_of(story.posted_at, client.time_zone) for story in read.stories}
    if read.outcome.proves:
        touched |= set(days_between(now - timedelta(days=1), now, client.time_zone))
    return await recount_days(client, touched, list(seen.spans), first_whole_day(now))
