"""Time is a writer too: a snooze ends, and no check would say so."""

from datetime import datetime

from app.alerts.queries import end_snoozes
from app.database import transaction
from app.live.events import AlertHandled
from app.live.publish import publish

AT_ONCE = 500


async def wake_alerts(now: datetime) -> int:
    """Makes the unresolved alerts unread again whose snooze is over; once, however many look."""
    woken = 0
    while True:
        async with transaction():
            ended = await end_snoozes(now, AT_ONCE)
            await publish(*(AlertHandled(team_id=team, user_id=user) for team, user in sorted(set(ended))))
        woken += len(ended)
        if len(ended) < AT_ONCE:
            return woken
