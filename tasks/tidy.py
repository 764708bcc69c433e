from typing import Any

from app.profiles.checks import tidy_checks


async def tidy(ctx: dict[str, Any]) -> None:
    await tidy_checks(ctx["tools"].clock())
