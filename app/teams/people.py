"""Signing in and out, who may, and what a person may be called."""

from collections.abc import Collection

from app.clients.texts import one_line
from app.database import transaction
from app.live.events import AccessEnded
from app.live.open_stream import StreamViewer
from app.live.publish import publish
from app.refused import N_, Refused
from app.teams.passwords import LONGEST, SHORTEST, hash_password, is_password
from app.teams.queries import (
    insert_member,
    insert_team,
    insert_user,
    make_operator,
    proof_of,
    standing,
    standing_tokens,
    teams_named,
    user_by_email,
)
from app.teams.roles import ROLES
from app.teams.zones import is_zone
from app.web.auth import Viewer
from app.web.sessions import Sessions
from app.web.tokens import token_of

DEMO_EMAIL = "demo@example.com"
LONGEST_NAME = 200


async def sign_in(email: str, password: str, sessions: Sessions, *, demo_login: bool) -> str | None:
    """The token of a new session; None where the address or the password is wrong, or no team is left."""
    user = None if is_locked_out(email, demo_login=demo_login) else await user_by_email(email)
    if not await is_password(password, user["password_hash"] if user else None):
        return None
    if user is None or user["team_id"] is None:
        return None
    # The proof was read with the password: one that was changed meanwhile lets nobody in.
    return await sessions.begin(user["id"], user["team_id"], user["proof"])


def is_locked_out(email: str, *, demo_login: bool) -> bool:
    """A demo user left over in a database that is now used in earnest stays out."""
    return email.strip().lower() == DEMO_EMAIL and not demo_login


async def sign_out(viewer: Viewer, sessions: Sessions) -> None:
    """Ends the session, and its streams wherever they are open."""
    await sessions.end(viewer.session.id)
    async with transaction():
        await publish(AccessEnded(team_id=viewer.team_id, user_id=viewer.user_id, session=viewer.session.id))


async def switch_team(viewer: Viewer, team_id: int, sessions: Sessions) -> bool:
    """The session goes on in another team; False where the viewer does not belong to it."""
    proof = await proof_of(team_id, viewer.user_id)
    if proof is None:
        return False
    await sessions.go_on(viewer.session, team_id, proof)
    async with transaction():
        # Other tabs still show the team that was left.
        await publish(AccessEnded(team_id=viewer.team_id, user_id=viewer.user_id, session=viewer.session.id))
    return True


async def allowed(viewers: Collection[StreamViewer], sessions: Sessions) -> set[StreamViewer]:
    """Which of them may still look: people and programs."""
    programs = {viewer: token_id for viewer in viewers if (token_id := token_of(viewer.session)) is not None}
    tokens = await standing_tokens(programs.values()) if programs else set()
    valid = {viewer for viewer, token_id in programs.items() if (token_id, viewer.team_id, viewer.user_id) in tokens}
    return valid | await _people_allowed({*viewers} - programs.keys(), sessions)


async def _people_allowed(viewers: Collection[StreamViewer], sessions: Sessions) -> set[StreamViewer]:
    """Whose session exists, stands, and looks at the team."""
    kept = await sessions.kept({viewer.session for viewer in viewers})
    valid = await standing(kept.values())
    looking = {(session.id, session.team_id, session.user_id) for session in kept.values() if session.id in valid}
    return {viewer for viewer in viewers if (viewer.session, viewer.team_id, viewer.user_id) in looking}


async def create_user(
    email: str,
    full_name: str,
    password: str,
    team: str,
    role: str = "owner",
    time_zone: str = "UTC",
    *,
    operator: bool = False,
) -> tuple[int, int]:
    """Ids of the user and the team, which is made where there is none of that name. Raises `Refused`."""
    email = checked_email(email)
    checked_password(password)
    if role not in ROLES:
        raise Refused(f"'{role}' is not a role: use {', '.join(ROLES)}.")
    full_name, team = checked_name(full_name), checked_name(team)
    if not is_zone(time_zone):
        raise Refused(f"'{time_zone[:60]}' is not a time zone.")
    password_hash = await hash_password(password)
    async with transaction():
        user_id = await insert_user(email, full_name, password_hash)
        if user_id is not None:
            known = await teams_named(team)
            team_id = known[0] if known else await insert_team(team, time_zone)
            await insert_member(team_id, user_id, role)
            if operator:
                await make_operator(user_id)
    if user_id is None:
        raise Refused(f"'{email}' has an account already.")
    return user_id, team_id


def checked_email(text: str) -> str:
    """Raises `Refused`."""
    email = text.strip().lower()
    is_line = email.isprintable() and not any(letter.isspace() for letter in email)
    if email.count("@") != 1 or not all(email.split("@")) or len(email) > 254 or not is_line:
        raise Refused(N_("'%(email)s' is not an e-mail address."), field="email", email=email[:60])
    return email


def checked_password(password: str, field: str = "password") -> None:
    """Raises `Refused`."""
    if len(password) < SHORTEST:
        raise Refused(N_("The password is too short: use %(least)s characters or more."), field=field, least=SHORTEST)
    if len(password) > LONGEST:
        raise Refused(N_("The password is too long: %(most)s characters are enough."), field=field, most=LONGEST)


def checked_name(text: str, field: str = "name") -> str:
    """Raises `Refused`."""
    name = one_line(text)
    if not name or len(name) > LONGEST_NAME:
        raise Refused(N_("Names are 1 to %(most)s characters long."), field=field, most=LONGEST_NAME)
    return name
