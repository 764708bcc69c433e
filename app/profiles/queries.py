from collections.abc import Sequence
from datetime import datetime

import msgspec

from app.database import query
from app.sources.base import Target


class ProfileRef(msgspec.Struct, frozen=True, kw_only=True):
    """As much of a profile as reading it needs."""

    id: int
    username: str
    external_id: str | None
    avatar_url: str | None
    avatar_storage_path: str | None

    @property
    def target(self) -> Target:
        return Target(self.username, self.external_id)


async def profiles_by_id(profile_ids: Sequence[int]) -> list[ProfileRef]:
    rows = await query(
        "SELECT id, username, external_id, avatar_url, avatar_storage_path FROM profiles"
        " WHERE id = ANY({}::bigint[]) ORDER BY id",
        list(profile_ids),
    )
    return [msgspec.convert(row, ProfileRef) for row in rows]


async def state_of(profile_id: int) -> str:
    rows = await query("SELECT state FROM profiles WHERE id = {}", profile_id)
    return str(rows[0]["state"])


async def hold_profile(profile_id: int) -> str | None:
    """Until the transaction ends nobody else judges the profile's clients. Its state; None where it is gone."""
    rows = await query("SELECT state FROM profiles WHERE id = {} FOR NO KEY UPDATE", profile_id)
    return str(rows[0]["state"]) if rows else None


async def note_proof(profile_id: int, began_at: datetime, now: datetime) -> None:
    """When the newest good stories check began; what a clock noted that was ahead does not count."""
    await query(
        "UPDATE profiles SET stories_proved_at ="
        " greatest({}, CASE WHEN stories_proved_at <= {} THEN stories_proved_at END) WHERE id = {}",
        began_at,
        now,
        profile_id,
    )


async def check_stories_by(profile_id: int, moment: datetime) -> None:
    """Never later than planned. A profile that a worker has claimed is being checked anyway."""
    await query(
        "UPDATE profiles SET next_story_check_at = {} WHERE id = {} AND (next_story_check_at IS NULL"
        " OR next_story_check_at > {} AND next_story_check_at IS DISTINCT FROM story_lease_until)",
        moment,
        profile_id,
        moment,
    )


async def posting_times(profile_id: int, since: datetime) -> list[datetime]:
    """When the stories were posted that were seen, oldest first."""
    rows = await query(
        "SELECT posted_at FROM stories WHERE profile_id = {} AND posted_at > {} ORDER BY posted_at", profile_id, since
    )
    return [row["posted_at"] for row in rows]


async def good_story_checks(profile_id: int, limit: int) -> list[datetime]:
    """When the newest ones ended that saw the account, oldest first."""
    rows = await query(
        "SELECT finished_at FROM checks WHERE profile_id = {} AND kind = 'stories' AND outcome IN ('ok', 'empty')"
        " ORDER BY started_at DESC LIMIT {}",
        profile_id,
        limit,
    )
    return [row["finished_at"] for row in reversed(rows)]


async def profile_named(username: str, platform: str = "instagram") -> ProfileRef:
    """The profile that bears the handle now; made where there is none.

    One that is known to have lost the handle keeps its history to itself: whoever bears it now is somebody else.
    """
    for _ in range(2):
        rows = await query(
            "SELECT id, username, external_id, avatar_url, avatar_storage_path FROM profiles"
            " WHERE platform = {} AND username = {} AND NOT (external_id IS NOT NULL AND state = 'not_found')"
            " ORDER BY external_id IS NULL, id LIMIT 1",
            platform,
            username,
        )
        if rows:
            break
        await query(
            "INSERT INTO profiles (platform, username, state) VALUES ({}, {}, 'new') ON CONFLICT DO NOTHING",
            platform,
            username,
        )
    return msgspec.convert(rows[0], ProfileRef)
