"""One round: writers write, something goes wrong at some moment, and afterwards everything must be as it should."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from random import Random

import msgspec

from tests.faults.faults import Fault, drawn
from tests.faults.judge import Judge
from tests.faults.world import World

LOOK_EVERY = 0.05
LOOKING = 10.0
CHROMIUM_EVERY = 5
"""Rounds; it is open, and lives through the faults, in all of them."""


class Outcome(msgspec.Struct):
    number: int
    faults: list[str]
    heal: float
    """Seconds from when everything is ready again until every page is live and has all that it will ever get."""
    took: float
    problems: list[str]


class Plan(msgspec.Struct):
    """What a round does, drawn from seed and number alone."""

    random: Random
    faults: list[Fault]
    before: float
    writes_until: float | None
    """Seconds after the round's first moment: what is lost then is not made good by later changes. None: to the end."""
    apart: list[float]

    @classmethod
    def of(cls, seed: int, number: int) -> "Plan":
        random = Random(f"{seed}:{number}")
        faults = drawn(random)
        return cls(
            random=random,
            faults=faults,
            before=random.uniform(0.05, 0.5),
            writes_until=random.choice((None, random.uniform(0, 0.3), random.uniform(0, 1.0))),
            apart=[random.choice((0.0, random.uniform(0, 0.4))) for _ in faults],
        )


async def settle(world: World) -> None:
    """Until every page is open and right for the first time."""
    problems = await _until_right(world, time.monotonic() + 60, with_chromium=True)
    assert not problems, problems


async def play(world: World, seed: int, number: int, heal_within: float) -> Outcome:
    plan = Plan.of(seed, number)
    began = time.monotonic()
    world.writer.go()
    await asyncio.sleep(plan.before)
    async with asyncio.TaskGroup() as happening:
        for fault, moment in zip(plan.faults, plan.apart, strict=True):
            # Each its own, so that what one draws does not depend on when the other gets to it.
            happening.create_task(_after(moment, fault.happen, world, Random(plan.random.random())))
        if plan.writes_until is not None:
            happening.create_task(_after(plan.writes_until, world.writer.pause))
    ready = time.monotonic()
    if plan.writes_until is None:
        await asyncio.sleep(0.1)
        await world.writer.pause()
    # To look at every page takes its time, too, on a machine that has better things to do.
    problems = await _until_right(world, ready + heal_within + LOOKING, with_chromium=number % CHROMIUM_EVERY == 0)
    heal = max(0.0, *(visitor.settled_at - ready for visitor in world.visitors))
    if not problems and heal > heal_within:
        problems = [f"it took {heal:.1f} s until every page was right"]
    return Outcome(
        number=number,
        faults=[fault.name for fault in plan.faults],
        heal=heal,
        took=time.monotonic() - began,
        problems=problems,
    )


async def _after(seconds: float, happen: Callable[..., Awaitable[None]], *arguments: object) -> None:
    await asyncio.sleep(seconds)
    await happen(*arguments)


async def _until_right(world: World, deadline: float, *, with_chromium: bool) -> list[str]:
    judge = Judge(world, with_chromium=with_chromium)
    while True:
        problems = await judge.problems()
        wrong = [each for visitor in world.visitors for each in visitor.wrong]
        wrong += world.chromium.wrong if world.chromium else []
        wrong += [f"{each.name} ended by itself" for each in world.programs if each.has_ended]
        if not problems or wrong or time.monotonic() > deadline:
            return [*wrong, *problems]
        await asyncio.sleep(LOOK_EVERY)
