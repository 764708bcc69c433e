"""Tokens with which programs ask the API."""

from datetime import datetime

from app.database import transaction
from app.live.events import AccessEnded
from app.live.publish import publish
from app.refused import N_, Refused
from app.teams.people import checked_name
from app.teams.queries import insert_token, member_by_email, revoke, teams_named, token_rows
from app.teams.views import TokenRow
from app.web.auth import Viewer
from app.web.tokens import hash_of, new_token, session_of

LARGEST_ID = 2**63 - 1
MOST = 50
"""Of one member in one team."""


async def create_own_token(viewer: Viewer, name: str, *, can_write: bool) -> str:
    """The token, which can't be had again. Raises `Refused`."""
    name = checked_name(name)
    if len(await token_rows(viewer.team_id, viewer.user_id)) >= MOST:
        raise Refused(N_("You have %(most)s tokens: revoke those that nothing uses."), field="name", most=MOST)
    token = new_token()
    await insert_token(viewer.team_id, viewer.user_id, name, hash_of(token), can_write=can_write)
    return token


async def tokens_for(viewer: Viewer) -> list[TokenRow]:
    """His own; who administers the team sees everybody's."""
    return await token_rows(viewer.team_id, None if viewer.may_administer else viewer.user_id)


async def revoke_shown(viewer: Viewer, token_id: int, now: datetime) -> bool:
    """One of `tokens_for`; False where there is none of that id."""
    return await _revoke(viewer.team_id, token_id, now, None if viewer.may_administer else viewer.user_id)


async def create_token(team: str, email: str, name: str, *, can_write: bool) -> tuple[int, str]:
    """Its id, and the token itself, which can't be had again. Raises `Refused`."""
    name = checked_name(name)
    team_id = await _team(team)
    user_id = await member_by_email(team_id, email)
    if user_id is None:
        raise Refused(f"'{email[:254]}' is not a member of {team}.")
    token = new_token()
    return await insert_token(team_id, user_id, name, hash_of(token), can_write=can_write), token


async def revoke_token(team: str, token_id: int, now: datetime) -> None:
    """Raises `Refused`."""
    if not 0 < token_id <= LARGEST_ID or not await _revoke(await _team(team), token_id, now):
        raise Refused(f"{team[:200]} has no token {token_id}, or it was revoked before.")


async def _revoke(team_id: int, token_id: int, now: datetime, user_id: int | None = None) -> bool:
    """Its streams end with the commit."""
    async with transaction():
        of_user = await revoke(team_id, token_id, now, user_id)
        if of_user is not None:
            await publish(AccessEnded(team_id=team_id, user_id=of_user, session=session_of(token_id)))
    return of_user is not None


async def _team(name: str) -> int:
    teams = await teams_named(name)
    if not teams:
        raise Refused(f"There is no team named '{name[:200]}'.")
    return teams[0]
