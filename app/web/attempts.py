from redis.asyncio import Redis

WINDOW = 15 * 60
PER_ACCOUNT = 8
PER_ADDRESS = 40


class Attempts:
    """Limits guessing: failed sign-ins by account and by address within a quarter of an hour."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def wait(self, account: str, address: str) -> int:
        """Seconds to wait before another attempt; 0: go ahead. Counts this attempt."""
        waits = [
            await self._count(f"attempts:account:{account[:254]}:{address}", PER_ACCOUNT),
            await self._count(f"attempts:address:{address}", PER_ADDRESS),
        ]
        return max(waits)

    async def wait_for(self, what: str, most: int) -> int:
        """The same for anything else that is allowed `most` times in the window."""
        return await self._count(f"attempts:{what}", most)

    async def forgive(self, account: str, address: str) -> None:
        """A success forgets what was mistyped before."""
        await self._redis.delete(f"attempts:account:{account[:254]}:{address}")

    async def _count(self, key: str, most: int) -> int:
        async with self._redis.pipeline(transaction=True) as pipeline:
            pipeline.set(key, 0, ex=WINDOW, nx=True)
            pipeline.incr(key)
            pipeline.ttl(key)
            _, count, left = await pipeline.execute()
        return max(int(left), 1) if count > most else 0
