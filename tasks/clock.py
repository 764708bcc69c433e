from typing import Any

from app.alerts.snoozes import wake_alerts
from app.clients.midnight import announce_new_days
from tasks.inactivity import watch


async def turn_of_the_clock(ctx: dict[str, Any]) -> str:
    now = ctx["tools"].clock()
    counts = f"{await announce_new_days(now)} days began, {await wake_alerts(now)} snoozes ended"
    await watch(ctx)
    return counts
