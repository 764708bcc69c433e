from typing import Any

from app.analytics.snapshot import take_missing_snapshots


async def take_snapshots(ctx: dict[str, Any]) -> str:
    return f"{await take_missing_snapshots(ctx['tools'].clock())} snapshots taken"
