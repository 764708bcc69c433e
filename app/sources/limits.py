"""At least so much time between story requests to one source, over all workers together."""

import asyncio

from redis.asyncio import Redis

from app.sources.base import Source

# Each caller gets the next free slot, in order of asking; Redis's own clock, so that machines agree.
# KEYS: the source's next slot. ARGV: spacing in ms. Answers how many ms to wait.
NEXT_SLOT = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local slot = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
redis.call('SET', KEYS[1], slot + ARGV[1], 'PX', slot + ARGV[1] - now + 1000)
return slot - now
"""


class Spacing:
    def __init__(self, redis: Redis) -> None:
        self._next_slot = redis.register_script(NEXT_SLOT)

    async def wait(self, source: Source) -> None:
        """Waits for the source's next slot."""
        spacing = int(source.rhythm.spacing.total_seconds() * 1000)
        if spacing > 0:
            wait = await self._next_slot(keys=[f"spacing:{source.name}"], args=[spacing])
            await asyncio.sleep(int(wait) / 1000)
