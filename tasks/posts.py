from typing import Any

from app.reading.batch import check_profiles
from tasks.stories import summary


async def track_posts(ctx: dict[str, Any], profile_ids: list[int]) -> str:
    return summary(await check_profiles("posts", profile_ids, ctx["tools"]))
