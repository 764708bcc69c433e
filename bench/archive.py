"""How fast stories are archived when nothing outside has to be waited for: the product's worker, and a source that
answers at once. Thumbnails are measured beside plain Pillow in the same run."""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path

from arq import Worker, create_pool
from arq.connections import RedisSettings
from PIL import Image
from redis.asyncio import Redis

from app.clients.add import add_clients
from app.clock import system_clock
from app.database import database, migrate, query
from app.embedded.servers import embedded_servers
from app.reading.batch import Tools
from app.settings import read_settings
from app.sources.base import FoundStory, Outcome, PostsRead, Rhythm, Run, StoriesRead, Target
from app.sources.limits import Spacing
from app.storage.open import open_storage
from app.storage.thumbnails import thumbnail
from app.teams.queries import insert_team
from bench.report import Line
from bench.report import Target as Aim
from tasks.due import find_due
from tasks.worker import worker_options

PROFILES = {"tiny": 5, "short": 60, "long": 1000}
STORIES = 10
"""Of each profile."""
FULL = 1000
"""Profiles that the target speaks of."""
PICTURES = 8
"""Different ones, as phones make them."""


class InstantSource:
    name = "instant"
    rhythm = Rhythm(
        stories_every=timedelta(hours=20),
        posts_every=timedelta(hours=24),
        retry_first=timedelta(minutes=5),
        retry_most=timedelta(hours=1),
        lease=timedelta(minutes=20),
        spacing=timedelta(0),
        batch=50,
    )

    def __init__(self, pictures: Sequence[bytes], now: datetime) -> None:
        self._pictures = pictures
        self._now = now

    async def read_stories(self, targets: Sequence[Target], run: Run) -> AsyncIterator[StoriesRead]:
        for target in targets:
            stories = tuple(self._story(target.username, number) for number in range(STORIES))
            yield StoriesRead(username=target.username, outcome=Outcome.OK, stories=stories)

    def _story(self, username: str, number: int) -> FoundStory:
        posted_at = self._now - timedelta(hours=1 + 2 * number)
        return FoundStory(
            story_id=f"{username.removeprefix('account')}{number:04}",
            story_type="image",
            posted_at=posted_at,
            expires_at=posted_at + timedelta(hours=24),
            thumbnail_url=f"https://pictures.example/{number % PICTURES}",
        )

    async def read_posts(self, targets: Sequence[Target], run: Run) -> AsyncIterator[PostsRead]:
        for target in targets:
            yield PostsRead(username=target.username, outcome=Outcome.EMPTY)

    async def picture(self, url: str) -> bytes:
        return self._pictures[int(url.rsplit("/", 1)[1])]

    async def close(self) -> None: ...


async def measure(folder: Path, profiles: int, tell: Callable[[str], None]) -> list[Line]:
    pictures = [photograph(seed) for seed in range(PICTURES)]
    ours, pillow = await measure_thumbnails(pictures)
    tell(f"archive: {ours:.1f} thumbnails/s, plain Pillow {pillow:.1f}")
    seconds = await measure_archive(folder, profiles, InstantSource(pictures, system_clock()))
    tell(f"archive: {profiles} profiles in {seconds:.1f} s")
    return [
        Line(
            what=f"archive: {FULL:,} profiles × {STORIES} stories, source instant, spacing off",
            values=[seconds / 60 * FULL / profiles],
            unit="min",
            target=Aim(5, 3),
            remark="" if profiles == FULL else f"reckoned from {profiles} profiles, {seconds:.0f} s",
        ),
        Line(
            what="thumbnails, share of plain Pillow's speed",
            values=[100 * ours / pillow],
            unit="%",
            target=Aim(80, 80, more_is_better=True),
            remark=f"{ours:.0f} a second, Pillow {pillow:.0f}; 1080 × 1920, {len(pictures[0]) // 1000} KB",
        ),
    ]


def photograph(seed: int) -> bytes:
    """Neither flat nor pure noise, so that it is about as hard to encode as a photograph."""
    chance = random.Random(seed)
    coarse = Image.frombytes("RGB", (27, 48), chance.randbytes(27 * 48 * 3)).resize(
        (1080, 1920), Image.Resampling.BICUBIC
    )
    grain = Image.effect_noise((1080, 1920), 24).convert("RGB")
    file = BytesIO()
    Image.blend(coarse, grain, 0.2).save(file, "JPEG", quality=88)
    return file.getvalue()


async def measure_thumbnails(pictures: Sequence[bytes], rounds: int = 3) -> tuple[float, float]:
    """Thumbnails a second: ours as the worker makes them, and Pillow alone with as many threads. They take turns."""
    took = {"ours": 0.0, "pillow": 0.0}
    many = [*pictures] * 4
    with ThreadPoolExecutor(2) as threads:
        loop = asyncio.get_running_loop()
        for _ in range(rounds):
            began = time.perf_counter()
            await asyncio.gather(*(thumbnail(picture) for picture in many))
            took["ours"] += time.perf_counter() - began
            began = time.perf_counter()
            await asyncio.gather(*(loop.run_in_executor(threads, plain_thumbnail, picture) for picture in many))
            took["pillow"] += time.perf_counter() - began
    made = rounds * len(many)
    return made / took["ours"], made / took["pillow"]


def plain_thumbnail(picture: bytes) -> bytes:
    """The least that Pillow can be asked to do for the same size and kind of file."""
    file = BytesIO()
    with Image.open(BytesIO(picture)) as image:
        # Decodes at half the size, which Pillow by itself would not dare to.
        image.draft("RGB", (540, 960))
        image.thumbnail((540, 960), Image.Resampling.LANCZOS)
        image.save(file, "JPEG", quality=82, progressive=True, optimize=True)
    return file.getvalue()


async def measure_archive(folder: Path, profiles: int, source: InstantSource) -> float:
    """Seconds from the first look for due profiles to the last stored story."""
    settings = read_settings({"DATA_DIR": str(folder), "SOURCE": "demo"})
    async with embedded_servers(settings) as urls:
        await migrate(urls.database_url)
        async with database(urls.database_url), Redis.from_url(urls.redis_url) as redis:
            await add_profiles(profiles)
            tools = Tools(source, open_storage(settings.storage_url), Spacing(redis), system_clock)
            began = time.perf_counter()
            async with working(urls.redis_url, tools):
                await until_stored(profiles * STORIES)
            return time.perf_counter() - began


async def add_profiles(count: int) -> None:
    """Due for their stories, and for nothing else."""
    now = system_clock()
    team = await insert_team("Bench")
    await add_clients(team, [f"account{number + 100_000}" for number in range(count)], now - timedelta(days=30))
    await query("UPDATE profiles SET next_post_check_at = {}", now + timedelta(days=1))


@contextlib.asynccontextmanager
async def working(redis_url: str, tools: Tools) -> AsyncIterator[None]:
    """One worker with the product's timetable, and a first look for what is due."""
    worker = Worker(**worker_options(redis_url, tools.source.rhythm), ctx={"tools": tools})
    task = asyncio.create_task(worker.async_run())
    pool = await create_pool(RedisSettings.from_dsn(redis_url))
    try:
        await find_due({"tools": tools, "redis": pool})
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await worker.close()
        await pool.aclose()


async def until_stored(count: int) -> None:
    """A thumbnail that came late counts as a story that is stored late."""
    async with asyncio.timeout(1200):
        while True:
            (row,) = await query("SELECT count(*) AS stored FROM stories WHERE thumbnail_storage_path IS NOT NULL")
            if row["stored"] >= count:
                return
            await asyncio.sleep(0.1)
