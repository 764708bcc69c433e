"""Who belongs to which team."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any

import msgspec

from app.database import query
from app.teams.roles import may_manage
from app.web.auth import Token, Viewer
from app.web.sessions import Session

NOTED_EVERY = timedelta(minutes=1)
"""How exact a token's last use is: a write per request would cost more than it tells."""


class Member(msgspec.Struct, frozen=True, kw_only=True):
    user_id: int
    full_name: str


async def find_viewer(session: Session) -> Viewer | None:
    """None for somebody who left the team, or whose account was closed."""
    rows = await query(
        "SELECT u.id AS user_id, u.email, u.full_name, u.language, u.time_zone,"
        " t.id AS team_id, t.name AS team_name, m.role"
        " FROM team_members m JOIN users u ON u.id = m.user_id JOIN teams t ON t.id = m.team_id"
        " WHERE m.user_id = {} AND m.team_id = {} AND u.status = 'active'",
        session.user_id,
        session.team_id,
    )
    return Viewer(session=session, may_manage=may_manage(rows[0]["role"]), **rows[0]) if rows else None


async def find_by_token(token_hash: str, now: datetime) -> Viewer | None:
    """The member whom a program's token stands for; None where it is unknown or revoked."""
    rows = await query(
        "SELECT u.id AS user_id, u.email, u.full_name, u.language, u.time_zone, t.id AS team_id, t.name AS team_name,"
        " m.role, a.id AS token_id, a.can_write, a.last_used_at"
        " FROM api_tokens a JOIN users u ON u.id = a.user_id JOIN teams t ON t.id = a.team_id"
        " JOIN team_members m ON m.user_id = a.user_id AND m.team_id = a.team_id"
        " WHERE a.token_hash = {} AND a.revoked_at IS NULL AND u.status = 'active'",
        token_hash,
    )
    if not rows:
        return None
    row = rows[0]
    token = Token(row.pop("token_id"), row.pop("can_write"))
    last_used_at = row.pop("last_used_at")
    if last_used_at is None or last_used_at < now - NOTED_EVERY:
        await _note_use(token.id, now)
    session = Session(id=f"token:{token.id}", user_id=row["user_id"], team_id=row["team_id"])
    return Viewer(session=session, may_manage=may_manage(row["role"]), token=token, **row)


async def _note_use(token_id: int, now: datetime) -> None:
    await query(
        "UPDATE api_tokens SET last_used_at = {} WHERE id = {} AND (last_used_at IS NULL OR last_used_at < {})",
        now,
        token_id,
        now - NOTED_EVERY,
    )


async def still_members(pairs: Collection[tuple[int, int]]) -> set[tuple[int, int]]:
    """Which of the (team, user) pairs still hold."""
    rows = await query(
        "SELECT m.team_id, m.user_id FROM team_members m JOIN users u ON u.id = m.user_id"
        " JOIN unnest({}::bigint[], {}::bigint[]) AS asked (team_id, user_id)"
        " ON asked.team_id = m.team_id AND asked.user_id = m.user_id WHERE u.status = 'active'",
        [team_id for team_id, _ in pairs],
        [user_id for _, user_id in pairs],
    )
    return {(row["team_id"], row["user_id"]) for row in rows}


async def members_of(team_id: int) -> list[Member]:
    """By name."""
    rows = await query(
        "SELECT u.id AS user_id, u.full_name FROM team_members m JOIN users u ON u.id = m.user_id"
        " WHERE m.team_id = {} AND u.status = 'active' ORDER BY lower(u.full_name), u.id",
        team_id,
    )
    return [msgspec.convert(row, Member) for row in rows]


async def user_by_email(email: str) -> dict[str, Any] | None:
    """With the team that was joined first; `team_id` is None for somebody without one."""
    rows = await query(
        "SELECT u.id, u.email, u.password_hash, (SELECT m.team_id FROM team_members m WHERE m.user_id = u.id"
        " ORDER BY m.id LIMIT 1) AS team_id FROM users u WHERE u.email = {} AND u.status = 'active'",
        email.strip().lower(),
    )
    return rows[0] if rows else None


async def member_by_email(team_id: int, email: str) -> int | None:
    rows = await query(
        "SELECT u.id FROM users u JOIN team_members m ON m.user_id = u.id"
        " WHERE m.team_id = {} AND u.email = {} AND u.status = 'active'",
        team_id,
        email.strip().lower(),
    )
    return int(rows[0]["id"]) if rows else None


async def teams_named(name: str) -> list[int]:
    return [row["id"] for row in await query("SELECT id FROM teams WHERE name = {} ORDER BY id", name)]


async def all_teams() -> list[dict[str, Any]]:
    return await query("SELECT id, name, time_zone FROM teams ORDER BY id")


async def teams_by_day() -> list[tuple[int, str, date | None]]:
    """Id, zone, and the day that was announced last."""
    rows = await query("SELECT id, time_zone, day_began FROM teams ORDER BY id")
    return [(row["id"], row["time_zone"], row["day_began"]) for row in rows]


# --- writes ---------------------------------------------------------------------------------------------------


async def insert_team(name: str, time_zone: str = "UTC") -> int:
    rows = await query("INSERT INTO teams (name, time_zone) VALUES ({}, {}) RETURNING id", name, time_zone)
    return int(rows[0]["id"])


async def insert_user(email: str, full_name: str, password_hash: str) -> int | None:
    """None where the address is taken."""
    rows = await query(
        "INSERT INTO users (email, full_name, password_hash) VALUES ({}, {}, {})"
        " ON CONFLICT (email) DO NOTHING RETURNING id",
        email.strip().lower(),
        full_name,
        password_hash,
    )
    return int(rows[0]["id"]) if rows else None


async def set_language(user_id: int, language: str) -> None:
    await query("UPDATE users SET language = {} WHERE id = {}", language, user_id)


async def insert_member(team_id: int, user_id: int, role: str) -> None:
    await query(
        "INSERT INTO team_members (team_id, user_id, role) VALUES ({}, {}, {})"
        " ON CONFLICT (team_id, user_id) DO UPDATE SET role = excluded.role",
        team_id,
        user_id,
        role,
    )


async def delete_member(team_id: int, user_id: int) -> bool:
    rows = await query("DELETE FROM team_members WHERE team_id = {} AND user_id = {} RETURNING id", team_id, user_id)
    return bool(rows)


async def insert_token(team_id: int, user_id: int, name: str, token_hash: str, *, can_write: bool) -> int:
    rows = await query(
        "INSERT INTO api_tokens (team_id, user_id, name, token_hash, can_write) VALUES ({}, {}, {}, {}, {})"
        " RETURNING id",
        team_id,
        user_id,
        name,
        token_hash,
        can_write,
    )
    return int(rows[0]["id"])


async def revoke(token_id: int, now: datetime) -> bool:
    """False where there is no such token, or it was revoked before."""
    rows = await query(
        "UPDATE api_tokens SET revoked_at = {} WHERE id = {} AND revoked_at IS NULL RETURNING id", now, token_id
    )
    return bool(rows)


async def note_day(team_id: int, day: date) -> bool:
    """Whether it was not noted before."""
    rows = await query(
        "UPDATE teams SET day_began = {} WHERE id = {} AND day_began IS DISTINCT FROM {} RETURNING id",
        day,
        team_id,
        day,
    )
    return bool(rows)
