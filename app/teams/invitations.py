"""Who may come in: by a link that one person uses once, within a week."""

import secrets
from datetime import datetime, timedelta
from typing import Any

import msgspec

from app.database import transaction
from app.live.events import MembersChanged
from app.live.publish import publish
from app.refused import N_, Refused
from app.teams.passwords import hash_password, is_password
from app.teams.people import checked_email, checked_name, checked_password, is_locked_out
from app.teams.queries import (
    delete_expired_invitations,
    delete_invitation,
    insert_invitation,
    insert_member,
    insert_user,
    lock_team,
    member_by_email,
    pending_invitations,
    proof_of,
    roles_in,
    set_language,
    use_invitation,
    user_by_email,
)
from app.teams.roles import ROLES, may_administer
from app.teams.views import Invitation
from app.web.auth import Viewer
from app.web.sessions import Sessions
from app.web.tokens import hash_of

LIFE = timedelta(days=7)
LISTED = timedelta(days=7)
"""How long one that expired stays in the list."""
MOST = 200
"""Open at a time: a team that invites more has lost track."""


class InvitationOver(Exception):
    """It was used, withdrawn or expired while its page was open."""


class WrongPassword(Refused):
    def __init__(self) -> None:
        super().__init__(N_("The password is wrong."), field="password")


async def invite(by: Viewer, email: str, role: str, now: datetime) -> str:
    """The link's token, which can't be had again. Raises `Refused`."""
    email = checked_email(email)
    if role not in ROLES:
        raise Refused(N_("There is no such role."), field="role")
    token = secrets.token_urlsafe(32)
    async with transaction():
        await lock_team(by.team_id)
        await _check_inviter(by, role)
        if await member_by_email(by.team_id, email) is not None:
            raise Refused(N_("%(email)s belongs to the team already."), field="email", email=email)
        await delete_expired_invitations(by.team_id, now - LISTED)
        if len(await pending_invitations(by.team_id)) >= MOST:
            raise Refused(N_("There are %(most)s open invitations: withdraw some first."), field="email", most=MOST)
        await insert_invitation(by.team_id, email, role, hash_of(token), by.user_id, now + LIFE)
        await publish(MembersChanged(team_id=by.team_id))
    return token


async def _check_inviter(by: Viewer, role: str) -> None:
    """As roles are now; they may have changed since he opened the page."""
    own = (await roles_in(by.team_id)).get(by.user_id, "")
    if not may_administer(own):
        raise Refused(N_("Only owners and admins decide who belongs to the team."))
    if role == "owner" and own != "owner":
        raise Refused(N_("Only an owner makes or unmakes owners."), field="role")


async def withdraw(team_id: int, invitation_id: int) -> bool:
    """False where there is no such open invitation."""
    async with transaction():
        if not await delete_invitation(team_id, invitation_id):
            return False
        await publish(MembersChanged(team_id=team_id))
    return True


async def accept(
    invitation: Invitation,
    full_name: str,
    password: str,
    language: str,
    sessions: Sessions,
    now: datetime,
    *,
    demo_login: bool,
) -> str:
    """The token of a session in the team. Who has an account proves it by its password; else one is made, with the
    name and the password. Raises `Refused` and `InvitationOver`."""
    if is_locked_out(invitation.email, demo_login=demo_login):
        raise InvitationOver
    user = await user_by_email(invitation.email)
    person = await _known(user, password) if user else await _new(full_name, password)
    async with transaction():
        await lock_team(invitation.team_id)
        if not await use_invitation(invitation.id, now):
            raise InvitationOver
        user_id = person if isinstance(person, int) else await _create(invitation, person, language)
        if user_id in await roles_in(invitation.team_id):
            raise Refused(N_("You belong to this team already: sign in."))
        await insert_member(invitation.team_id, user_id, invitation.role)
        proof = await proof_of(invitation.team_id, user_id)
        await publish(MembersChanged(team_id=invitation.team_id))
    return await sessions.begin(user_id, invitation.team_id, proof or "")


class _NewPerson(msgspec.Struct, frozen=True):
    full_name: str
    password_hash: str


async def _known(user: dict[str, Any], password: str) -> int:
    if not await is_password(password, user["password_hash"]):
        raise WrongPassword
    return int(user["id"])


async def _new(full_name: str, password: str) -> _NewPerson:
    name = checked_name(full_name)
    checked_password(password)
    return _NewPerson(name, await hash_password(password))


async def _create(invitation: Invitation, person: _NewPerson, language: str) -> int:
    user_id = await insert_user(invitation.email, person.full_name, person.password_hash)
    if user_id is None:
        raise Refused(N_("This address has an account by now. Load the page anew."))
    await set_language(user_id, language)
    return user_id
