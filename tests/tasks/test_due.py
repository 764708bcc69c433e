"""What the timetable enqueues."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from arq import ArqRedis, create_pool
from arq.connections import RedisSettings

from app.clients.queries import ClientRef
from app.database import query
from app.embedded.servers import Urls
from app.profiles.due import Due
from app.sources.base import Outcome
from tasks.due import batches, find_due
from tasks.posts import track_posts
from tasks.stories import archive_stories
from tests.cast import Cast, client
from tests.worker import Worker

Jobs = dict[str, list[list[int]]]


@pytest.fixture
async def queue(urls: Urls, empty: None) -> AsyncIterator[ArqRedis]:
    queue = await create_pool(RedisSettings.from_dsn(urls.redis_url))
    yield queue
    await queue.aclose()


@pytest.fixture
def worker(tmp_path: Path) -> Worker:
    return Worker(tmp_path)


async def enqueued(queue: ArqRedis) -> Jobs:
    """The batches of each job, the longest first."""
    jobs: Jobs = {}
    for job in sorted(await queue.queued_jobs(), key=lambda job: (-len(job.args[0]), job.args)):
        jobs.setdefault(job.function, []).append(sorted(job.args[0]))
    return jobs


async def gone(*clients: ClientRef) -> None:
    for one in clients:
        await query("UPDATE profiles SET state = 'not_found' WHERE id = {}", one.profile_id)


async def test_what_is_due_is_enqueued_once_for_each_kind(cast: Cast, queue: ArqRedis, worker: Worker) -> None:
    both = [cast.bakery.profile_id, cast.florist.profile_id]
    ctx = {"tools": worker.tools, "redis": queue}
    assert await find_due(ctx) == "due: {'stories': 2, 'posts': 2}"
    jobs = await enqueued(queue)
    assert jobs == {"archive_stories": [both], "track_posts": [both]}
    assert await find_due(ctx) == "due: {'stories': 0, 'posts': 0}"
    assert await enqueued(queue) == jobs


async def test_vanished_accounts_go_in_a_batch_of_their_own(cast: Cast, queue: ArqRedis, worker: Worker) -> None:
    await gone(cast.florist)
    await find_due({"tools": worker.tools, "redis": queue})
    assert (await enqueued(queue))["archive_stories"] == [[cast.bakery.profile_id], [cast.florist.profile_id]]


def test_batches_are_no_larger_than_the_source_likes() -> None:
    claimed = [Due(number, number % 5 == 0) for number in range(1, 24)]
    made = list(batches(claimed, 8))
    assert [len(batch) for batch in made] == [8, 8, 3, 4]
    assert made[0] == [1, 2, 3, 4, 6, 7, 8, 9]
    assert made[-1] == [5, 10, 15, 20]


async def test_all_are_gone_and_still_one_batch_is_enough() -> None:
    assert list(batches([Due(1, True), Due(2, True)], 50)) == [[1, 2]]
    assert list(batches([], 50)) == []


async def test_a_job_says_what_it_found(cast: Cast, worker: Worker) -> None:
    worker.scripted.ends("bakery", Outcome.PRIVATE)
    worker.scripted.shows("florist")
    ctx = {"tools": worker.tools}
    ids = [cast.bakery.profile_id, cast.florist.profile_id]
    assert await archive_stories(ctx, ids) == "2 profiles: found 0, stored 0"
    assert await track_posts(ctx, ids) == "2 profiles: found 0, stored 0"


async def test_a_large_team_is_split(cast: Cast, queue: ArqRedis, worker: Worker) -> None:
    for number in range(5):
        await client(cast.alice.team_id, f"shop{number}")
    worker.scripted.rhythm = msgspec.structs.replace(worker.scripted.rhythm, batch=3)
    await find_due({"tools": worker.tools, "redis": queue})
    assert [len(batch) for batch in (await enqueued(queue))["archive_stories"]] == [3, 3, 1]
