"""What a person decides about himself."""

import msgspec
from msgspec import UNSET, UnsetType

from app.database import transaction
from app.live.events import AccessEnded, MembersChanged
from app.live.publish import publish
from app.refused import N_, Refused
from app.teams.passwords import hash_password, is_password
from app.teams.people import checked_name, checked_password
from app.teams.queries import password_hash_of, proof_of, set_password, teams_of, update_user
from app.teams.team import checked_zone
from app.web.auth import Viewer
from app.web.languages import is_spoken
from app.web.sessions import Sessions


class AccountChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be different; what is absent stays as it is."""

    full_name: str | UnsetType = UNSET
    language: str | UnsetType = UNSET
    time_zone: str | UnsetType = UNSET
    """Empty: the browser's."""


async def edit_account(viewer: Viewer, changes: AccountChanges) -> None:
    """All of it or nothing. Raises `Refused`."""
    columns: dict[str, str | None] = {}
    if changes.full_name is not UNSET:
        columns["full_name"] = checked_name(changes.full_name, "full_name")
    if changes.language is not UNSET:
        if not is_spoken(changes.language):
            raise Refused(N_("This language is not spoken here."), field="language")
        columns["language"] = changes.language
    if changes.time_zone is not UNSET:
        columns["time_zone"] = await checked_zone(changes.time_zone) if changes.time_zone.strip() else None
    async with transaction():
        if await update_user(viewer.user_id, columns) and "full_name" in columns:
            await publish(*(MembersChanged(team_id=team_id) for team_id in await teams_of(viewer.user_id)))


async def change_password(viewer: Viewer, current: str, new: str, sessions: Sessions) -> None:
    """All sessions but this one end: they stand on the password that was. Raises `Refused`."""
    if not await is_password(current, await password_hash_of(viewer.user_id)):
        raise Refused(N_("This is not your current password."), field="current")
    checked_password(new, "new")
    password_hash = await hash_password(new)
    async with transaction():
        await set_password(viewer.user_id, password_hash)
        proof = await proof_of(viewer.team_id, viewer.user_id)
        for team_id in await teams_of(viewer.user_id):
            await publish(AccessEnded(team_id=team_id, user_id=viewer.user_id, but=viewer.session.id))
    if proof is not None:
        await sessions.go_on(viewer.session, viewer.team_id, proof)
