"""How fast the API may be asked."""

from redis.asyncio import Redis

WINDOW = 60
PER_CALLER = 600


class Pace:
    """Counts the requests of each token and session in a minute."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def wait(self, caller: str) -> int:
        """Seconds to wait; 0: go ahead. Counts this request."""
        key = f"pace:{caller}"
        async with self._redis.pipeline(transaction=True) as pipeline:
            pipeline.set(key, 0, ex=WINDOW, nx=True)
            pipeline.incr(key)
            pipeline.ttl(key)
            _, count, left = await pipeline.execute()
        return max(int(left), 1) if count > PER_CALLER else 0
