"""Who belongs to which team."""

from collections.abc import Collection
from datetime import date
from typing import Any

from app.database import query
from app.web.auth import Viewer
from app.web.sessions import Session


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
    return Viewer(session=session, **rows[0]) if rows else None


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


async def user_by_email(email: str) -> dict[str, Any] | None:
    """With the team that was joined first; `team_id` is None for somebody without one."""
    rows = await query(
        "SELECT u.id, u.email, u.password_hash, (SELECT m.team_id FROM team_members m WHERE m.user_id = u.id"
        " ORDER BY m.id LIMIT 1) AS team_id FROM users u WHERE u.email = {} AND u.status = 'active'",
        email.strip().lower(),
    )
    return rows[0] if rows else None


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


async def note_day(team_id: int, day: date) -> bool:
    """Whether it was not noted before."""
    rows = await query(
        "UPDATE teams SET day_began = {} WHERE id = {} AND day_began IS DISTINCT FROM {} RETURNING id",
        day,
        team_id,
        day,
    )
    return bool(rows)
