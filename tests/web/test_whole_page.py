"""One walk through all that a client's page and the dashboard do, in each language and on each screen."""

import pytest
from playwright.async_api import Browser, Page

from app.clients.edit import save_notes
from app.database import query
from tests.browser import sign_in, until_live
from tests.cast import Cast
from tests.product import Product

SCREENS = {"desktop": (1440, 900), "phone": (360, 740)}


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("screen", SCREENS)
async def test_a_day_at_work(product: Product, cast: Cast, browser: Browser, language: str, screen: str) -> None:
    await query("UPDATE users SET language = {} WHERE id = {}", language, cast.alice.id)
    width, height = SCREENS[screen]
    context = await browser.new_context(viewport={"width": width, "height": height}, locale=language)
    page = await context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    await sign_in(page, product.address, cast.alice)
    await page.goto(f"{product.address}/client/{cast.bakery.id}")
    await until_live(page)
    assert await page.get_attribute("html", "dir") == ("rtl" if language == "ar" else "ltr")

    await a_story_arrives_everywhere(page, product, cast)
    await the_day_opens_and_stays_current(page, product, cast)
    await page.wait_for_selector(".charts[data-state=ready] [data-chart=activity] svg")
    await the_archive_is_looked_through(page, cast)
    await notes_meet_other_notes(page, cast)
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    await many_are_added(page, product)
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    assert errors == []
    await context.close()


async def a_story_arrives_everywhere(page: Page, product: Product, cast: Cast) -> None:
    today = f"#day-{cast.bakery.id}-{product.now().date()}"
    await product.archive_story(cast.bakery)
    await page.wait_for_selector(f"#story-{cast.bakery.id}-1")
    await page.wait_for_selector(f"#card-{cast.bakery.id}-stories_archived .card__value:has-text('1')")
    await page.wait_for_selector(f"{today}[data-level='1']")


async def the_day_opens_and_stays_current(page: Page, product: Product, cast: Cast) -> None:
    today = f"day-{cast.bakery.id}-{product.now().date()}"
    await page.focus(f"#{today}")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("#day-shown img >> nth=0")
    await product.archive_story(cast.bakery)
    await page.wait_for_selector("#day-shown img >> nth=1")
    await page.keyboard.press("Escape")
    assert await page.evaluate("document.activeElement.id") == today


async def the_archive_is_looked_through(page: Page, cast: Cast) -> None:
    await page.click(f"#story-link-{cast.bakery.id}-2")
    await page.wait_for_selector("#story-viewer img[src$='/stories/2.jpg']")
    await page.click("#story-viewer [data-viewer-next]")
    await page.wait_for_selector("#story-viewer img[src$='/stories/1.jpg']")
    await page.keyboard.press("Escape")


async def notes_meet_other_notes(page: Page, cast: Cast) -> None:
    await page.click("[data-edit-notes]")
    await page.fill(".notes__input", "mine")
    await save_notes(cast.bakery, "theirs", 0)
    await page.click(".notes [type=submit]")
    await page.wait_for_selector("[data-theirs]:has-text('theirs')")
    await page.click("[data-take-both]")
    await page.click(".notes [type=submit]")
    await page.wait_for_selector(".notes__shown:has-text('mine')")
    assert "theirs" in await page.inner_text(".notes__shown")


async def many_are_added(page: Page, product: Product) -> None:
    await page.goto(product.address)
    await until_live(page)
    await page.click("[data-opens=add-clients] >> nth=0")
    await page.fill("#add-form [name=handles]", "@anna\nbakery\nhttps://www.instagram.com/p/Cxyz/")
    await page.click("#add-form [type=submit]")
    await page.wait_for_selector(".plan__line[data-verdict=new]")
    await page.click(".plan [type=submit]")
    await page.wait_for_selector("#client-rows li:has-text('@anna')")
