from typing import Any

from app.alerts import inactivity
from app.alerts.incidents import Turn, watch_source

NET = "check_inactivity"


async def check_inactivity(ctx: dict[str, Any]) -> str:
    return f"{await inactivity.check_inactivity(ctx['tools'].clock)} clients stand otherwise"


async def watch(ctx: dict[str, Any]) -> None:
    """After each batch, and every minute: a batch may have been the last that ended before a kill."""
    tools = ctx["tools"]
    if await watch_source(tools.source, tools.clock()) is Turn.RECOVERED:
        # Once, should it recover again before a worker comes to it.
        await ctx["redis"].enqueue_job(NET, _job_id=NET)
