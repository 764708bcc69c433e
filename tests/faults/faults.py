"""What goes wrong: each fault returns when it is over, and everything that it took away is ready again."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from random import Random
from typing import NamedTuple

import asyncpg

from app.live.channel import LIVE
from tests.faults.processes import Program
from tests.faults.world import World

Happen = Callable[[World, Random], Awaitable[None]]


class Fault(NamedTuple):
    name: str
    weight: int
    happen: Happen


FAULTS: list[Fault] = []


def fault(name: str, weight: int) -> Callable[[Happen], Happen]:
    def note(happen: Happen) -> Happen:
        FAULTS.append(Fault(name, weight, happen))
        return happen

    return note


# --- processes ------------------------------------------------------------------------------------------------


@fault("web killed", 10)
async def kill_web(world: World, random: Random) -> None:
    down = _down(random)
    async with world.locks["web"]:
        web = random.choice(world.webs)
        await web.kill()
        await asyncio.sleep(down)
        await web.start()
        await web.until_ready()


@fault("writer killed", 6)
async def kill_writer(world: World, random: Random) -> None:
    down = _down(random)
    async with world.locks["writer"]:
        await world.writing.kill()
        await asyncio.sleep(down)
        await world.start_writer()


@fault("relay killed", 10)
async def kill_relay(world: World, random: Random) -> None:
    down = _down(random)
    async with world.locks["relay"]:
        await world.relay.kill()
        await asyncio.sleep(down)
        await world.relay.start()
        await _until_relay_is_ready(world)


async def _until_relay_is_ready(world: World) -> None:
    """It has a connection that is younger than its process."""
    async with asyncio.timeout(60):
        while True:
            with contextlib.suppress(OSError, asyncpg.PostgresError):
                connection = await asyncpg.connect(world.database.url, timeout=5)
                try:
                    if await connection.fetchval(
                        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'alrt relay'"
                        " AND backend_start > to_timestamp($1)",
                        world.relay.started,
                    ):
                        return
                finally:
                    await connection.close()
            await asyncio.sleep(0.05)


@fault("web frozen", 4)
async def freeze_web(world: World, random: Random) -> None:
    await _freeze(world, "web", lambda: random.choice(world.webs), random.uniform(0.2, 1.5))


@fault("relay frozen", 4)
async def freeze_relay(world: World, random: Random) -> None:
    await _freeze(world, "relay", lambda: world.relay, random.uniform(0.2, 1.5))


async def _freeze(world: World, name: str, program: Callable[[], Program], seconds: float) -> None:
    async with world.locks[name]:
        frozen = program()
        frozen.freeze()
        try:
            await asyncio.sleep(seconds)
        finally:
            frozen.thaw()


@fault("deploy", 6)
async def deploy(world: World, random: Random) -> None:
    """The old process is told to stop, and the new one starts in its place."""
    async with world.locks["web"]:
        web = random.choice(world.webs)
        await web.stop(8)
        await web.start()
        await web.until_ready()


@fault("rolling deploy", 5)
async def deploy_rolling(world: World, random: Random) -> None:
    """For a while there is one more, and one may have taken more than the other."""
    together = random.uniform(0, 0.6)
    async with world.locks["web"]:
        old = random.choice(world.webs)
        await world.start_web()
        # Some come back to one, some to the other, and in the end all to the new one.
        world.roads["page-web"].cut(0.5, random)
        await asyncio.sleep(together)
        world.retire(old)
        await old.stop(8)


# --- Redis ----------------------------------------------------------------------------------------------------


@fault("redis killed", 8)
async def kill_redis(world: World, random: Random) -> None:
    down = _down(random)
    async with world.locks["redis"]:
        await world.cache.kill()
        await asyncio.sleep(down)
        await world.cache.server.start()


@fault("redis from a copy 2 s old", 6)
async def take_redis_back(world: World, random: Random) -> None:
    down = _down(random)
    async with world.locks["redis"]:
        await world.cache.kill()
        world.cache.go_back()
        await asyncio.sleep(down)
        await world.cache.server.start()


@fault("redis failed over", 5)
async def fail_redis_over(world: World, random: Random) -> None:
    lag = random.uniform(0, 0.4)
    async with world.locks["redis"]:
        await world.cache.fail_over(lag)
        world.redis_moved()


@fault("redis emptied", 6)
async def empty_redis(world: World, random: Random) -> None:
    async with world.locks["redis"], contextlib.aclosing(world.cache.client()) as redis:
        await redis.flushall()


@fault("stream deleted", 3)
async def delete_stream(world: World, random: Random) -> None:
    async with world.locks["redis"], contextlib.aclosing(world.cache.client()) as redis:
        await redis.delete(LIVE)


# --- PostgreSQL -----------------------------------------------------------------------------------------------


@fault("postgres killed", 8)
async def kill_postgres(world: World, random: Random) -> None:
    down = _down(random)
    async with world.locks["postgres"]:
        await world.database.kill()
        await asyncio.sleep(down)
        await world.database.server.start()


@fault("postgres backend killed", 4)
async def crash_backend(world: World, random: Random) -> None:
    async with world.locks["postgres"]:
        await world.database.crash_a_backend(random)


@fault("database restored", 7)
async def restore_database(world: World, random: Random) -> None:
    """To a copy that is a moment old: what was committed since then never happened."""
    age, down = random.choice((0.05, 0.2, 0.5, 1.0)), _down(random)
    async with world.locks["postgres"]:
        copy = await world.database.copy()
        await asyncio.sleep(age)
        await world.database.kill()
        await asyncio.sleep(down)
        world.database.put_back(copy)
        world.writer.newest.clear()
        await world.database.server.start()
        world.writer.newest.clear()


# --- roads ----------------------------------------------------------------------------------------------------


def _of_roads(name: str, weights: tuple[int, int, int]) -> None:
    cut, within, hold = weights

    @fault(f"{name} cut", cut)
    async def cut_road(world: World, random: Random) -> None:
        share, moment = random.choice((0.3, 1.0)), random.uniform(0, 0.3)
        world.roads[name].cut(share, random)
        # Once more while they come back.
        await asyncio.sleep(moment)
        world.roads[name].cut(share, random)

    @fault(f"{name} cut within", within)
    async def cut_within(world: World, random: Random) -> None:
        world.roads[name].cut_within(random.choice((0.5, 1.0)), random)
        await asyncio.sleep(0.2)

    @fault(f"{name} held up", hold)
    async def hold_road(world: World, random: Random) -> None:
        seconds = random.uniform(0.2, 1.8)
        world.roads[name].hold()
        try:
            await asyncio.sleep(seconds)
        finally:
            world.roads[name].release()


def _goes_dead(name: str, weight: int) -> None:
    @fault(f"{name} gone dead", weight)
    async def swallow(world: World, random: Random) -> None:
        """Nobody hears that the other end is gone."""
        world.roads[name].swallow()


_of_roads("page-web", (5, 3, 4))
_of_roads("web-redis", (4, 2, 4))
_of_roads("web-postgres", (4, 2, 4))
_of_roads("relay-redis", (3, 2, 3))
_of_roads("relay-postgres", (3, 2, 3))
_of_roads("writer-postgres", (2, 1, 1))

# Not the page's own: it hears every 15 seconds from its server, and needs longer than a round to get suspicious.
for each in ("web-redis", "web-postgres", "relay-redis", "relay-postgres"):
    _goes_dead(each, 2)


def _down(random: Random) -> float:
    """Seconds between a kill and the new start."""
    return random.choice((0.0, 0.1, random.uniform(0, 0.8)))


def drawn(random: Random) -> list[Fault]:
    """Usually one, sometimes several at once."""
    count = random.choices((1, 2, 3), (78, 16, 6))[0]
    return random.choices(FAULTS, [each.weight for each in FAULTS], k=count)
