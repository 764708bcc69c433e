"""Alerts of one member. A client that is no longer tracked alerts nobody."""

from datetime import datetime
from typing import Any

from app.database import query

MOST = 500
"""Alerts in one answer: more than anybody reads, and enough for one alert of each client of a large team."""

_ALERT = """
SELECT a.id, a.client_id, p.username, c.custom_label, a.alert_type, a.days_inactive, a.is_read, a.is_dismissed,
       a.snoozed_until, a.resolved_at, a.created_at
FROM inactivity_alerts a JOIN clients c ON c.id = a.client_id JOIN profiles p ON p.id = c.profile_id
WHERE c.team_id = {} AND c.archived_at IS NULL AND a.user_id = {}
"""


async def unread_alerts(team_id: int, user_id: int, now: datetime) -> list[dict[str, Any]]:
    """Newest first."""
    return await query(
        f"{_ALERT} AND NOT a.is_read AND NOT a.is_dismissed AND a.resolved_at IS NULL"
        f" AND (a.snoozed_until IS NULL OR a.snoozed_until <= {{}}) ORDER BY a.created_at DESC, a.id DESC LIMIT {MOST}",
        team_id,
        user_id,
        now,
    )


async def alerts_of(team_id: int, user_id: int, alert_ids: list[int]) -> list[dict[str, Any]]:
    return await query(
        f"{_ALERT} AND a.id = ANY({{}}::bigint[]) ORDER BY a.created_at DESC, a.id DESC", team_id, user_id, alert_ids
    )


# --- writes ---------------------------------------------------------------------------------------------------


async def mark_read(alert_ids: list[int]) -> None:
    await query("UPDATE inactivity_alerts SET is_read = true WHERE id = ANY({}::bigint[])", alert_ids)


async def mark_dismissed(alert_id: int) -> None:
    await query("UPDATE inactivity_alerts SET is_dismissed = true WHERE id = {}", alert_id)


async def snooze(alert_id: int, until: datetime) -> None:
    await query("UPDATE inactivity_alerts SET snoozed_until = {} WHERE id = {}", until, alert_id)
