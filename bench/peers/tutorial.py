"""The peer that tutorials show: each viewer has a subscription of his own, and a response that waits for it.

Run as `python -m bench.peers.tutorial PORT`, with the address of Redis in `REDIS_URL`.
"""

import os
import sys
from collections.abc import AsyncIterator
from typing import Any

import uvicorn
from litestar import Litestar, get
from litestar.datastructures import State
from redis.asyncio import Redis
from sse_starlette import EventSourceResponse


@get("/events/{topic:int}")
async def events(topic: int, state: State) -> EventSourceResponse:
    return EventSourceResponse(messages(state.redis, topic), ping=15)


async def messages(redis: Redis, topic: int) -> AsyncIterator[dict[str, Any]]:
    async with redis.pubsub() as subscription:
        await subscription.subscribe(f"topic:{topic}")
        yield {"comment": "joined"}
        async for message in subscription.listen():
            if message["type"] == "message":
                yield {"data": message["data"].decode()}


@get("/health", sync_to_thread=False)
def health() -> str:
    return "ok"


def main() -> None:
    application = Litestar([events, health], state=State({"redis": Redis.from_url(os.environ["REDIS_URL"])}))
    uvicorn.run(application, port=int(sys.argv[1]), log_level="warning", access_log=False, timeout_graceful_shutdown=1)


if __name__ == "__main__":
    main()
