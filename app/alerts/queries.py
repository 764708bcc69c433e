"""Alerts of one member. A client that is no longer tracked alerts nobody."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from app.alerts.views import Bell, BellAlert, ClientAlert, SilentWall, SourceNotice, SourceTrouble
from app.clients.queries import held
from app.database import query
from app.teams.roles import MANAGERS

MOST = 500
"""Alerts in one answer: more than anybody reads, and enough for one alert of each client of a large team."""

UNTIL_THE_NEXT_STORY = datetime(9999, 1, 1, tzinfo=UTC)
"""A new story resolves the alert, so that it needs no other end."""

UNREAD_SHOWN = 30
EARLIER_SHOWN = 20
NOTICES_SHOWN = 3


class AlertRef(msgspec.Struct, frozen=True, kw_only=True):
    """A member's own alert, as far as verbs need it."""

    id: int
    team_id: int
    user_id: int


_UNREAD = (
    "NOT a.is_read AND NOT a.is_dismissed AND a.resolved_at IS NULL"
    " AND (a.snoozed_until IS NULL OR a.snoozed_until <= {})"
)

_ALERT = """
SELECT a.id, a.client_id, p.username, c.custom_label, a.alert_type, a.days_inactive, a.is_read, a.is_dismissed,
       a.snoozed_until, a.resolved_at, a.created_at
FROM inactivity_alerts a JOIN clients c ON c.id = a.client_id JOIN profiles p ON p.id = c.profile_id
WHERE c.team_id = {} AND c.archived_at IS NULL AND a.user_id = {}
"""


async def unread_alerts(team_id: int, user_id: int, now: datetime) -> list[dict[str, Any]]:
    """Newest first."""
    return await query(
        f"{_ALERT} AND {_UNREAD} ORDER BY a.created_at DESC, a.id DESC LIMIT {MOST}",
        team_id,
        user_id,
        now,
    )


async def alerts_of(team_id: int, user_id: int, alert_ids: list[int]) -> list[dict[str, Any]]:
    return await query(
        f"{_ALERT} AND a.id = ANY({{}}::bigint[]) ORDER BY a.created_at DESC, a.id DESC", team_id, user_id, alert_ids
    )


async def alert_of(team_id: int, user_id: int, alert_id: int) -> AlertRef | None:
    """The only way from an id to an alert: another member's is not found."""
    rows = await query(
        "SELECT a.id, c.team_id, a.user_id FROM inactivity_alerts a JOIN clients c ON c.id = a.client_id"
        " WHERE c.team_id = {} AND c.archived_at IS NULL AND a.user_id = {} AND a.id = {}",
        team_id,
        user_id,
        alert_id,
    )
    return msgspec.convert(rows[0], AlertRef) if rows else None


# --- the bell -------------------------------------------------------------------------------------------------


async def bells(team_id: int, user_ids: Sequence[int], now: datetime, since: datetime) -> dict[int, Bell]:
    """By member, all in one pass. `since`: what was over before that is no longer told."""
    piles = await _piles(team_id, user_ids, now, since)
    notices = await _notices(team_id, user_ids, since)
    walls = await _silent_walls(team_id, user_ids)
    lasts = any(notice.ended_at is None for told in notices.values() for notice in told)
    trouble = await source_trouble(team_id, now) if lasts else None
    return {
        user_id: Bell(
            user_id=user_id,
            team_id=team_id,
            unread=_lines(piles.get((user_id, "unread"), [])),
            unread_alerts=_all_of(piles.get((user_id, "unread"), [])),
            earlier=_lines(piles.get((user_id, "earlier"), [])),
            dismissed=_all_of(piles.get((user_id, "dismissed"), [])),
            notices=tuple(notices.get(user_id, [])),
            trouble=trouble,
            walls=tuple(walls.get(user_id, [])),
        )
        for user_id in user_ids
    }


async def _piles(
    team_id: int, user_ids: Sequence[int], now: datetime, since: datetime
) -> dict[tuple[int, str], list[dict[str, Any]]]:
    """By member and pile. Of dismissed ones it takes only their number, which every row of a pile tells."""
    rows = await query(
        f"""
        SELECT a.id, a.user_id, a.client_id, a.state, a.pile, a.in_pile, a.days_inactive AS days, a.resolution,
               a.created_at AS raised_at, a.resolved_at,
               nullif(a.snoozed_until, '9999-01-01Z') AS snoozed_until, p.username, p.full_name,
               p.avatar_storage_path AS avatar_key, a.label, a.is_tracked
        FROM (
            SELECT *, count(*) OVER (PARTITION BY user_id, pile) AS in_pile,
                   row_number() OVER (PARTITION BY user_id, pile ORDER BY happened_at DESC, id DESC) AS place
            FROM (
                SELECT a.*, c.profile_id, c.custom_label AS label, c.archived_at IS NULL AS is_tracked,
                       {_STATE} AS state, {_PILE} AS pile, coalesce(a.resolved_at, a.created_at) AS happened_at
                FROM inactivity_alerts a JOIN clients c ON c.id = a.client_id
                WHERE c.team_id = {{}} AND a.user_id = ANY({{}}::bigint[])
                      AND CASE WHEN a.resolved_at IS NULL THEN c.archived_at IS NULL
                          ELSE a.resolved_at >= {{}} AND NOT a.is_dismissed END
            ) a
        ) a JOIN profiles p ON p.id = a.profile_id
        WHERE a.place <= CASE a.pile WHEN 'unread' THEN {UNREAD_SHOWN} WHEN 'earlier' THEN {EARLIER_SHOWN} ELSE 1 END
        ORDER BY a.user_id, a.pile, a.place
        """,
        now,
        now,
        team_id,
        list(user_ids),
        since,
    )
    piles: dict[tuple[int, str], list[dict[str, Any]]] = {}
    for row in rows:
        piles.setdefault((row["user_id"], row["pile"]), []).append(row)
    return piles


_STATE = f"""
CASE WHEN a.resolved_at IS NOT NULL THEN 'resolved' WHEN {_UNREAD} THEN 'unread' WHEN a.is_read THEN 'read'
ELSE 'snoozed' END
"""
_PILE = f"""
CASE WHEN {_UNREAD} THEN 'unread' WHEN a.resolved_at IS NULL AND a.is_dismissed THEN 'dismissed' ELSE 'earlier' END
"""


def _lines(pile: list[dict[str, Any]]) -> tuple[BellAlert, ...]:
    return tuple(msgspec.convert(row, BellAlert) for row in pile)


def _all_of(pile: list[dict[str, Any]]) -> int:
    return int(pile[0]["in_pile"]) if pile else 0


async def _notices(team_id: int, user_ids: Sequence[int], since: datetime) -> dict[int, list[SourceNotice]]:
    """By member, newest first. Of operators all that they were told; of others only while they own the team."""
    rows = await query(
        f"""
        SELECT n.user_id, n.id, n.is_read, i.began_at, i.ended_at
        FROM source_notices n JOIN source_incidents i ON i.id = n.incident_id
        WHERE n.user_id = ANY({{}}::bigint[]) AND (i.ended_at IS NULL OR i.ended_at >= {{}}) AND {_IS_TOLD}
        ORDER BY i.began_at DESC, n.id DESC
        """,
        list(user_ids),
        since,
        team_id,
    )
    told: dict[int, list[SourceNotice]] = {}
    for row in rows:
        mine = told.setdefault(row["user_id"], [])
        if len(mine) < NOTICES_SHOWN:
            mine.append(msgspec.convert(row, SourceNotice))
    return told


async def _silent_walls(team_id: int, user_ids: Sequence[int]) -> dict[int, list[SilentWall]]:
    """By member. Who manages is asked now: the notice comes and goes with the role."""
    rows = await query(
        f"""
        SELECT m.user_id, w.id AS wall_id, w.name, r.id IS NOT NULL AS is_read,
               coalesce(w.last_seen_at, w.created_at) AS last_seen_at
        FROM {_SILENT_FOR} LEFT JOIN wall_silence_reads r
            ON r.wall_id = w.id AND r.user_id = m.user_id AND r.went_silent_at = w.went_silent_at
        WHERE w.team_id = {{}} AND m.user_id = ANY({{}}::bigint[]) ORDER BY w.went_silent_at DESC, w.id
        """,
        list(MANAGERS),
        team_id,
        list(user_ids),
    )
    walls: dict[int, list[SilentWall]] = {}
    for row in rows:
        walls.setdefault(row["user_id"], []).append(msgspec.convert(row, SilentWall))
    return walls


_SILENT_FOR = """walls w JOIN team_members m ON m.team_id = w.team_id AND m.role = ANY({}::text[])
    AND w.went_silent_at IS NOT NULL AND w.revoked_at IS NULL"""


# --- what pages say -------------------------------------------------------------------------------------------


async def source_trouble(team_id: int, now: datetime) -> SourceTrouble | None:
    """The incident that the team's clients suffer from; None while they can be read."""
    incident = await open_incident(team_id)
    if incident is None:
        return None
    risk = await at_risk_of(team_id, now)
    return SourceTrouble(began_at=incident.began_at, clients=risk.clients, lost_from=risk.lost_from)


async def client_alerts(team_id: int, client_ids: Sequence[int]) -> dict[int, ClientAlert]:
    """By client. What checks have not looked back at is not told as unobserved: the next one may."""
    rows = await query(
        """
        SELECT c.id AS client_id, a.days, a.since, CASE WHEN a.days IS NULL THEN 0 ELSE greatest(0,
               extract(epoch FROM p.stories_proved_at - greatest(c.tracking_started_at, (
                   SELECT max(s.posted_at) FROM stories s
                   WHERE s.profile_id = c.profile_id AND s.expires_at > c.tracking_started_at
               )))::bigint / 60 - c.silent_minutes) END AS unobserved_minutes
        FROM clients c JOIN profiles p ON p.id = c.profile_id
        CROSS JOIN LATERAL (
            SELECT max(days_inactive) AS days, min(created_at) AS since FROM inactivity_alerts
            WHERE client_id = c.id AND resolved_at IS NULL
        ) a
        WHERE c.team_id = {} AND c.archived_at IS NULL AND c.id = ANY({}::bigint[])
        """,
        team_id,
        list(client_ids),
    )
    return {row["client_id"]: msgspec.convert(row, ClientAlert) for row in rows}


# --- writes ---------------------------------------------------------------------------------------------------


async def insert_alerts(team_id: int, client_id: int, days: int, now: datetime) -> int:
    """One for each member who has none unresolved; how many."""
    rows = await query(
        "INSERT INTO inactivity_alerts (client_id, user_id, days_inactive, created_at)"
        " SELECT {}, m.user_id, {}, {} FROM team_members m WHERE m.team_id = {} ORDER BY m.user_id"
        # Whoever is being removed has no alert left afterwards: see `forget_alerts_of`.
        " FOR SHARE"
        " ON CONFLICT (client_id, user_id, alert_type) WHERE resolved_at IS NULL DO NOTHING RETURNING id",
        client_id,
        days,
        now,
        team_id,
    )
    return len(rows)


async def set_days(client_id: int, days: int) -> bool:
    """Of the unresolved alerts; whether that changed any. Days never go back while a silence lasts."""
    rows = await query(
        "UPDATE inactivity_alerts SET days_inactive = {} WHERE client_id = {} AND resolved_at IS NULL"
        " AND days_inactive < {} RETURNING id",
        days,
        client_id,
        days,
    )
    return bool(rows)


async def close_alerts(client_id: int, resolution: str, now: datetime) -> bool:
    """For all members; whether there were any."""
    rows = await query(
        "UPDATE inactivity_alerts SET resolved_at = {}, resolution = {}, snoozed_until = NULL"
        " WHERE client_id = {} AND resolved_at IS NULL RETURNING id",
        now,
        resolution,
        client_id,
    )
    return bool(rows)


async def mark_read(alert: AlertRef) -> bool:
    """Whether that changed anything, like the other two. Whoever reads it sleeps on it no longer."""
    rows = await query(
        "UPDATE inactivity_alerts SET is_read = true, snoozed_until = NULL WHERE id = {} AND user_id = {}"
        " AND NOT is_read RETURNING id",
        alert.id,
        alert.user_id,
    )
    return bool(rows)


async def mark_dismissed(alert: AlertRef) -> bool:
    rows = await query(
        "UPDATE inactivity_alerts SET is_dismissed = true WHERE id = {} AND user_id = {} AND NOT is_dismissed"
        " RETURNING id",
        alert.id,
        alert.user_id,
    )
    return bool(rows)


async def mark_snoozed(alert: AlertRef, until: datetime) -> bool:
    """It comes back as an unread one, whatever it was before."""
    rows = await query(
        "UPDATE inactivity_alerts SET snoozed_until = {}, is_read = false WHERE id = {} AND user_id = {}"
        " AND resolved_at IS NULL AND (is_read OR snoozed_until IS DISTINCT FROM {}) RETURNING id",
        until,
        alert.id,
        alert.user_id,
        until,
    )
    return bool(rows)


async def mark_all_read(team_id: int, user_id: int, now: datetime) -> list[int]:
    """Which alerts were unread until now, in no order."""
    rows = await query(
        "UPDATE inactivity_alerts a SET is_read = true, snoozed_until = NULL FROM clients c"
        " WHERE c.id = a.client_id AND c.team_id = {}"
        f" AND c.archived_at IS NULL AND a.user_id = {{}} AND {_UNREAD} RETURNING a.id",
        team_id,
        user_id,
        now,
    )
    return [row["id"] for row in rows]


async def mark_notices_read(user_id: int) -> bool:
    """Of all incidents."""
    return bool(
        await query("UPDATE source_notices SET is_read = true WHERE user_id = {} AND NOT is_read RETURNING id", user_id)
    )


async def mark_walls_read(team_id: int, user_id: int, wall_id: int | None = None) -> bool:
    """Of the silence that lasts: of all walls, or of one."""
    return bool(
        await query(
            f"""
            INSERT INTO wall_silence_reads AS r (wall_id, user_id, went_silent_at)
            SELECT w.id, m.user_id, w.went_silent_at FROM {_SILENT_FOR}
            WHERE w.team_id = {{}} AND m.user_id = {{}} AND w.id = coalesce({{}}::bigint, w.id) ORDER BY w.id
            ON CONFLICT (wall_id, user_id) DO UPDATE SET went_silent_at = excluded.went_silent_at
            WHERE r.went_silent_at <> excluded.went_silent_at RETURNING r.id
            """,
            list(MANAGERS),
            team_id,
            user_id,
            wall_id,
        )
    )


async def end_snoozes(now: datetime, limit: int) -> list[tuple[int, int]]:
    """Alerts whose snooze is over are unread again; team and member of each."""
    rows = await query(
        """
        UPDATE inactivity_alerts a SET snoozed_until = NULL, is_read = false FROM clients c
        WHERE c.id = a.client_id AND a.id IN (
            SELECT id FROM inactivity_alerts WHERE snoozed_until <= {} AND resolved_at IS NULL
            ORDER BY id LIMIT {} FOR UPDATE SKIP LOCKED)
        RETURNING c.team_id, a.user_id
        """,
        now,
        limit,
    )
    return [(row["team_id"], row["user_id"]) for row in rows]


# --- incidents ------------------------------------------------------------------------------------------------


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """A source failed broadly."""

    id: int
    source: str
    began_at: datetime
    ended_at: datetime | None
    checks: int
    """Accounts whose newest check told that it began ..."""
    failed: int
    """... and how many of those checks had failed."""
    error: str | None
    """What the last of them said; for operators."""


class AtRisk(msgspec.Struct, frozen=True, kw_only=True):
    """What an incident may cost a team."""

    clients: int
    """Tracked, readable as far as we know, and not seen since the incident began."""
    overdue: int
    """Those of them that may have lost a story by now."""
    lost_from: datetime | None
    """When the first of them could lose a story, or could have: 24 hours after it was seen; None where none can."""


# What a source reads: see `claim_due`.
_READ_BY = "({source} = 'demo' OR p.external_id IS NULL OR p.external_id NOT LIKE 'demo-%')"

_CONCERNS_TEAM = f"""EXISTS (SELECT FROM clients c JOIN profiles p ON p.id = c.profile_id
    WHERE c.team_id = {{}} AND c.archived_at IS NULL AND {_READ_BY.format(source="i.source")})"""

_IS_TOLD = """(
    EXISTS (SELECT FROM users u WHERE u.id = n.user_id AND u.role = 'admin')
    OR EXISTS (SELECT FROM team_members m WHERE m.team_id = {} AND m.user_id = n.user_id AND m.role = 'owner'))"""

_INCIDENT = "i.source, i.began_at, i.ended_at, i.checks, i.failed, i.error"


async def open_incident(team_id: int) -> Incident | None:
    """The one that the team's clients suffer from now."""
    rows = await query(
        f"SELECT i.id, {_INCIDENT} FROM source_incidents i WHERE i.ended_at IS NULL AND {_CONCERNS_TEAM}"
        " ORDER BY i.began_at, i.id LIMIT 1",
        team_id,
    )
    return msgspec.convert(rows[0], Incident) if rows else None


async def at_risk_of(team_id: int, now: datetime) -> AtRisk:
    """Nothing is at risk while no incident is open."""
    rows = await query(
        f"""
        SELECT count(*) AS clients, count(*) FILTER (WHERE lost_from <= {{}}) AS overdue, min(lost_from) AS lost_from
        FROM (
            SELECT coalesce(p.stories_proved_at, c.tracking_started_at) + interval '24 hours' AS lost_from
            FROM clients c JOIN profiles p ON p.id = c.profile_id
            WHERE c.team_id = {{}} AND c.archived_at IS NULL AND p.state IN ('new', 'ok')
              AND EXISTS (SELECT FROM source_incidents i WHERE i.ended_at IS NULL
                          AND {_READ_BY.format(source="i.source")}
                          AND (p.stories_proved_at IS NULL OR p.stories_proved_at < i.began_at))
        ) AS clients
        """,
        now,
        team_id,
    )
    return msgspec.convert(rows[0], AtRisk)


async def mark_notice_read(user_id: int, notice_id: int) -> bool:
    """Whether that changed anything; another user's is not found."""
    rows = await query(
        "UPDATE source_notices SET is_read = true WHERE id = {} AND user_id = {} AND NOT is_read RETURNING id",
        notice_id,
        user_id,
    )
    return bool(rows)


async def forget_alerts_of(team_id: int, user_id: int) -> None:
    """Of somebody who leaves the team: should he come back, he begins anew.

    In the transaction that took him out of it, and after that: an alert that is being raised is then waited for.
    """
    await query(
        "DELETE FROM inactivity_alerts a USING clients c"
        " WHERE c.id = a.client_id AND c.team_id = {} AND a.user_id = {}",
        team_id,
        user_id,
    )


async def has_alerts(client_id: int) -> bool:
    """Whether some member has an unresolved one."""
    return bool(
        await query("SELECT FROM inactivity_alerts WHERE client_id = {} AND resolved_at IS NULL LIMIT 1", client_id)
    )


# --- how an incident begins and ends --------------------------------------------------------------------------


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """How the newest stories check of an account ended."""

    profile_id: int
    failing_since: datetime | None
    """When the first check ended of those that failed in a row; None: it did not fail."""
    error: str | None


_FAILED = "outcome IN ('failed', 'rate_limited')"


async def newest_attempts(source: str, since: datetime, limit: int, failures_since: datetime) -> list[Attempt]:
    """Of each account that is tracked and was tried since then; newest first. Failures from before `failures_since`
    are another story: nobody may have looked for days."""
    rows = await query(
        f"""
        SELECT k.profile_id, k.error, CASE WHEN k.{_FAILED} THEN (
                   SELECT min(f.finished_at) FROM checks f
                   WHERE f.profile_id = k.profile_id AND f.kind = 'stories' AND f.{_FAILED} AND f.finished_at > {{}}
                   AND f.id > coalesce((
                       SELECT max(g.id) FROM checks g WHERE g.profile_id = k.profile_id AND g.kind = 'stories'
                       AND g.finished_at IS NOT NULL AND NOT g.{_FAILED}), 0)) END AS failing_since
        FROM (
            SELECT DISTINCT ON (profile_id) id, profile_id, outcome, error FROM checks
            WHERE source = {{}} AND kind = 'stories' AND finished_at > {{}} ORDER BY profile_id, id DESC
        ) k WHERE {held("k.profile_id")} ORDER BY k.id DESC LIMIT {{}}
        """,
        min(since, failures_since),
        source,
        since,
        limit,
    )
    return [msgspec.convert(row, Attempt) for row in rows]


async def accounts_read_by(source: str) -> int:
    rows = await query(
        f"SELECT count(*) AS accounts FROM profiles p WHERE {held('p.id')} AND {_READ_BY.format(source='{}::text')}",
        source,
    )
    return int(rows[0]["accounts"])


async def is_failing(profile_id: int) -> bool:
    """Whether an incident is open of the source that reads the profile."""
    rows = await query(
        "SELECT i.id FROM source_incidents i JOIN profiles p ON p.id = {}"
        f" WHERE i.ended_at IS NULL AND {_READ_BY.format(source='i.source')} LIMIT 1",
        profile_id,
    )
    return bool(rows)


async def open_incidents() -> list[Incident]:
    rows = await query(f"SELECT i.id, {_INCIDENT} FROM source_incidents i WHERE i.ended_at IS NULL ORDER BY i.id")
    return [msgspec.convert(row, Incident) for row in rows]


async def insert_incident(source: str, now: datetime, checks: int, failed: int, error: str | None) -> int | None:
    """None where one is open already."""
    rows = await query(
        "INSERT INTO source_incidents (source, began_at, checks, failed, error) VALUES ({}, {}, {}, {}, {})"
        " ON CONFLICT (source) WHERE ended_at IS NULL DO NOTHING RETURNING id",
        source,
        now,
        checks,
        failed,
        error,
    )
    return rows[0]["id"] if rows else None


async def end_incident(incident_id: int, now: datetime) -> bool:
    """False where it is over already."""
    rows = await query(
        "UPDATE source_incidents SET ended_at = greatest(began_at, {}) WHERE id = {} AND ended_at IS NULL RETURNING id",
        now,
        incident_id,
    )
    return bool(rows)


async def insert_notices(incident_id: int, now: datetime, relapsed_since: datetime) -> None:
    """For operators, and for the owners of teams whose clients the source reads; a relapse is no news to whoever read
    of the one before."""
    await query(
        f"""
        INSERT INTO source_notices (incident_id, user_id, created_at, is_read)
        SELECT i.id, u.id, {{}}, coalesce((
            SELECT n.is_read FROM source_incidents o JOIN source_notices n ON n.incident_id = o.id
            WHERE o.source = i.source AND o.ended_at > {{}} AND n.user_id = u.id ORDER BY o.id DESC LIMIT 1), false)
        FROM source_incidents i CROSS JOIN users u
        WHERE i.id = {{}} AND u.status = 'active' AND (u.role = 'admin' OR EXISTS (
            SELECT FROM team_members m JOIN clients c ON c.team_id = m.team_id JOIN profiles p ON p.id = c.profile_id
            WHERE m.user_id = u.id AND m.role = 'owner' AND c.archived_at IS NULL
              AND {_READ_BY.format(source="i.source")}))
        ORDER BY u.id ON CONFLICT (incident_id, user_id) DO NOTHING
        """,
        now,
        relapsed_since,
        incident_id,
    )


async def teams_of_incident(incident_id: int) -> list[int]:
    """Those whose clients the source reads, and those of whoever was told."""
    rows = await query(
        f"""
        SELECT c.team_id FROM source_incidents i CROSS JOIN clients c JOIN profiles p ON p.id = c.profile_id
        WHERE i.id = {{}} AND c.archived_at IS NULL AND {_READ_BY.format(source="i.source")}
        UNION SELECT m.team_id FROM source_notices n JOIN team_members m ON m.user_id = n.user_id
        WHERE n.incident_id = {{}} ORDER BY team_id
        """,
        incident_id,
        incident_id,
    )
    return [row["team_id"] for row in rows]


async def check_failed_now(source: str, now: datetime) -> None:
    """Whose last check failed is due; one that is being checked just now is left alone."""
    await query(
        f"""
        UPDATE profiles SET next_story_check_at = {{}} WHERE id IN (
            SELECT p.id FROM profiles p WHERE p.next_story_check_at > {{}}
              AND p.next_story_check_at IS DISTINCT FROM p.story_lease_until
              AND {held("p.id")} AND {_READ_BY.format(source="{}::text")}
              AND (SELECT k.{_FAILED} FROM checks k WHERE k.profile_id = p.id AND k.kind = 'stories'
                   AND k.finished_at IS NOT NULL ORDER BY k.id DESC LIMIT 1)
            FOR UPDATE SKIP LOCKED)
        """,
        now,
        now,
        source,
    )
