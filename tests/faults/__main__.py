"""`make faults ARGS="--rounds 1000 --seed 1"`: what is committed is delivered, whatever goes wrong."""

import argparse
import contextlib
import logging
import resource
import shutil
import statistics
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from urllib.parse import unquote

import httpx
import uvloop

from app.clients.edit import ClientChanges, edit_client
from app.clients.queries import client_of
from app.clock import system_clock
from app.web.sessions import COOKIE
from tests.faults.chromium import chromium
from tests.faults.deploy import deploy
from tests.faults.rounds import Outcome, play, settle
from tests.faults.streams import Streams
from tests.faults.world import World, a_world
from tests.listener import stream_address


def main() -> None:
    parser = argparse.ArgumentParser(prog='make faults ARGS="…"', description=__doc__)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--round", type=int, help="only this one, to repeat it")
    parser.add_argument("--times", type=int, default=1, help="how often --round is repeated")
    parser.add_argument("--heal-within", type=float, default=10, help="seconds, from when all is ready again")
    parser.add_argument("--webs", type=int, default=1, help="web processes behind one address")
    parser.add_argument("--without-chromium", action="store_true")
    parser.add_argument("--deploy", type=int, metavar="STREAMS", help="instead, a deploy under that many streams")
    parser.add_argument("--keep-going", action="store_true", help="past a round that failed")
    options = parser.parse_args()
    logging.basicConfig(level=logging.ERROR)
    folder = Path(tempfile.mkdtemp(prefix="alrt-faults-"))
    code = 1
    try:
        code = uvloop.run(run_deploy(folder, options.deploy) if options.deploy else run(folder, options))
    finally:
        if code == 0:
            shutil.rmtree(folder)
        else:
            print(f"what the processes said: {folder / 'logs'}")
    sys.exit(code)


async def run(folder: Path, options: argparse.Namespace) -> int:
    numbers = [options.round] * options.times if options.round is not None else range(1, options.rounds + 1)
    outcomes: list[Outcome] = []
    began = time.monotonic()
    async with contextlib.AsyncExitStack() as stack:
        world = await stack.enter_async_context(a_world(folder, options.webs))
        await world.populate()
        if not options.without_chromium:
            await world.open_chromium(await stack.enter_async_context(chromium()))
        await settle(world)
        for number in numbers:
            outcome = await play(world, options.seed, number, options.heal_within)
            outcomes.append(outcome)
            tell(outcome, options.seed)
            if outcome.problems:
                note_what_was_heard(world, outcome)
                if not options.keep_going:
                    break
                await begin_anew(world)
        summarise(outcomes, world, time.monotonic() - began)
    return 1 if any(outcome.problems for outcome in outcomes) else 0


async def run_deploy(folder: Path, count: int) -> int:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    # Each stream is a file here and in the web process, which inherits the limit.
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 2 * count + 1000), most))
    async with a_world(folder) as world:
        name, client_id = "alice of Acme", world.clients["Acme", "acme.one"]
        client = await client_of(world.people[name].team_id, client_id)
        assert client is not None

        async def change(number: int) -> None:
            await edit_client(client, ClientChanges(label=f"deploy no {number}"), system_clock())

        cookie, web = await world.sign_in(name)(), world.webs[0]
        address = f"http://127.0.0.1:{web.port}"
        async with httpx.AsyncClient(base_url=address, cookies={COOKIE: cookie}, trust_env=False) as visitor:
            pages, cursor = (await stream_address(visitor, "/")).split("?")[1].split("&since=")
            streams = Streams(web.port, f"{COOKIE}={cookie}", pages, unquote(cursor))
            try:
                await streams.open(count)
                deployed = await deploy(web, streams, change, visitor)
            finally:
                streams.close()
    slowest = sorted(deployed.answers)
    print(
        f"{count} streams: the old process stopped in {deployed.stopped:.1f} s, the new one answered"
        f" {deployed.started:.1f} s later, and another {deployed.back:.1f} s later everybody was back and had heard of"
        f" every change; {deployed.reloads} had to load anew. Meanwhile the dashboard answered {len(slowest)} times,"
        f" p50 {statistics.median(slowest):.2f} s, longest {slowest[-1]:.2f} s."
    )
    return 1 if deployed.reloads else 0


def note_what_was_heard(world: World, outcome: Outcome) -> None:
    for number, visitor in enumerate(world.visitors):
        heard = world.logs / f"round {outcome.number}, visitor {number}, {visitor.name}.log"
        heard.write_text("\n".join(visitor.heard))


async def begin_anew(world: World) -> None:
    if world.chromium:
        world.chromium.wrong.clear()
    for visitor in world.visitors:
        await visitor.stop()
        visitor.wrong.clear()
        for page in visitor.pages:
            page.tree = None
        visitor.start()


def tell(outcome: Outcome, seed: int) -> None:
    verdict = f"healed in {outcome.heal:.2f} s" if not outcome.problems else "FAILED"
    what = ", ".join(outcome.faults)
    print(f"seed {seed} round {outcome.number}: {what}: {verdict} (took {outcome.took:.1f} s)", flush=True)
    for problem in outcome.problems[:12]:
        print(f"  {problem}", flush=True)
    if outcome.problems:
        print(f'  to repeat it: make faults ARGS="--seed {seed} --round {outcome.number}"', flush=True)


def summarise(outcomes: list[Outcome], world: World, seconds: float) -> None:
    kinds = Counter(fault for outcome in outcomes for fault in outcome.faults)
    heals = sorted(outcome.heal for outcome in outcomes if not outcome.problems)
    failed = [outcome.number for outcome in outcomes if outcome.problems]
    print(f"\n{len(outcomes)} rounds in {seconds / 60:.1f} min, {world.writer.commits} changes committed")
    for name, count in kinds.most_common():
        print(f"  {count:>5} × {name}")
    loads = sum(visitor.loads for visitor in world.visitors)
    joins = sum(visitor.replays for visitor in world.visitors)
    print(f"pages joined {joins} times and were loaded {loads} times")
    if heals:
        p99 = heals[min(len(heals) - 1, int(len(heals) * 0.99))]
        print(f"healed within: p50 {statistics.median(heals):.2f} s, p99 {p99:.2f} s, longest {heals[-1]:.2f} s")
    print(f"FAILED: rounds {failed}" if failed else "nothing lost, and every page equals a fresh load")


if __name__ == "__main__":
    main()
