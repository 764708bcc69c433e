"""Whether a worker is at work: arq writes down every few seconds that one is."""

from datetime import timedelta

from arq.constants import default_queue_name, health_check_key_suffix
from redis.asyncio import Redis

from app.ops.views import WorkerState

HEARTBEAT = timedelta(seconds=10)
"""How often each worker says so; it is forgotten a second later."""


class Workers:
    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def state(self) -> WorkerState:
        return WorkerState(
            is_working=bool(await self._redis.exists(default_queue_name + health_check_key_suffix)),
            queued=await self._redis.zcard(default_queue_name),
        )
