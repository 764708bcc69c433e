"""How long a change takes to a screen, as the pages measure and report it."""

import asyncio
from typing import Any

import httpx
import pytest
from playwright.async_api import Page

from app.database import query, transaction
from app.live.channel import LIVE
from app.live.events import ClientEdited, age_of
from app.live.measures import WINDOW, Recent, percentile
from app.live.painted import LONGEST, MOST
from app.live.publish import publish
from app.live.relay import aged
from tests.browser import sign_in
from tests.cast import Cast
from tests.listener import listen_to
from tests.product import Product


async def report(person: httpx.AsyncClient, *painted: Any) -> httpx.Response:
    headers = {"x-csrftoken": person.cookies["alrt_csrf"]}
    return await person.post("/live/painted", json={"painted": painted}, headers=headers)


async def test_a_push_says_when_its_oldest_change_was_recorded(product: Product, cast: Cast) -> None:
    async with product.signed_in(cast.alice) as alice, listen_to(alice, "/") as page:
        await page.seen()
        before = await product.hub.clock()
        async with transaction():
            await publish(ClientEdited(team_id=cast.alice.team_id, client_id=cast.bakery.id))
            # What is still to be done before the commit counts as well.
            await asyncio.sleep(0.3)
        recorded, spread = (await page.until("committed")).data.split()
        assert before - 5 <= int(recorded) <= before + 200
        assert float(spread) == 0.1


async def test_an_event_of_a_relay_without_ages_is_pushed_unmeasured(product: Product, cast: Cast) -> None:
    async with product.signed_in(cast.alice) as alice, listen_to(alice, "/") as page:
        await page.seen()
        await query(
            "INSERT INTO outbox (team_id, event, payload) VALUES ({}, 'ClientEdited', {})",
            cast.alice.team_id,
            f'{{"type": "ClientEdited", "team_id": {cast.alice.team_id}, "client_id": {cast.bakery.id}}}',
        )
        events = [(await page.next()).event]
        while events[-1] != "seen":
            events.append((await page.next()).event)
        assert set(events) == {"fragments", "seen"}


async def test_a_report_is_measured_by_redis_clock_with_its_own_way(product: Product, cast: Cast) -> None:
    async with product.signed_in(cast.bob) as bob:
        now = await product.hub.clock()
        answer = await report(bob, (now - 500, 200), (now - 90, 10))
        assert answer.status_code == 200
        assert now <= answer.json()["now"] <= now + 2_000
        (first, second) = product.hub.measures.paints.values()
        assert 0.3 <= first < 2
        assert 0.08 <= second < 2


@pytest.mark.parametrize(
    "painted",
    [(0, 0), (10**15, 0), (-1, -1), (2**63 - 1, 0)],
    ids=["long ago", "to come", "before the paint", "largest"],
)
async def test_odd_figures_are_ignored(product: Product, cast: Cast, painted: tuple[int, int]) -> None:
    async with product.signed_in(cast.bob) as bob:
        assert (await report(bob, painted)).status_code == 200
        assert (await report(bob, (await product.hub.clock() - LONGEST - 1, 0))).status_code == 200
        assert product.hub.measures.paints.values() == []


@pytest.mark.parametrize(
    "painted",
    [[(1, 1)] * (MOST + 1), ["x"], [(1,)], [(1, 2, 3)], [(1.5, "x")]],
    ids=["many", "text", "1", "3", "float"],
)
async def test_odd_reports_are_refused(product: Product, cast: Cast, painted: list[Any]) -> None:
    async with product.signed_in(cast.bob) as bob:
        assert (await report(bob, *painted)).status_code == 400
        headers = {"x-csrftoken": bob.cookies["alrt_csrf"]}
        large = await bob.post("/live/painted", json={"painted": [], "more": "x" * 5_000}, headers=headers)
        assert large.status_code == 413


async def test_only_members_report_and_only_from_our_pages(product: Product, cast: Cast) -> None:
    async with product.signed_in(cast.bob) as bob, product.visitor() as visitor:
        assert (await bob.post("/live/painted", json={"painted": []})).status_code == 403
        await visitor.get("/login")
        assert (await report(visitor)).status_code == 401


async def test_a_page_shows_and_reports_how_long_the_last_change_took(product: Product, cast: Cast, page: Page) -> None:
    posts: list[str] = []
    page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    await sign_in(page, product.address, cast.alice)
    posts.clear()
    assert not await page.locator("#live-took").is_visible()
    for _ in range(5):
        await product.archive_story(cast.bakery)
    await page.wait_for_selector("#live-took:visible", timeout=15_000)
    text = await page.inner_text("#live-took")
    assert 0 < float(text.removesuffix(" s")) < 15
    # Nothing that a screen reader would say each time.
    assert await page.locator("#live-took").evaluate("element => element.closest('[role=status], [aria-live]')") is None
    measured = product.hub.measures.paints.values()
    assert measured
    assert all(0 < seconds < 15 for seconds in measured)
    # The first report came soon, the next one waits.
    assert len(posts) == 1


async def test_a_hidden_tab_measures_nothing(product: Product, cast: Cast, page: Page) -> None:
    await page.add_init_script("Object.defineProperty(document, 'visibilityState', { get: () => 'hidden' })")
    await sign_in(page, product.address, cast.alice)
    await product.archive_story(cast.bakery)
    await page.wait_for_selector("#client-rows .client-row__today:has-text('+1')")
    await asyncio.sleep(1)
    assert product.hub.measures.paints.values() == []


def test_the_age_of_an_entry_is_rounded_up_and_read_back() -> None:
    payload = '{"type": "ClientEdited", "team_id": 1, "client_id": 2}'
    assert age_of(aged(payload, 0.0101, 0.002)) == 13
    assert age_of(aged(payload, -5.0, 0.0)) == 0
    assert age_of(aged(payload, None, 1.0)) is None


async def test_events_in_redis_carry_their_age(product: Product, cast: Cast) -> None:
    async with transaction():
        await publish(ClientEdited(team_id=cast.alice.team_id, client_id=cast.bakery.id))
    async with asyncio.timeout(5):
        while not (found := [fields for _, fields in await product.redis.xrange(LIVE) if b"type" in fields[b"e"]]):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    age = age_of(found[0][b"e"])
    assert age is not None
    assert 0 <= age < 5_000


def test_only_the_last_ten_minutes_count() -> None:
    now = [0.0]
    recent = Recent(lambda: now[0])
    recent.add(1.0)
    now[0] = WINDOW / 2
    recent.add(2.0)
    assert recent.values() == [1.0, 2.0]
    now[0] = WINDOW + 1
    assert recent.values() == [2.0]
    assert (recent.count, recent.total) == (2, 3.0)


@pytest.mark.parametrize(
    ("values", "share", "answer"),
    [([], 0.5, None), ([3.0], 0.99, 3.0), ([1.0, 2.0, 3.0], 0.5, 2.0), ([float(n) for n in range(100)], 0.99, 99.0)],
)
def test_percentiles(values: list[float], share: float, answer: float | None) -> None:
    assert percentile(values, share) == answer
