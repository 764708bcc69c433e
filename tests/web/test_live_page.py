"""The page's own half of the protocol, in a real browser: holding, merging, noticing silence, coming back."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Page, Route

from app.clients.edit import ClientChanges, edit_client
from app.live.events import ClientEdited
from app.live.fragments import parts_for, renderer
from app.live.pages import client_page
from tests.browser import sign_in, until_live
from tests.cast import Cast, client
from tests.faults.roads import Road
from tests.product import Product
from tests.web.test_open_pages import until


@pytest.fixture
async def road(product: Product) -> AsyncIterator[Road]:
    """Between the browser and the web process, as a proxy would be."""
    port = urlsplit(product.address).port
    assert port
    road = Road("page-web", port)
    await road.open()
    yield road
    road.close()


def by(road: Road) -> str:
    return f"http://127.0.0.1:{road.port}"


async def open_client(page: Page, product: Product, cast: Cast, road: Road | None = None) -> None:
    address = by(road) if road else product.address
    await sign_in(page, address, cast.alice)
    await page.goto(f"{address}/client/{cast.bakery.id}")
    await until_live(page)
    await page.evaluate("window.sameLoad = true")


async def choose_status(page: Page, name: str) -> None:
    await page.click(".lead-menu__button")
    await page.click(f".lead-menu .menu__item:has-text('{name}')")


def story(cast: Cast, number: int) -> str:
    return f"#story-{cast.bakery.id}-{number}"


# --- requests of its own --------------------------------------------------------------------------------------


async def test_a_push_waits_for_the_answer_that_is_under_way_and_is_not_put_back_by_it(
    product: Product, cast: Cast, page: Page
) -> None:
    await open_client(page, product, cast)
    was_answered, may_arrive = asyncio.Event(), asyncio.Event()

    async def arrives_late(route: Route) -> None:
        answer = await route.fetch()
        was_answered.set()
        await may_arrive.wait()
        await route.fulfill(response=answer)

    await page.route("**/edit", arrives_late)
    await choose_status(page, "Negotiating")
    await was_answered.wait()
    await edit_client(cast.bakery, ClientChanges(lead_status="LOST"), product.now())
    await product.archive_story(cast.bakery)
    await asyncio.sleep(1)
    assert await page.locator(story(cast, 1)).count() == 0
    may_arrive.set()
    await page.wait_for_selector(story(cast, 1))
    await page.wait_for_selector(".client-header .lead[data-lead=LOST]")


async def test_a_push_waits_no_longer_than_five_seconds(product: Product, cast: Cast, page: Page) -> None:
    await open_client(page, product, cast)
    over = asyncio.Event()

    async def never_arrives(route: Route) -> None:
        await over.wait()
        with contextlib.suppress(Exception):
            await route.abort()

    await page.route("**/edit", never_arrives)
    await choose_status(page, "Negotiating")
    await product.archive_story(cast.bakery)
    await page.wait_for_selector(story(cast, 1), timeout=8_000)
    over.set()


# --- merging --------------------------------------------------------------------------------------------------


async def test_the_same_fragment_twice_changes_nothing(product: Product, cast: Cast, page: Page) -> None:
    await product.archive_story(cast.bakery)
    await open_client(page, product, cast)
    await edit_client(cast.bakery, ClientChanges(label="once"), product.now())
    await page.wait_for_selector(".client-header .label:has-text('once')")
    event = ClientEdited(team_id=cast.bakery.team_id, client_id=cast.bakery.id)
    parts = parts_for(event, client_page(cast.bakery.id))
    html = "".join(str(each) for each in (await renderer(product.now)(parts, "en")).values())
    changes = await page.evaluate(
        """async (html) => {
            const live = document.querySelector("script[src$='live.js']").src;
            const { applyFragments } = await import(new URL("live/apply.js", live));
            applyFragments(html);
            const watch = new MutationObserver(() => {});
            watch.observe(document.querySelector("main"), {
                subtree: true, childList: true, characterData: true, attributes: true, attributeOldValue: true,
            });
            applyFragments(html);
            return watch.takeRecords()
                .filter((each) => each.oldValue !== each.target.getAttribute?.(each.attributeName))
                .map((each) => `${each.type} ${each.attributeName} of ${each.target.outerHTML}`);
        }""",
        html,
    )
    assert changes == []


async def test_an_open_menu_and_the_place_that_one_has_scrolled_to_survive_a_push(
    product: Product, cast: Cast, page: Page
) -> None:
    for _ in range(12):
        await product.archive_story(cast.bakery)
    await page.set_viewport_size({"width": 900, "height": 500})
    await open_client(page, product, cast)
    await page.click(".lead-menu__button")
    await page.evaluate("window.scrollTo(0, 300)")
    await edit_client(cast.bakery, ClientChanges(label="meanwhile"), product.now())
    await product.archive_story(cast.bakery)
    await page.wait_for_selector(story(cast, 13), state="attached")
    await page.wait_for_selector(".client-header .label:has-text('meanwhile')")
    assert await page.locator(".lead-menu[open]").count() == 1
    assert await page.evaluate("scrollY") == 300


async def test_a_row_that_is_filtered_away_changes_unseen_and_comes_when_it_matches(
    product: Product, cast: Cast, page: Page
) -> None:
    carla = await client(cast.alice.team_id, "carla")
    await sign_in(page, product.address, cast.alice)
    await page.goto(f"{product.address}/?status=LOST")
    await until_live(page)
    row = page.locator(f"#client-row-{carla.id}")
    await edit_client(carla, ClientChanges(label="unseen"), product.now())
    await page.wait_for_selector(f"#client-row-{carla.id} :text('unseen')", state="attached")
    assert not await row.is_visible()
    await edit_client(carla, ClientChanges(lead_status="LOST"), product.now())
    await row.wait_for(state="visible")


# --- coming back ----------------------------------------------------------------------------------------------


async def missed_nothing(product: Product, cast: Cast, page: Page, number: int = 1) -> None:
    """The same page, not another load of it, shows what happened meanwhile."""
    await page.wait_for_selector(story(cast, number), timeout=40_000)
    await until_live(page)
    assert await page.evaluate("window.sameLoad") is True


async def test_a_page_whose_proxy_cuts_it_off_comes_back(product: Product, cast: Cast, page: Page, road: Road) -> None:
    await open_client(page, product, cast, road)
    road.is_broken = True
    road.cut()
    await page.wait_for_selector("body[data-live=reconnecting]")
    await product.archive_story(cast.bakery)
    road.is_broken = False
    await missed_nothing(product, cast, page)


async def test_a_page_that_is_answered_with_an_error_comes_back(
    product: Product, cast: Cast, page: Page, road: Road
) -> None:
    await open_client(page, product, cast, road)
    refused = 0

    async def refuse(route: Route) -> None:
        nonlocal refused
        refused += 1
        await (route.fulfill(status=502, body="bad gateway") if refused < 4 else route.continue_())

    await page.route("**/live*", refuse)
    road.cut()
    await product.archive_story(cast.bakery)
    await missed_nothing(product, cast, page)
    assert refused >= 4


async def test_a_page_whose_session_is_over_goes_to_the_login(
    product: Product, cast: Cast, page: Page, road: Road
) -> None:
    await open_client(page, product, cast, road)
    for key in await product.redis.keys("session:*"):
        await product.redis.delete(key)
    road.cut()
    await page.wait_for_url("**/login", timeout=15_000)


async def test_a_page_that_hears_nothing_says_so_and_comes_back(
    product: Product, cast: Cast, page: Page, road: Road
) -> None:
    """The connection is open, and dead: no end of it was ever told."""
    await page.clock.install()
    await open_client(page, product, cast, road)
    road.swallow()
    await product.archive_story(cast.bakery)
    await page.clock.run_for(30_000)
    assert await page.get_attribute("body", "data-live") == "live"
    assert await page.locator(story(cast, 1)).count() == 0
    road.is_broken = True
    await page.clock.run_for(6_000)
    await page.wait_for_selector("body[data-live=stale]")
    assert "stale since" in await page.inner_text("#live-status")
    road.is_broken = False
    await keep_going(page, missed_nothing(product, cast, page))


async def test_a_page_that_was_asleep_comes_back_at_once(product: Product, cast: Cast, page: Page, road: Road) -> None:
    await page.clock.install()
    await open_client(page, product, cast, road)
    road.swallow()
    await product.archive_story(cast.bakery)
    # The clock jumps, as over a night, and the browser says that there is a network again.
    await page.clock.fast_forward(60_000)
    await page.evaluate("dispatchEvent(new Event('online'))")
    await keep_going(page, missed_nothing(product, cast, page))


async def keep_going(page: Page, work: Awaitable[None]) -> None:
    """Lets the page's own time pass, some quicker than ours."""
    working = asyncio.ensure_future(work)
    while not working.done():
        await page.clock.run_for(500)
        await asyncio.sleep(0.05)
    await working


async def test_a_deploy_is_noticed_by_nobody(product: Product, cast: Cast, page: Page) -> None:
    await open_client(page, product, cast)
    for number in (1, 2):
        await product.stop_web()
        await product.archive_story(cast.bakery)
        await product.start_web()
        await missed_nothing(product, cast, page, number)


# --- many tabs ------------------------------------------------------------------------------------------------

TABS = 12


async def test_twelve_tabs_are_live_on_the_six_connections_that_http_1_allows(
    product: Product, cast: Cast, page: Page, road: Road
) -> None:
    await open_client(page, product, cast, road)
    tabs = [page]
    for _ in range(TABS - 1):
        tab = await page.context.new_page()
        await tab.goto(by(road))
        await until_live(tab)
        tabs.append(tab)
    await until(is_one_stream(product))
    assert road.connections <= 6
    await product.archive_story(cast.bakery)
    await page.wait_for_selector(story(cast, 1))
    for tab in tabs[1:]:
        await tab.wait_for_selector("#client-rows .client-row__today:has-text('+1')")
    # Nor do they need more when the leader goes.
    await page.close()
    await product.archive_story(cast.bakery)
    for tab in tabs[1:]:
        await tab.wait_for_selector("#client-rows .client-row__today:has-text('+2')")
    await until(is_one_stream(product))
    assert road.connections <= 6


def is_one_stream(product: Product) -> Callable[[], Awaitable[bool]]:
    async def holds() -> bool:
        return len(list(product.hub.streams())) == 1

    return holds
