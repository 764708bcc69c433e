"""Tokens with which programs ask the API."""

from datetime import datetime

from app.teams.people import Refused
from app.teams.queries import insert_token, member_by_email, revoke, teams_named
from app.web.tokens import hash_of, new_token

LARGEST_ID = 2**63 - 1


async def create_token(team: str, email: str, name: str, *, can_write: bool) -> tuple[int, str]:
    """Its id, and the token itself, which can't be had again. Raises `Refused`."""
    if not name.strip() or len(name) > 200:
        raise Refused("Names are 1 to 200 characters long.")
    teams = await teams_named(team)
    if not teams:
        raise Refused(f"There is no team named '{team[:200]}'.")
    user_id = await member_by_email(teams[0], email)
    if user_id is None:
        raise Refused(f"'{email[:254]}' is not a member of {team}.")
    token = new_token()
    return await insert_token(teams[0], user_id, name.strip(), hash_of(token), can_write=can_write), token


async def revoke_token(token_id: int, now: datetime) -> None:
    """Raises `Refused`."""
    if not 0 < token_id <= LARGEST_ID or not await revoke(token_id, now):
        raise Refused(f"There is no token {token_id}, or it was revoked before.")
