from typing import Any

from app.clients.midnight import announce_new_days


async def turn_of_the_clock(ctx: dict[str, Any]) -> str:
    return f"{await announce_new_days(ctx['tools'].clock())} days began"
