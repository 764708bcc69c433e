"""Who belongs to which team."""

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from typing import Any

import msgspec

from app.database import query
from app.teams.roles import may_administer, may_manage
from app.teams.views import Invitation, MemberRow, PendingInvitation, TeamFacts, TokenRow
from app.web.auth import OtherTeam, Token, Viewer
from app.web.sessions import Session
from app.web.tokens import session_of

NOTED_EVERY = timedelta(minutes=1)
"""How exact a token's last use is: a write per request would cost more than it tells."""


PROOF = "left(encode(sha256(convert_to(concat_ws(':', m.id, u.password_hash), 'UTF8')), 'hex'), 32)"
"""SQL of what a session stands on: this very membership `m`, and the password of the user `u`."""


class Member(msgspec.Struct, frozen=True, kw_only=True):
    user_id: int
    full_name: str


async def find_viewer(session: Session) -> Viewer | None:
    """None for somebody who left the team, whose account was closed, or who has another password by now."""
    rows = await query(
        "SELECT u.id AS user_id, u.email, u.full_name, u.language, u.time_zone, u.role = 'admin' AS is_operator,"
        " t.id AS team_id, t.name AS team_name, m.role,"
        " (SELECT json_agg(json_build_array(o.id, o.name) ORDER BY lower(o.name), o.id)::text"
        "  FROM team_members n JOIN teams o ON o.id = n.team_id WHERE n.user_id = u.id AND o.id <> t.id) AS other_teams"
        " FROM team_members m JOIN users u ON u.id = m.user_id JOIN teams t ON t.id = m.team_id"
        f" WHERE m.user_id = {{}} AND m.team_id = {{}} AND u.status = 'active' AND {PROOF} = {{}}",
        session.user_id,
        session.team_id,
        session.proof,
    )
    if not rows:
        return None
    others = msgspec.json.decode(rows[0].pop("other_teams") or "[]", type=tuple[OtherTeam, ...])
    return _viewer(rows[0] | {"other_teams": others}, session)


async def find_by_token(token_hash: str, now: datetime) -> Viewer | None:
    """The member whom a program's token stands for; None where it is unknown or revoked."""
    rows = await query(
        "SELECT u.id AS user_id, u.email, u.full_name, u.language, u.time_zone, u.role = 'admin' AS is_operator,"
        " t.id AS team_id, t.name AS team_name, m.role, a.id AS token_id, a.can_write, a.last_used_at"
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
    session = Session(id=session_of(token.id), user_id=row["user_id"], team_id=row["team_id"])
    return _viewer(row, session, token)


def _viewer(row: dict[str, Any], session: Session, token: Token | None = None) -> Viewer:
    role = row["role"]
    return Viewer(session=session, may_manage=may_manage(role), may_administer=may_administer(role), token=token, **row)


async def _note_use(token_id: int, now: datetime) -> None:
    await query(
        "UPDATE api_tokens SET last_used_at = {} WHERE id = {} AND (last_used_at IS NULL OR last_used_at < {})",
        now,
        token_id,
        now - NOTED_EVERY,
    )


async def standing(sessions: Collection[Session]) -> set[str]:
    """Ids of the sessions that still stand on a membership and on the password."""
    rows = await query(
        "SELECT asked.id FROM team_members m JOIN users u ON u.id = m.user_id"
        " JOIN unnest({}::text[], {}::bigint[], {}::bigint[], {}::text[]) AS asked (id, team_id, user_id, proof)"
        " ON asked.team_id = m.team_id AND asked.user_id = m.user_id"
        f" WHERE u.status = 'active' AND {PROOF} = asked.proof",
        [session.id for session in sessions],
        [session.team_id for session in sessions],
        [session.user_id for session in sessions],
        [session.proof for session in sessions],
    )
    return {row["id"] for row in rows}


async def proof_of(team_id: int, user_id: int) -> str | None:
    """What a new session of the member stands on; None for somebody who does not belong to the team."""
    rows = await query(
        f"SELECT {PROOF} AS proof FROM team_members m JOIN users u ON u.id = m.user_id"
        " WHERE m.team_id = {} AND m.user_id = {} AND u.status = 'active'",
        team_id,
        user_id,
    )
    return str(rows[0]["proof"]) if rows else None


async def standing_tokens(token_ids: Collection[int]) -> set[tuple[int, int, int]]:
    """Of those that still open something: id, team and user."""
    rows = await query(
        "SELECT a.id, a.team_id, a.user_id FROM api_tokens a JOIN users u ON u.id = a.user_id"
        " JOIN team_members m ON m.user_id = a.user_id AND m.team_id = a.team_id"
        " WHERE a.id = ANY({}::bigint[]) AND a.revoked_at IS NULL AND u.status = 'active'",
        sorted(token_ids),
    )
    return {(row["id"], row["team_id"], row["user_id"]) for row in rows}


async def members_of(team_id: int) -> list[Member]:
    """By name."""
    rows = await query(
        "SELECT u.id AS user_id, u.full_name FROM team_members m JOIN users u ON u.id = m.user_id"
        " WHERE m.team_id = {} AND u.status = 'active' ORDER BY lower(u.full_name), u.id",
        team_id,
    )
    return [msgspec.convert(row, Member) for row in rows]


async def user_by_email(email: str) -> dict[str, Any] | None:
    """With the team that was joined first, and the proof of a session in it; `team_id` is None for somebody
    without one."""
    rows = await query(
        f"SELECT u.id, u.email, u.password_hash, m.team_id, {PROOF} AS proof FROM users u LEFT JOIN LATERAL"
        " (SELECT id, team_id FROM team_members WHERE user_id = u.id ORDER BY id LIMIT 1) m ON true"
        " WHERE u.email = {} AND u.status = 'active'",
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


async def team_facts(team_id: int) -> TeamFacts:
    rows = await query("SELECT id AS team_id, name, time_zone, inactive_after_days FROM teams WHERE id = {}", team_id)
    return msgspec.convert(rows[0], TeamFacts)


async def member_rows(team_id: int) -> list[MemberRow]:
    """Owners first, then by name."""
    rows = await query(
        "SELECT u.id AS user_id, u.full_name, u.email, m.role, m.created_at AS joined_at"
        " FROM team_members m JOIN users u ON u.id = m.user_id WHERE m.team_id = {}"
        " ORDER BY array_position(ARRAY['owner', 'admin', 'manager', 'member'], m.role::text), lower(u.full_name),"
        " u.id",
        team_id,
    )
    return [msgspec.convert(row, MemberRow) for row in rows]


async def pending_invitations(team_id: int) -> list[PendingInvitation]:
    """Newest first; those that expired lately too, as somebody may wonder what became of them."""
    rows = await query(
        "SELECT i.id, i.email, i.role, u.full_name AS invited_by, i.expires_at"
        " FROM team_invitations i LEFT JOIN users u ON u.id = i.invited_by"
        " WHERE i.team_id = {} AND i.used_at IS NULL ORDER BY i.id DESC",
        team_id,
    )
    return [msgspec.convert(row, PendingInvitation) for row in rows]


async def invitation_by_hash(token_hash: str) -> Invitation | None:
    rows = await query(
        "SELECT i.id, i.team_id, t.name AS team_name, i.email, i.role, u.full_name AS invited_by, i.expires_at,"
        " i.used_at FROM team_invitations i JOIN teams t ON t.id = i.team_id"
        " LEFT JOIN users u ON u.id = i.invited_by WHERE i.token_hash = {}",
        token_hash,
    )
    return msgspec.convert(rows[0], Invitation) if rows else None


async def roles_in(team_id: int) -> dict[int, str]:
    """Of each member."""
    rows = await query("SELECT user_id, role FROM team_members WHERE team_id = {}", team_id)
    return {row["user_id"]: row["role"] for row in rows}


async def teams_of(user_id: int) -> list[int]:
    """The one that was joined first comes first."""
    rows = await query("SELECT team_id FROM team_members WHERE user_id = {} ORDER BY id", user_id)
    return [row["team_id"] for row in rows]


async def token_rows(team_id: int, user_id: int | None) -> list[TokenRow]:
    """Those that can be used, of one member or of all; newest first."""
    rows = await query(
        "SELECT a.id, a.user_id, u.full_name AS owner, a.name, a.can_write, a.created_at, a.last_used_at"
        " FROM api_tokens a JOIN users u ON u.id = a.user_id"
        " WHERE a.team_id = {} AND a.revoked_at IS NULL AND ({}::bigint IS NULL OR a.user_id = {}) ORDER BY a.id DESC",
        team_id,
        user_id,
        user_id,
    )
    return [msgspec.convert(row, TokenRow) for row in rows]


async def password_hash_of(user_id: int) -> str | None:
    rows = await query("SELECT password_hash FROM users WHERE id = {}", user_id)
    return rows[0]["password_hash"] if rows else None


async def knows_zone(zone: str) -> bool:
    """Whether the database does: it counts days by it."""
    return bool(await query("SELECT FROM pg_timezone_names WHERE name = {}", zone))


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


async def lock_team(team_id: int) -> None:
    """Until the transaction ends: who decides about members or facts comes one after the other."""
    await query("SELECT id FROM teams WHERE id = {} FOR NO KEY UPDATE", team_id)


async def update_team(team_id: int, columns: Mapping[str, str | int]) -> bool:
    """Whether anything is different now. The names of the columns go into the SQL as they are."""
    return await _update("teams", team_id, columns)


async def update_user(user_id: int, columns: Mapping[str, str | None]) -> bool:
    """Whether anything is different now. The names of the columns go into the SQL as they are."""
    return await _update("users", user_id, columns)


async def _update(table: str, row_id: int, columns: Mapping[str, Any]) -> bool:
    if not columns:
        return False
    rows = await query(
        f"UPDATE {table} SET {', '.join(f'{name} = {{}}' for name in columns)} WHERE id = {{}}"
        f" AND ({' OR '.join(f'{name} IS DISTINCT FROM {{}}' for name in columns)}) RETURNING id",
        *columns.values(),
        row_id,
        *columns.values(),
    )
    return bool(rows)


async def set_password(user_id: int, password_hash: str) -> None:
    await query("UPDATE users SET password_hash = {} WHERE id = {}", password_hash, user_id)


async def make_operator(user_id: int) -> None:
    await query("UPDATE users SET role = 'admin' WHERE id = {}", user_id)


async def set_role(team_id: int, user_id: int, role: str) -> None:
    await query("UPDATE team_members SET role = {} WHERE team_id = {} AND user_id = {}", role, team_id, user_id)


async def insert_invitation(
    team_id: int, email: str, role: str, token_hash: str, invited_by: int, expires_at: datetime
) -> None:
    """In the place of one that the address had already."""
    await query("DELETE FROM team_invitations WHERE team_id = {} AND email = {} AND used_at IS NULL", team_id, email)
    await query(
        "INSERT INTO team_invitations (team_id, email, role, token_hash, invited_by, expires_at)"
        " VALUES ({}, {}, {}, {}, {}, {})",
        team_id,
        email,
        role,
        token_hash,
        invited_by,
        expires_at,
    )


async def use_invitation(invitation_id: int, now: datetime) -> bool:
    """False where it was used, withdrawn or over; of two at the same moment, for the second."""
    rows = await query(
        "UPDATE team_invitations SET used_at = {} WHERE id = {} AND used_at IS NULL AND expires_at > {} RETURNING id",
        now,
        invitation_id,
        now,
    )
    return bool(rows)


async def delete_invitation(team_id: int, invitation_id: int) -> bool:
    rows = await query(
        "DELETE FROM team_invitations WHERE team_id = {} AND id = {} AND used_at IS NULL RETURNING id",
        team_id,
        invitation_id,
    )
    return bool(rows)


async def delete_invitations_by(team_id: int, user_id: int, roles: Collection[str]) -> None:
    """Those that the member made, into these roles, and that nobody used yet."""
    await query(
        "DELETE FROM team_invitations WHERE team_id = {} AND invited_by = {} AND used_at IS NULL"
        " AND role = ANY({}::varchar[])",
        team_id,
        user_id,
        list(roles),
    )


async def delete_expired_invitations(team_id: int, before: datetime) -> None:
    await query(
        "DELETE FROM team_invitations WHERE team_id = {} AND used_at IS NULL AND expires_at < {}", team_id, before
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


async def revoke(team_id: int, token_id: int, now: datetime, user_id: int | None = None) -> int | None:
    """Whose it was; None where the team, or the one member, has no such token, or it was revoked before."""
    rows = await query(
        "UPDATE api_tokens SET revoked_at = {} WHERE team_id = {} AND id = {} AND ({}::bigint IS NULL OR user_id = {})"
        " AND revoked_at IS NULL RETURNING user_id",
        now,
        team_id,
        token_id,
        user_id,
        user_id,
    )
    return int(rows[0]["user_id"]) if rows else None


async def revoke_tokens_of(team_id: int, user_id: int) -> None:
    """All that the member has for the team: they would work again if he came back."""
    await query(
        "UPDATE api_tokens SET revoked_at = now() WHERE team_id = {} AND user_id = {} AND revoked_at IS NULL",
        team_id,
        user_id,
    )


async def note_day(team_id: int, day: date) -> bool:
    """Whether it was not noted before."""
    rows = await query(
        "UPDATE teams SET day_began = {} WHERE id = {} AND day_began IS DISTINCT FROM {} RETURNING id",
        day,
        team_id,
        day,
    )
    return bool(rows)
