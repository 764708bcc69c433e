"""How the push fares, for operators and for Prometheus."""

import asyncio

import httpx
import msgspec
import pytest

from app.database import query, transaction
from app.live.events import ClientEdited
from app.live.health import PROCESSES, push_health, report
from app.live.metrics import written
from app.live.publish import publish
from app.live.views import ProcessHealth, PushHealth, Took
from app.web.templates import render
from tests.cast import Cast
from tests.listener import listen_to
from tests.product import Product
from tests.programs import program

TOKEN = "a secret of the monitoring"


async def told(product: Product, process: str = "web-1:17") -> PushHealth:
    await report(product.hub, product.redis, process, up=5.0)
    return await push_health(product.redis)


def of(health: PushHealth, process: str = "web-1:17") -> ProcessHealth:
    return next(one for one in health.processes if one.process == process)


async def test_open_pages_joins_and_passes_are_counted(product: Product, cast: Cast) -> None:
    async with product.signed_in(cast.alice) as alice, listen_to(alice, "/") as page:
        cursor = await page.seen()
        await product.archive_story(cast.bakery)
        await page.collect("client-row-")
        async with alice.stream("GET", f"/live?page=dashboard&since={cursor}") as late:
            async for line in late.aiter_lines():
                if line.startswith("event: seen"):
                    break
            state = of(await told(product))
            assert (state.streams, state.pages, state.stalled) == (2, 2, 0)
            assert (state.joins, state.replays, state.reloads) == (2, 1, 0)
            assert state.passes.count >= 1
            assert state.passes.p99 is not None
            assert state.is_hearing
            cursor_now = product.hub.cursor
            assert cursor_now is not None
            assert state.taken == str(cursor_now.position[0])
        async with alice.stream("GET", "/live?page=dashboard&since=") as lost:
            async for line in lost.aiter_lines():
                if line.startswith("event: reload"):
                    break
        assert of(await told(product)).reloads == 1


async def test_programs_that_wait_are_counted(product: Product, cast: Cast) -> None:
    async with program(product, cast.alice) as reader:
        cursor = (await reader.get("/api/events")).json()["cursor"]
        waiting = asyncio.create_task(reader.get("/api/events", params={"since": cursor, "wait": 20}))
        await asyncio.sleep(0.3)
        assert of(await told(product)).programs == 1
        waiting.cancel()


async def test_the_percentiles_are_made_of_all_processes_samples(product: Product, cast: Cast) -> None:
    for milliseconds in range(1, 101):
        product.hub.measures.paints.add(milliseconds / 1000)
    await told(product, "web-1:17")
    health = await told(product, "web-2:17")
    assert health.measured == 200
    assert (health.paints.p50, health.paints.p99) == (0.051, 0.1)


async def test_a_process_that_says_nothing_is_forgotten(product: Product, cast: Cast) -> None:
    await told(product, "gone:1")
    await product.redis.delete("live:process:gone:1")
    assert "gone:1" not in {one.process for one in (await push_health(product.redis)).processes}
    assert not await product.redis.sismember(PROCESSES, "gone:1")


async def test_each_web_process_tells_of_itself_until_it_stops(product: Product, cast: Cast) -> None:
    async with asyncio.timeout(5):
        while not (await push_health(product.redis)).processes:  # noqa: ASYNC110, there is no event to wait for
            await asyncio.sleep(0.05)
    await product.stop_web()
    assert (await push_health(product.redis)).processes == []
    await product.start_web()


async def test_a_relay_that_stands_still_shows(product: Product, cast: Cast) -> None:
    health = await push_health(product.redis)
    assert health.waiting == 0
    assert health.silent_for is not None
    assert health.silent_for < 7
    await product.stop_relay()
    async with transaction():
        await publish(ClientEdited(team_id=cast.alice.team_id, client_id=cast.bakery.id))
    await asyncio.sleep(0.3)
    health = await push_health(product.redis)
    assert health.waiting == 1
    assert 0.3 <= health.lag < 5
    await product.redis.flushall()
    assert (await push_health(product.redis)).silent_for is None


async def test_operators_and_whoever_knows_the_token_read_the_metrics(product: Product, cast: Cast) -> None:
    await told(product)

    async def ask(person: httpx.AsyncClient, **headers: str) -> int:
        return (await person.get("/metrics", headers=headers)).status_code

    async with product.visitor() as visitor, product.signed_in(cast.alice) as alice:
        assert await ask(visitor) == 401
        assert await ask(alice) == 403
        # Without the setting there is no token, an empty one neither.
        assert await ask(visitor, authorization=f"Bearer {TOKEN}") == 401
        assert await ask(visitor, authorization="Bearer") == 401
        await query("UPDATE users SET role = 'admin' WHERE id = {}", cast.alice.id)
        assert await ask(alice) == 200
        product.application.state.settings = msgspec.structs.replace(product.settings, metrics_token=TOKEN)
        assert await ask(visitor, authorization="Bearer another one") == 401
        answer = await visitor.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
        assert 'alrt_streams{process="web-1:17"} 0' in answer.text


def health(**more: object) -> PushHealth:
    took = Took(count=3, total=0.6, p50=0.2, p99=0.31)
    process = ProcessHealth(
        process='web"1\\:17',
        up_seconds=60.0,
        streams=4,
        pages=3,
        stalled=1,
        programs=2,
        joins=5,
        replays=1,
        reloads=1,
        skips=1,
        passes=took,
        paints=Took(count=0, total=0.0, p50=None, p99=None),
        paint_samples=[],
        taken="1773144000412",
        is_hearing=True,
    )
    facts = {"processes": [process], "paints": took, "measured": 3, "waiting": 2, "lag": 3.5, "silent_for": 1.0}
    return PushHealth(**(facts | more))  # type: ignore[arg-type]


def test_the_text_is_prometheus() -> None:
    lines = list(written(health()))
    assert "# TYPE alrt_joins_total counter" in lines
    assert 'alrt_joins_total{process="web\\"1\\\\:17"} 5' in lines
    assert 'alrt_passes_seconds{process="web\\"1\\\\:17",quantile="0.99"} 0.310000' in lines
    assert 'alrt_hub_position_seconds{process="web\\"1\\\\:17"} 1773144000.412' in lines
    assert "alrt_relay_lag_seconds 3.5" in lines
    assert not any(line.startswith("alrt_paints_seconds{") for line in lines)
    names = [line.split()[2] for line in lines if line.startswith("# TYPE")]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("language", ["en", "ar"])
def test_the_section_for_operators(language: str) -> None:
    html = render("ops/_push_section.html", language, push=health())
    assert 'id="ops-push"' in html
    assert 'data-tone="warning"' in html
    nothing = Took(count=0, total=0.0, p50=None, p99=None)
    html = render(
        "ops/_push_section.html",
        language,
        push=health(processes=[], paints=nothing, measured=0, waiting=0, lag=0.0, silent_for=None),
    )
    assert "alrt relay" in html
