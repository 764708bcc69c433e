"""Who belongs to a team. Two people may decide at once: each verb judges by the roles as they are when it is its
turn."""

from collections.abc import Mapping

from app.alerts.queries import forget_alerts_of
from app.clients.queries import hold_profiles, unassign
from app.database import transaction
from app.live.events import AccessEnded, MembersChanged
from app.live.publish import publish
from app.refused import N_, Refused
from app.teams.queries import (
    delete_invitations_by,
    delete_member,
    lock_team,
    proof_of,
    revoke_tokens_of,
    roles_in,
    set_role,
    teams_of,
)
from app.teams.roles import ROLES, may_administer
from app.web.auth import Viewer
from app.web.sessions import Sessions


async def change_role(by: Viewer, user_id: int, role: str) -> bool:
    """False where the team has no such member. Raises `Refused`."""
    if role not in ROLES:
        raise Refused(N_("There is no such role."), field="role")
    async with transaction():
        roles = await _roles(by)
        if user_id not in roles:
            return False
        _check_owners(by, roles, user_id, role)
        if roles[user_id] != role:
            await set_role(by.team_id, user_id, role)
            await delete_invitations_by(by.team_id, user_id, _beyond(role))
            await publish(MembersChanged(team_id=by.team_id))
    return True


async def remove_member(by: Viewer, user_id: int) -> bool:
    """False where the team has no such member. Raises `Refused`."""
    if user_id == by.user_id:
        raise Refused(N_("To leave the team yourself, use 'Leave the team' below."))
    async with transaction():
        roles = await _roles(by)
        if user_id not in roles:
            return False
        _check_owners(by, roles, user_id, None)
        await end_membership(by.team_id, user_id)
    return True


async def leave_team(viewer: Viewer, sessions: Sessions) -> bool:
    """Whether the session goes on in another team of his; else it has ended. Raises `Refused`."""
    async with transaction():
        await lock_team(viewer.team_id)
        roles = await roles_in(viewer.team_id)
        if viewer.user_id in roles:
            _check_last_owner(roles, viewer.user_id, None)
            await end_membership(viewer.team_id, viewer.user_id)
    others = await teams_of(viewer.user_id)
    proof = await proof_of(others[0], viewer.user_id) if others else None
    if proof is None:
        await sessions.end(viewer.session.id)
        return False
    await sessions.go_on(viewer.session, others[0], proof)
    return True


async def end_membership(team_id: int, user_id: int) -> None:
    """Takes somebody out of a team, with all that was his there. His sessions stand on the membership: they open
    nothing from the commit on, and their streams end."""
    async with transaction():
        if not await delete_member(team_id, user_id):
            return
        # A check under way may be raising an alert for him.
        await hold_profiles(team_id)
        await unassign(team_id, user_id)
        await revoke_tokens_of(team_id, user_id)
        await forget_alerts_of(team_id, user_id)
        await delete_invitations_by(team_id, user_id, ROLES)
        await publish(AccessEnded(team_id=team_id, user_id=user_id), MembersChanged(team_id=team_id))


async def _roles(by: Viewer) -> dict[int, str]:
    """Of all members, and nobody else changes them before the transaction ends. Raises `Refused`."""
    await lock_team(by.team_id)
    roles = await roles_in(by.team_id)
    if not may_administer(roles.get(by.user_id, "")):
        raise Refused(N_("Only owners and admins decide who belongs to the team."))
    return roles


def _check_owners(by: Viewer, roles: Mapping[int, str], user_id: int, role: str | None) -> None:
    if "owner" in (roles[user_id], role) and roles[by.user_id] != "owner":
        raise Refused(N_("Only an owner makes or unmakes owners."), field="role")
    _check_last_owner(roles, user_id, role)


def _check_last_owner(roles: Mapping[int, str], user_id: int, role: str | None) -> None:
    others = any(held == "owner" for member, held in roles.items() if member != user_id)
    if roles[user_id] == "owner" and role != "owner" and not others:
        raise Refused(N_("A team needs an owner: make somebody else an owner first."), field="role")


def _beyond(role: str) -> tuple[str, ...]:
    """The roles into which somebody of this role invites nobody."""
    if not may_administer(role):
        return ROLES
    return () if role == "owner" else ("owner",)
