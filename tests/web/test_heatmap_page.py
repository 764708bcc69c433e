"""The heatmap and a day's pop-up in a real browser."""

from datetime import datetime, timedelta

import pytest
from playwright.async_api import Browser, Page

from app.clients.midnight import announce_new_days
from app.database import query
from app.reading.batch import check_profiles
from app.sources.base import Outcome, PostsRead
from tests.browser import sign_in, until_live
from tests.cast import Cast
from tests.fakes.source import post
from tests.product import Product

SOON = timedelta(seconds=1)


async def look_at_the_bakery(product: Product, cast: Cast, page: Page, rest: str = "") -> None:
    await sign_in(page, product.address, cast.alice)
    await page.goto(f"{product.address}/client/{cast.bakery.id}{rest}")
    await until_live(page)


def cell(product: Product, cast: Cast, ago: int = 0) -> str:
    return f"#day-{cast.bakery.id}-{product.now().date() - timedelta(days=ago)}"


async def focused(page: Page) -> str:
    return f"#{await page.evaluate('document.activeElement.id')}"


async def test_a_story_lights_todays_cell_by_itself(product: Product, cast: Cast, page: Page) -> None:
    await look_at_the_bakery(product, cast, page)
    today = cell(product, cast)
    assert await page.get_attribute(today, "data-observed") == "none"
    await product.archive_story(cast.bakery, ago=SOON)
    await page.wait_for_selector(f"{today}[data-level='1']:not([data-observed])")
    assert "\n1 story.\n" in str(await page.get_attribute(today, "aria-label"))
    for _ in range(2):
        await product.archive_story(cast.bakery, ago=SOON)
    await page.wait_for_selector(f"{today}[data-level='2']")


async def test_a_page_loaded_after_a_push_shows_it_too(product: Product, cast: Cast, page: Page) -> None:
    """The heatmap is kept rendered, and sent only as cells: both must agree."""
    await look_at_the_bakery(product, cast, page)
    await product.archive_story(cast.bakery, ago=SOON)
    await page.wait_for_selector(f"{cell(product, cast)}[data-level='1']")
    pushed = await page.get_attribute(cell(product, cast), "aria-label")
    await page.reload()
    await until_live(page)
    assert await page.get_attribute(cell(product, cast), "aria-label") == pushed


async def test_the_heatmap_is_one_stop_and_arrows_move_in_it(product: Product, cast: Cast, page: Page) -> None:
    await look_at_the_bakery(product, cast, page)
    assert await page.locator(".heatmap__days [tabindex='0']").count() == 1
    today = cell(product, cast)
    await page.focus(today)
    moves = [("ArrowUp", 1), ("ArrowLeft", 8), ("ArrowDown", 7), ("ArrowRight", 0), ("ArrowDown", 0)]
    for key, ago in moves:
        await page.keyboard.press(key)
        assert await focused(page) == cell(product, cast, ago), key
    await page.keyboard.press("Home")
    first = await page.locator(".heatmap__days > *").first.get_attribute("id")
    assert await focused(page) == f"#{first}"
    await page.keyboard.press("End")
    assert await focused(page) == today


async def test_in_arabic_the_arrows_are_mirrored(product: Product, cast: Cast, page: Page) -> None:
    await query("UPDATE users SET language = 'ar' WHERE id = {}", cast.alice.id)
    await look_at_the_bakery(product, cast, page)
    await page.focus(cell(product, cast))
    await page.keyboard.press("ArrowRight")
    assert await focused(page) == cell(product, cast, 7)
    await page.keyboard.press("ArrowLeft")
    assert await focused(page) == cell(product, cast)


async def test_a_push_keeps_the_focus_and_the_one_tab_stop(product: Product, cast: Cast, page: Page) -> None:
    await look_at_the_bakery(product, cast, page)
    await page.focus(cell(product, cast))
    await page.keyboard.press("ArrowUp")
    await product.archive_story(cast.bakery, ago=SOON)
    await page.wait_for_selector(f"{cell(product, cast)}[data-level='1']")
    assert await focused(page) == cell(product, cast, 1)
    assert await page.locator(".heatmap__days [tabindex='0']").count() == 1


async def test_the_tooltip_tells_of_the_cell_on_hover_and_on_focus(product: Product, cast: Cast, page: Page) -> None:
    await product.archive_story(cast.bakery, ago=SOON)
    await look_at_the_bakery(product, cast, page)
    tip = page.locator("#heatmap-tip")
    await page.hover(cell(product, cast))
    assert "1 story" in await tip.inner_text()
    assert "observed" in await tip.inner_text()
    await page.mouse.move(0, 0)
    assert not await tip.is_visible()
    await page.focus(cell(product, cast))
    await page.keyboard.press("Home")
    assert "not tracked" in await tip.inner_text()
    await page.keyboard.press("Escape")
    assert not await tip.is_visible()


@pytest.mark.parametrize("key", ["Enter", "Space"])
async def test_a_key_opens_the_day_and_escape_gives_the_focus_back(
    product: Product, cast: Cast, page: Page, key: str
) -> None:
    await product.archive_story(cast.bakery, ago=SOON)
    await look_at_the_bakery(product, cast, page)
    await page.focus(cell(product, cast))
    await page.keyboard.press(key)
    await page.wait_for_selector("#day-stories .day-item img")
    text = await page.inner_text("#day-dialog")
    assert "Stories (1)" in text
    assert "Posts (0)" in text
    assert "Times in UTC" in text
    await page.keyboard.press("Escape")
    await page.wait_for_selector("#day-dialog", state="hidden")
    assert await focused(page) == cell(product, cast)


async def test_the_open_day_follows_stories_posts_and_likes(product: Product, cast: Cast, page: Page) -> None:
    await look_at_the_bakery(product, cast, page)
    await page.click(cell(product, cast))
    await page.wait_for_selector("#day-stories-title:has-text('Stories (0)')")
    await product.archive_story(cast.bakery, ago=SOON)
    await page.wait_for_selector("#day-stories .day-item")
    posted_at = product.now() - SOON
    await track(product, cast, posted_at, likes=None)
    await page.wait_for_selector("#day-posts .day-item:has-text('hidden by the owner')")
    await track(product, cast, posted_at, likes=1234)
    await page.wait_for_selector("#day-posts .day-item__counts:has-text('1,234')")
    assert await page.locator("#day-dialog").is_visible()


async def track(product: Product, cast: Cast, posted_at: datetime, likes: int | None) -> None:
    found = post("1", posted_at, likes=likes)
    product.source.posts["bakery"] = PostsRead(username="bakery", outcome=Outcome.OK, posts=(found,))
    await check_profiles("posts", [cast.bakery.profile_id], product.tools)


async def test_the_open_day_is_open_again_after_the_page_was_loaded_anew(
    product: Product, cast: Cast, page: Page
) -> None:
    await look_at_the_bakery(product, cast, page)
    await page.click(cell(product, cast, 1))
    await page.wait_for_selector("#day-stories-title")
    await page.reload()
    await page.wait_for_selector("#day-stories-title")
    await page.click(".day-dialog__close button")
    await page.wait_for_url(lambda url: "#" not in url)
    assert await focused(page) == cell(product, cast, 1)


async def test_a_day_that_could_not_be_loaded_says_so_and_comes_by_itself(
    product: Product, cast: Cast, page: Page
) -> None:
    await look_at_the_bakery(product, cast, page)
    await page.route("**/day/*", lambda route: route.abort())
    await page.click(cell(product, cast))
    await page.wait_for_selector("#day-failed:visible")
    await page.unroute("**/day/*")
    await product.archive_story(cast.bakery, ago=SOON)
    await page.wait_for_selector("#day-stories .day-item")
    assert not await page.is_visible("#day-failed")


async def test_a_new_day_brings_its_cell(product: Product, cast: Cast, page: Page) -> None:
    """The day that the page was loaded on is made yesterday by moving the team into another zone."""
    now = product.now()
    west, east = "Etc/GMT+12", "Etc/GMT-14"  # 26 hours apart, so never on the same day
    await query("UPDATE teams SET time_zone = {} WHERE id = {}", west, cast.alice.team_id)
    await announce_new_days(now)
    await look_at_the_bakery(product, cast, page)
    was_today = str(await page.get_attribute(".heatmap__days [aria-current]", "id"))
    await page.focus(f"#{was_today}")
    await query("UPDATE teams SET time_zone = {} WHERE id = {}", east, cast.alice.team_id)
    await announce_new_days(now)
    await page.wait_for_selector(f".heatmap__days [aria-current]:not(#{was_today})")
    assert await page.locator(".heatmap__days [aria-current]").count() == 1
    assert await focused(page) == f"#{was_today}"


async def test_a_stranger_and_days_that_do_not_exist_get_404(product: Product, cast: Cast) -> None:
    today = product.now().date()
    async with product.signed_in(cast.charlie) as charlie:
        assert (await charlie.get(f"/client/{cast.bakery.id}/day/{today}")).status_code == 404
        assert (await charlie.get(f"/client/{cast.bakery.id}?year={today.year}")).status_code == 404
    async with product.signed_in(cast.bob) as bob:
        assert (await bob.get(f"/client/{cast.bakery.id}/day/{today}")).status_code == 200
        for odd in ("2026-02-30", "1999-01-01", "9999-12-31", "0000-00-00", "today", "20260310", "%00", "1e3"):
            answer = await bob.get(f"/client/{cast.bakery.id}/day/{odd}")
            assert answer.status_code == 404, odd
            assert "Not found" in answer.text


async def test_a_day_before_tracking_says_so(product: Product, cast: Cast) -> None:
    before = cast.bakery.tracking_started_at.date() - timedelta(days=1)
    async with product.signed_in(cast.bob) as bob:
        answer = await bob.get(f"/client/{cast.bakery.id}/day/{before}")
        assert answer.status_code == 200
        assert "Before tracking began" in answer.text


@pytest.mark.parametrize("year", ["1999", "9999", "x", "-1", "", "٢٠٢٦"])
async def test_a_year_that_cannot_be_shown_is_answered_in_words(product: Product, cast: Cast, year: str) -> None:
    async with product.signed_in(cast.bob) as bob:
        answer = await bob.get(f"/client/{cast.bakery.id}", params={"year": year})
        assert answer.status_code == 404
        assert "tracked since 8 February 2026" in answer.text


async def test_a_calendar_year_is_shown_and_follows(product: Product, cast: Cast, page: Page) -> None:
    year = product.now().year
    await look_at_the_bakery(product, cast, page, f"?year={year}")
    assert await page.locator(".heatmap__days > *").count() in (365, 366)
    await product.archive_story(cast.bakery, ago=SOON)
    await page.wait_for_selector(f"{cell(product, cast)}[data-level='1']")


async def test_a_posts_picture_goes_to_its_team_alone(product: Product, cast: Cast) -> None:
    await product.storage.put("posts/1/1.jpg", b"picture")
    await track(product, cast, product.now() - SOON, likes=1)
    await query("UPDATE posts SET thumbnail_storage_path = 'posts/1/1.jpg'")
    address = f"/client/{cast.bakery.id}/posts/1.jpg"
    async with product.signed_in(cast.bob) as bob:
        answer = await bob.get(address)
        assert (answer.status_code, answer.content) == (200, b"picture")
        for odd in ("1.png", "2.jpg", "x.jpg", "²2.jpg", "99999999999999999999.jpg"):
            assert (await bob.get(f"/client/{cast.bakery.id}/posts/{odd}")).status_code == 404
    async with product.signed_in(cast.charlie) as charlie:
        assert (await charlie.get(address)).status_code == 404
        assert (await charlie.get(f"/client/{cast.florist.id}/posts/1.jpg")).status_code == 404


async def test_on_a_phone_it_begins_at_today_and_nothing_sticks_out(
    product: Product, cast: Cast, browser: Browser
) -> None:
    context = await browser.new_context(viewport={"width": 360, "height": 740})
    page = await context.new_page()
    await product.archive_story(cast.bakery, ago=SOON)
    await look_at_the_bakery(product, cast, page)
    box = await page.locator(cell(product, cast)).bounding_box()
    assert box
    assert 0 <= box["x"] <= 360 - box["width"]
    assert await page.evaluate("document.documentElement.scrollWidth") <= 360
    await page.click(cell(product, cast))
    await page.wait_for_selector("#day-stories .day-item")
    dialog = await page.locator("#day-dialog").bounding_box()
    assert dialog
    assert dialog["x"] >= 0
    assert dialog["x"] + dialog["width"] <= 360
    await context.close()
