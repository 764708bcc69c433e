from collections.abc import Sequence

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
