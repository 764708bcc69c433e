from typing import Any

from app.reading.batch import check_profiles
from tasks.inactivity import watch


async def archive_stories(ctx: dict[str, Any], profile_ids: list[int]) -> str:
    results = await check_profiles("stories", profile_ids, ctx["tools"])
    await watch(ctx)
    return summary(results)


def summary(results: Any) -> str:
    found, stored = (sum(getattr(result, name) for result in results.values()) for name in ("found", "stored"))
    return f"{len(results)} profiles: found {found}, stored {stored}"
