"""One batch: a source reads many handles, each profile is stored in its own transaction."""

import logging
from collections.abc import Sequence
from datetime import datetime
from functools import partial

import msgspec

from app.clients.queries import clients_of_profile
from app.clock import Clock
from app.database import query, transaction
from app.live.events import CheckFinished
from app.live.publish import publish
from app.posts.track import track_posts
from app.profiles.checks import CheckResult, close_check, failures_in_a_row, note_run, open_checks
from app.profiles.due import KINDS, next_check
from app.profiles.queries import ProfileRef, profiles_by_id
from app.sources.base import Outcome, PostsRead, Run, Source, StoriesRead
from app.sources.limits import Spacing
from app.storage.base import Storage
from app.stories.archive import archive_stories

log = logging.getLogger("alrt.checks")

Results = dict[str, CheckResult]
"""By handle."""


class Tools(msgspec.Struct, frozen=True):
    """What a batch works with."""

    source: Source
    storage: Storage
    spacing: Spacing
    clock: Clock


async def check_profiles(kind: str, profile_ids: Sequence[int], tools: Tools) -> Results:
    """Reads and stores stories or posts. What goes wrong with one profile is that profile's outcome."""
    now = tools.clock()
    # A check younger than half a lease belongs to a worker that is at it now.
    opened = await open_checks(
        profile_ids, kind, tools.source.name, now, left_before=now - tools.source.rhythm.lease / 2
    )
    profiles = await profiles_by_id(profile_ids)
    results: Results = {}
    for run_text in sorted({str(run) for _, run in opened.values()}):
        left = [profile for profile in profiles if str(opened[profile.id][1]) == run_text]
        while left:
            # A handle that changed hands may stand for two profiles; a source is asked for it once at a time.
            group = {profile.username: profile for profile in left}
            checks = {username: opened[profile.id][0] for username, profile in group.items()}
            results |= await _read_group(kind, group, checks, Run.parse(run_text), tools)
            left = [profile for profile in left if group[profile.username] is not profile]
    return results


async def _read_group(
    kind: str, profiles: dict[str, ProfileRef], checks: dict[str, int], run: Run, tools: Tools
) -> Results:
    """`profiles` and `checks`: by handle; `run`: what an earlier worker had started for all of them."""
    results: Results = {}
    if kind == "stories" and not run.ids:
        await tools.spacing.wait(tools.source)
    run.note = partial(note_run, checks.values())
    reads = tools.source.read_stories if kind == "stories" else tools.source.read_posts
    async for read in reads([profile.target for profile in profiles.values()], run):
        results[read.username] = await _store(profiles[read.username], read, checks[read.username], tools)
    return results


async def _store(profile: ProfileRef, read: StoriesRead | PostsRead, check_id: int, tools: Tools) -> CheckResult:
    now = tools.clock()
    try:
        if isinstance(read, StoriesRead):
            return await archive_stories(profile, read, check_id, tools.source, tools.storage, now)
        return await track_posts(profile, read, check_id, tools.source, tools.storage, now)
    except Exception as error:
        log.exception("could not store what was found of %s", profile.username)
        return await _fail(profile, read, check_id, f"not stored: {type(error).__name__}", tools, now)


async def _fail(
    profile: ProfileRef,
    read: StoriesRead | PostsRead,
    check_id: int,
    reason: str,
    tools: Tools,
    now: datetime,
) -> CheckResult:
    """The outcome of a profile whose result can't be stored: the check says so, and it is due again soon."""
    kind = "stories" if isinstance(read, StoriesRead) else "posts"
    rhythm = tools.source.rhythm
    async with transaction():
        await close_check(check_id, Outcome.FAILED, now, error=reason)
        failures = await failures_in_a_row(profile.id, kind)
        due = next_check(rhythm, rhythm.retry_most, Outcome.FAILED, failures, now)
        await query(f"UPDATE profiles SET {KINDS[kind]} = {{}} WHERE id = {{}}", due, profile.id)
        clients = await clients_of_profile(profile.id)
        await publish(*(CheckFinished(team_id=c.team_id, client_id=c.id, kind=kind) for c in clients))
    return CheckResult(Outcome.FAILED, error=reason)
