"""Signing in and out, and who may."""

from collections.abc import Collection
from zoneinfo import available_timezones

from app.database import transaction
from app.live.events import AccessEnded
from app.live.open_stream import StreamViewer
from app.live.publish import publish
from app.teams.passwords import SHORTEST, hash_password, is_password
from app.teams.queries import (
    delete_member,
    insert_member,
    insert_team,
    insert_user,
    still_members,
    teams_named,
    user_by_email,
)
from app.teams.roles import ROLES
from app.web.auth import Viewer
from app.web.sessions import Sessions

DEMO_EMAIL = "demo@example.com"


class Refused(ValueError):
    """The message says what can't be done, and why."""


async def sign_in(email: str, password: str, sessions: Sessions, *, demo_login: bool) -> str | None:
    """The token of a new session; None where the address or the password is wrong, or no team is left.

    A demo user left over in a database that is now used in earnest stays out.
    """
    user = await user_by_email(email)
    if user is not None and user["email"] == DEMO_EMAIL and not demo_login:
        user = None
    if not await is_password(password, user["password_hash"] if user else None):
        return None
    if user is None or user["team_id"] is None:
        return None
    return await sessions.begin(user["id"], user["team_id"])


async def sign_out(viewer: Viewer, sessions: Sessions) -> None:
    """Ends the session, and its streams wherever they are open."""
    await sessions.end(viewer.session.id)
    async with transaction():
        await publish(AccessEnded(team_id=viewer.team_id, user_id=viewer.user_id, session=viewer.session.id))


async def allowed(viewers: Collection[StreamViewer], sessions: Sessions) -> set[StreamViewer]:
    """Which of them may still look: their session exists, and they are members of the team."""
    alive = await sessions.alive({viewer.session for viewer in viewers})
    members = await still_members({(viewer.team_id, viewer.user_id) for viewer in viewers})
    return {viewer for viewer in viewers if viewer.session in alive and (viewer.team_id, viewer.user_id) in members}


async def create_user(
    email: str, full_name: str, password: str, team: str, role: str = "owner", time_zone: str = "UTC"
) -> tuple[int, int]:
    """Ids of the user and the team, which is made where there is none of that name. Raises `Refused`."""
    if email.count("@") != 1 or not all(email.strip().split("@")) or len(email) > 254:
        raise Refused(f"'{email[:60]}' is not an e-mail address.")
    if len(password) < SHORTEST:
        raise Refused(f"The password is too short: use {SHORTEST} characters or more.")
    return await _store_user(email, full_name, await hash_password(password), team, role, time_zone)


async def _store_user(
    email: str, full_name: str, password_hash: str, team: str, role: str, time_zone: str
) -> tuple[int, int]:
    if role not in ROLES:
        raise Refused(f"'{role}' is not a role: use {', '.join(ROLES)}.")
    if not team.strip() or len(team) > 200 or len(full_name) > 200:
        raise Refused("Names are 1 to 200 characters long.")
    if time_zone not in available_timezones():
        raise Refused(f"'{time_zone[:60]}' is not a time zone.")
    async with transaction():
        user_id = await insert_user(email, full_name, password_hash)
        if user_id is not None:
            known = await teams_named(team)
            team_id = known[0] if known else await insert_team(team, time_zone)
            await insert_member(team_id, user_id, role)
    if user_id is None:
        raise Refused(f"'{email}' has an account already.")
    return user_id, team_id


async def remove_member(team_id: int, user_id: int) -> None:
    """Takes a member out of a team; their streams end with the commit."""
    async with transaction():
        if await delete_member(team_id, user_id):
            await publish(AccessEnded(team_id=team_id, user_id=user_id))
