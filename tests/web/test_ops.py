"""The operators' page in a browser: it moves by itself, and says when it does not."""

import pytest
from playwright.async_api import Page, expect

from app.database import query
from app.ops import routes
from app.reading.batch import check_profiles
from app.sources.base import Outcome
from tests.browser import sign_in, until_live
from tests.cast import Cast
from tests.product import Product


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "EVERY", 0.1)


async def look(page: Page, product: Product, cast: Cast) -> None:
    await query("UPDATE users SET role = 'admin' WHERE id = {}", cast.alice.id)
    await sign_in(page, product.address, cast.alice)
    await page.goto(f"{product.address}/ops")
    await until_live(page)
    await page.wait_for_selector("body[data-ops=live]")


async def test_an_account_that_was_seen_leaves_the_radar_by_itself(product: Product, cast: Cast, page: Page) -> None:
    await look(page, product, cast)
    rows = page.locator("#ops-radar tbody tr")
    await expect(rows).to_have_count(2)
    await expect(rows.first).to_contain_text("never checked")
    product.source.shows("bakery")
    await check_profiles("stories", [cast.bakery.profile_id], product.tools)
    await expect(rows).to_have_count(1)
    product.source.ends("florist", Outcome.FAILED, "HTTP 503")
    await check_profiles("stories", [cast.florist.profile_id], product.tools)
    await expect(rows).to_contain_text("the last check failed")
    product.source.shows("florist")
    await check_profiles("stories", [cast.florist.profile_id], product.tools)
    await expect(page.locator(".ops-calm")).to_contain_text("Nobody could lose a story")


async def test_a_list_that_was_opened_stays_open(product: Product, cast: Cast, page: Page) -> None:
    product.source.ends("bakery", Outcome.PRIVATE)
    await check_profiles("stories", [cast.bakery.profile_id], product.tools)
    await look(page, product, cast)
    await page.click("#ops-unseen summary")
    product.source.ends("florist", Outcome.NOT_FOUND)
    await check_profiles("stories", [cast.florist.profile_id], product.tools)
    await expect(page.locator("#ops-unseen tbody tr:visible")).to_have_count(2)


async def test_a_page_that_hears_nothing_says_since_when_and_catches_up(
    product: Product, cast: Cast, page: Page
) -> None:
    await page.clock.install()
    await look(page, product, cast)
    stale = page.locator("#ops-stale")
    await expect(stale).to_be_hidden()
    await query("ALTER TABLE checks RENAME TO checks_away")
    try:
        # More than once: a look that was under way is still a word.
        while "No word since" not in await stale.inner_text():
            await page.clock.fast_forward(20_000)
    finally:
        await query("ALTER TABLE checks_away RENAME TO checks")
    await expect(stale).to_be_hidden()


async def test_whoever_is_no_longer_an_operator_is_told_so(product: Product, cast: Cast, page: Page) -> None:
    await look(page, product, cast)
    await query("UPDATE users SET role = 'user'")
    await expect(page.locator("main")).to_contain_text("Not allowed")


async def test_on_a_phone_nothing_is_wider_than_the_screen(product: Product, cast: Cast, page: Page) -> None:
    long = "a" * 30
    await query("UPDATE profiles SET username = {} WHERE id = {}", long, cast.bakery.profile_id)
    product.source.ends(long, Outcome.FAILED, "x" * 400)
    await check_profiles("stories", [cast.bakery.profile_id], product.tools)
    for language in ("en", "ar"):
        await query("UPDATE users SET language = {}", language)
        await page.set_viewport_size({"width": 360, "height": 740})
        await look(page, product, cast)
        assert await page.evaluate("document.documentElement.scrollWidth") <= 360
        await page.context.clear_cookies()
