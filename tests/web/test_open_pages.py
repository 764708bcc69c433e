"""Open pages in a real browser, while things happen elsewhere."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Browser, Page

from app.database import query
from app.live.channel import LIVE
from app.web.auth import Viewer
from app.web.sessions import Session
from tests.browser import sign_in, until_live
from tests.cast import Cast
from tests.product import Product


async def until(holds: Callable[[], Awaitable[bool]], within: float = 30) -> None:
    async with asyncio.timeout(within):
        while not await holds():  # noqa: ASYNC110, the page has no event to wait for
            await asyncio.sleep(0.05)


async def test_a_story_enters_the_open_wall_and_the_cards_follow(product: Product, cast: Cast, page: Page) -> None:
    await sign_in(page, product.address, cast.alice)
    await page.goto(f"{product.address}/client/{cast.bakery.id}")
    await until_live(page)
    assert await page.locator(".archive__empty").is_visible()
    await product.archive_story(cast.bakery)
    await page.wait_for_selector(f"#story-{cast.bakery.id}-1 img")
    await product.archive_story(cast.bakery)
    await page.wait_for_selector(f"#story-{cast.bakery.id}-2 + #story-{cast.bakery.id}-1")
    card = page.locator(f"#card-{cast.bakery.id}-stories_archived .card__value")
    await until(lambda: says(card, "2"))
    assert not await page.locator(".archive__empty").is_visible()


async def says(element: object, text: str) -> bool:
    return bool(await element.inner_text() == text)  # type: ignore[attr-defined]


async def test_typing_and_focus_survive_a_push(product: Product, cast: Cast, page: Page) -> None:
    await sign_in(page, product.address, cast.alice)
    await page.keyboard.press("/")
    await page.keyboard.type("bak")
    await product.archive_story(cast.bakery)
    await page.wait_for_selector("#client-rows .client-row__today:has-text('+1')")
    await page.keyboard.type("ery")
    assert await page.input_value("#client-search") == "bakery"
    await page.focus(f"#client-link-{cast.bakery.id}")
    await product.archive_story(cast.bakery)
    await page.wait_for_selector("#client-rows .client-row__today:has-text('+2')")
    assert await page.evaluate("document.activeElement.id") == f"client-link-{cast.bakery.id}"


async def test_all_tabs_share_one_stream_and_survive_their_leader(product: Product, cast: Cast, page: Page) -> None:
    await sign_in(page, product.address, cast.alice)
    tabs = [await page.context.new_page() for _ in range(3)]
    for tab in tabs:
        await tab.goto(f"{product.address}/client/{cast.bakery.id}")
        await until_live(tab)
    await until(lambda: streams(product, 1))
    await page.close()
    await tabs[0].close()
    await product.archive_story(cast.bakery)
    for tab in tabs[1:]:
        await tab.wait_for_selector(f"#story-{cast.bakery.id}-1")
    await until(lambda: streams(product, 1))


async def streams(product: Product, count: int) -> bool:
    return len(list(product.hub.streams())) == count


async def test_a_page_says_that_it_reconnects_and_gets_what_it_missed(product: Product, cast: Cast, page: Page) -> None:
    await sign_in(page, product.address, cast.alice)
    await page.goto(f"{product.address}/client/{cast.bakery.id}")
    await until_live(page)
    await page.evaluate("window.sameLoad = true")
    await product.stop_web()
    await page.wait_for_selector("body[data-live=reconnecting]")
    await product.archive_story(cast.bakery)
    await product.start_web()
    await page.wait_for_selector(f"#story-{cast.bakery.id}-1", timeout=20_000)
    await until_live(page)
    assert await page.evaluate("window.sameLoad") is True


async def test_when_redis_was_emptied_the_page_loads_itself_anew(product: Product, cast: Cast, page: Page) -> None:
    await sign_in(page, product.address, cast.alice)
    await page.evaluate("window.sameLoad = true")
    await product.redis.delete(LIVE)
    await product.archive_story(cast.bakery)

    async def was_loaded_anew() -> bool:
        try:
            return await page.evaluate("window.sameLoad") is None
        except Exception:
            return False

    await until(was_loaded_anew, within=20)
    await until_live(page)
    await page.wait_for_selector("#client-rows .client-row__today:has-text('+1')")


@pytest.mark.parametrize("away", ["web", "database"])
async def test_a_page_that_is_told_to_load_anew_waits_until_that_can_be_done(
    product: Product, cast: Cast, page: Page, away: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await page.add_init_script("Math.random = () => 0.1")  # Loads anew half a second after it was told to.
    await sign_in(page, product.address, cast.alice)
    await product.redis.delete(LIVE)
    await product.archive_story(cast.bakery)
    await page.wait_for_selector("body[data-live=reconnecting]")
    if away == "web":
        await product.stop_web()
        await asyncio.sleep(1.5)
        await product.start_web()
    else:
        monkeypatch.setattr(product.application.state, "find_viewer", _refused)
        await asyncio.sleep(1.5)
        monkeypatch.undo()
    await page.wait_for_selector("#client-rows .client-row__today:has-text('+1')", timeout=10_000)
    await until_live(page)


async def _refused(session: Session) -> Viewer | None:
    raise ConnectionRefusedError


async def test_signing_out_in_one_tab_takes_the_others_to_the_login(product: Product, cast: Cast, page: Page) -> None:
    await sign_in(page, product.address, cast.alice)
    other = await page.context.new_page()
    await other.goto(f"{product.address}/client/{cast.bakery.id}")
    await until_live(other)
    await page.click(".menu__button")
    await page.click("text=Sign out")
    await page.wait_for_url("**/login")
    await other.wait_for_url("**/login", timeout=10_000)


async def test_older_stories_are_loaded_on_demand_while_new_ones_come(product: Product, cast: Cast, page: Page) -> None:
    for _ in range(30):
        await product.archive_story(cast.bakery)
    await sign_in(page, product.address, cast.alice)
    await page.goto(f"{product.address}/client/{cast.bakery.id}")
    await until_live(page)
    await page.click("text=Show older")
    await product.archive_story(cast.bakery)
    await page.wait_for_selector(f"#story-{cast.bakery.id}-31")
    await page.wait_for_selector(f"#story-{cast.bakery.id}-1")
    ids = await page.eval_on_selector_all("li.story", "stories => stories.map(story => story.id)")
    assert len(ids) == len(set(ids)) == 31


async def test_removing_a_client_takes_its_row_away(product: Product, cast: Cast, page: Page) -> None:
    from app.database import transaction
    from app.live.events import ClientRemoved
    from app.live.publish import publish

    await sign_in(page, product.address, cast.alice)
    async with transaction():
        await query("UPDATE clients SET archived_at = now() WHERE id = {}", cast.bakery.id)
        await publish(ClientRemoved(team_id=cast.alice.team_id, client_id=cast.bakery.id))
    await page.wait_for_selector(f"#client-row-{cast.bakery.id}", state="detached")
    assert await page.locator(".client-list__empty").is_visible()


@pytest.mark.parametrize("path", ["/login", "/", "/client/1", "/client/999"])
async def test_nothing_is_wider_than_a_phone(product: Product, cast: Cast, browser: Browser, path: str) -> None:
    await query("UPDATE clients SET custom_label = {} WHERE id = {}", "A very long label " * 11, cast.bakery.id)
    await product.archive_story(cast.bakery)
    context = await browser.new_context(viewport={"width": 360, "height": 740})
    page = await context.new_page()
    if path != "/login":
        await sign_in(page, product.address, cast.alice)
    await page.goto(f"{product.address}{path}")
    assert await page.evaluate("document.documentElement.scrollWidth") <= 360
    await context.close()
