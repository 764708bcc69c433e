from collections.abc import Iterator, Sequence
from typing import Any

from app.profiles.due import Due, claim_due

JOBS = {"stories": "archive_stories", "posts": "track_posts"}


async def find_due(ctx: dict[str, Any]) -> str:
    """Claims due profiles and enqueues them in batches, once however many workers run."""
    tools = ctx["tools"]
    counts = {}
    for kind, job in JOBS.items():
        claimed = await claim_due(kind, tools.source, tools.clock())
        for batch in batches(claimed, tools.source.rhythm.batch):
            await ctx["redis"].enqueue_job(job, batch)
        counts[kind] = len(claimed)
    return f"due: {counts}"


def batches(claimed: Sequence[Due], size: int) -> Iterator[list[int]]:
    """Vanished accounts go by themselves: the error rows that they give would leave every idle account of their
    batch without proof of its silence."""
    for is_missing in (False, True):
        ids = [due.profile_id for due in claimed if due.is_missing is is_missing]
        for start in range(0, len(ids), size):
            yield ids[start : start + size]
