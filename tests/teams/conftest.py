from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from app.embedded.servers import Urls
from app.web.sessions import Sessions


@pytest.fixture
async def sessions(urls: Urls) -> AsyncIterator[Sessions]:
    redis = Redis.from_url(urls.redis_url)
    yield Sessions(redis)
    await redis.aclose()
