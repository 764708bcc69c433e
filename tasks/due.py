from typing import Any

from app.profiles.due import claim_due

JOBS = {"stories": "archive_stories", "posts": "track_posts"}


async def find_due(ctx: dict[str, Any]) -> str:
    """Claims due profiles and enqueues them in batches, once however many workers run."""
    tools = ctx["tools"]
    rhythm = tools.source.rhythm
    counts = {}
    for kind, job in JOBS.items():
        claimed = await claim_due(kind, rhythm, tools.clock())
        for start in range(0, len(claimed), rhythm.batch):
            await ctx["redis"].enqueue_job(job, claimed[start : start + rhythm.batch])
        counts[kind] = len(claimed)
    return f"due: {counts}"
