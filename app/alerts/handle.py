"""What a member does with the alerts of his own bell. What changed is told to his other tabs and devices, and to nobody
else's."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.alerts.queries import (
    UNTIL_THE_NEXT_STORY,
    AlertRef,
    mark_all_read,
    mark_dismissed,
    mark_notice_read,
    mark_notices_read,
    mark_read,
    mark_snoozed,
    mark_walls_read,
)
from app.database import transaction
from app.live.events import AlertHandled
from app.live.publish import publish
from app.refused import N_, Refused

LONGEST_SNOOZE = timedelta(days=366)
MORNING = time(8)
"""When a snooze ends that was set to a day."""


async def read(alert: AlertRef) -> None:
    async with transaction():
        if await mark_read(alert):
            await _tell(alert.team_id, alert.user_id)


async def dismiss(alert: AlertRef) -> None:
    async with transaction():
        if await mark_dismissed(alert):
            await _tell(alert.team_id, alert.user_id)


async def snooze(alert: AlertRef, until: datetime | None, now: datetime) -> None:
    """None: until the next story. An alert that is over stays as it is. Raises `Refused`."""
    if until is not None and not now < until <= now + LONGEST_SNOOZE:
        raise Refused(N_("This moment is over, or more than a year away."), field="until")
    async with transaction():
        if await mark_snoozed(alert, until or UNTIL_THE_NEXT_STORY):
            await _tell(alert.team_id, alert.user_id)


async def read_all(team_id: int, user_id: int, now: datetime) -> list[int]:
    """Incidents and walls too. Which alerts were unread until now, newest first."""
    async with transaction():
        alert_ids = await mark_all_read(team_id, user_id, now)
        notices, walls = await mark_notices_read(user_id), await mark_walls_read(team_id, user_id)
        if alert_ids or notices or walls:
            await _tell(team_id, user_id)
    return sorted(alert_ids, reverse=True)


async def read_notice(team_id: int, user_id: int, notice_id: int) -> None:
    """Of an incident. Another user's stays as it is."""
    async with transaction():
        if await mark_notice_read(user_id, notice_id):
            await _tell(team_id, user_id)


async def read_wall(team_id: int, user_id: int, wall_id: int) -> None:
    """Of a wall that is silent. What its reader is not told of stays as it is."""
    async with transaction():
        if await mark_walls_read(team_id, user_id, wall_id):
            await _tell(team_id, user_id)


def morning_of(day: date, zone: str) -> datetime:
    return datetime.combine(day, MORNING, ZoneInfo(zone))


async def _tell(team_id: int, user_id: int) -> None:
    await publish(AlertHandled(team_id=team_id, user_id=user_id))
