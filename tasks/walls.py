from typing import Any

from app.wall.watch import miss_silent_walls


async def watch_walls(ctx: dict[str, Any]) -> str:
    return f"{await miss_silent_walls(ctx['tools'].clock())} walls fell silent"
