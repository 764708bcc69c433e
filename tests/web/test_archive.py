"""The stories archive as a person uses it."""

from playwright.async_api import Browser, Page

from app.database import query
from tests.browser import sign_in, until_live
from tests.cast import Cast, Person
from tests.product import Product

VIEWER = "#story-viewer"
PICTURE = f"{VIEWER} [data-viewer-frame] img"


async def open_archive(product: Product, cast: Cast, page: Page, stories: int, person: Person | None = None) -> None:
    for _ in range(stories):
        await product.archive_story(cast.bakery)
    await sign_in(page, product.address, person or cast.alice)
    await page.goto(f"{product.address}/client/{cast.bakery.id}")
    await until_live(page)


async def shows(page: Page, story_id: int) -> None:
    """The full view shows the story's picture."""
    await page.wait_for_selector(f"{PICTURE}[src$='/stories/{story_id}.jpg']")


def link(story_id: int) -> str:
    return f"#story-link-1-{story_id}"


async def focused(page: Page) -> str:
    return str(await page.evaluate("document.activeElement.id"))


async def test_a_story_opens_turns_by_keys_and_gives_the_focus_back(product: Product, cast: Cast, page: Page) -> None:
    await open_archive(product, cast, page, 3)
    await page.focus(link(3))
    await page.keyboard.press("Enter")
    await shows(page, 3)
    # A second Enter must not hide the story.
    assert await page.evaluate("document.activeElement.matches('[data-viewer-next]')")
    await page.keyboard.press("ArrowLeft")
    await shows(page, 3)
    await page.keyboard.press("ArrowRight")
    await shows(page, 2)
    await page.click(f"{VIEWER} [data-viewer-next]")
    await shows(page, 1)
    assert await page.get_attribute(f"{VIEWER} [data-viewer-next]", "aria-disabled") == "true"
    await page.keyboard.press("Escape")
    assert not await page.locator(VIEWER).is_visible()
    assert await focused(page) == "story-link-1-1"


async def test_in_arabic_the_arrows_are_mirrored(product: Product, cast: Cast, page: Page) -> None:
    await query("UPDATE users SET language = 'ar' WHERE id = {}", cast.alice.id)
    await open_archive(product, cast, page, 2)
    await page.click(link(2))
    await shows(page, 2)
    await page.keyboard.press("ArrowLeft")
    await shows(page, 1)
    await page.keyboard.press("ArrowRight")
    await shows(page, 2)
    older, newer = [
        await page.locator(f"{VIEWER} [data-viewer-{name}]").bounding_box() for name in ("next", "previous")
    ]
    assert older is not None
    assert newer is not None
    assert older["x"] < newer["x"]


async def test_at_the_end_of_what_is_loaded_older_ones_come(product: Product, cast: Cast, page: Page) -> None:
    await open_archive(product, cast, page, 26)
    await page.click(link(3))
    await shows(page, 3)
    await page.keyboard.press("ArrowRight")
    await shows(page, 2)
    await page.keyboard.press("ArrowRight")
    await shows(page, 1)


async def test_a_story_that_comes_meanwhile_can_be_turned_to(product: Product, cast: Cast, page: Page) -> None:
    await open_archive(product, cast, page, 1)
    await page.click(link(1))
    await shows(page, 1)
    await product.archive_story(cast.bakery)
    await page.wait_for_selector(f"{VIEWER} [data-viewer-previous][aria-disabled=false]")
    await page.keyboard.press("ArrowLeft")
    await shows(page, 2)


async def test_a_hidden_story_leaves_every_open_page_and_can_be_shown_again(
    product: Product, cast: Cast, page: Page, browser: Browser
) -> None:
    await open_archive(product, cast, page, 2)
    context = await browser.new_context()
    bobs = await context.new_page()
    await sign_in(bobs, product.address, cast.bob)
    await bobs.goto(f"{product.address}/client/{cast.bakery.id}")
    await until_live(bobs)
    await bobs.click(link(2))
    await shows(bobs, 2)
    assert not await bobs.locator("[data-viewer-hide]").is_visible()

    await page.click(link(2))
    await page.click("[data-viewer-hide]")
    await shows(page, 1)
    await shows(bobs, 1)
    for tab in (page, bobs):
        await tab.wait_for_selector("#story-1-2", state="detached")
        await tab.wait_for_selector("#stories-count-1:has-text('2 stories')")
        await tab.wait_for_selector("#stories-count-1:has-text('1 hidden')")
    await page.click(f"{VIEWER} [data-undo]")
    for tab in (page, bobs):
        await tab.wait_for_selector("#story-1-2 + #story-1-1", state="attached")
    await context.close()


async def test_the_last_story_that_is_hidden_closes_the_view(product: Product, cast: Cast, page: Page) -> None:
    await open_archive(product, cast, page, 1)
    await page.click(link(1))
    await page.click("[data-viewer-hide]")
    await page.wait_for_selector(VIEWER, state="hidden")
    assert not await page.locator(".archive__empty").is_visible()
    await page.click("#story-undo [data-undo]")
    await page.wait_for_selector("#story-1-1")


async def test_hidden_stories_are_listed_for_a_manager(product: Product, cast: Cast, page: Page) -> None:
    await open_archive(product, cast, page, 2)
    await page.click(link(1))
    await page.click("[data-viewer-hide]")
    await page.keyboard.press("Escape")
    await page.click("[data-show-hidden]")
    await page.click("#hidden-stories [data-show-story='1']")
    await page.wait_for_selector("#hidden-stories:has-text('No story is hidden')")
    await page.keyboard.press("Escape")
    await page.wait_for_selector("#story-1-2 + #story-1-1")


async def test_a_member_sees_how_many_are_hidden_and_no_more(product: Product, cast: Cast, page: Page) -> None:
    await product.archive_story(cast.bakery)
    await query("INSERT INTO hidden_stories (client_id, story_id) VALUES ({}, 1)", cast.bakery.id)
    await open_archive(product, cast, page, 0, cast.bob)
    assert await page.locator("#stories-count-1").inner_text() == "1 story 1 hidden"
    assert not await page.locator("[data-show-hidden]").is_visible()


async def test_the_card_says_kind_day_and_hour(product: Product, cast: Cast, page: Page) -> None:
    await open_archive(product, cast, page, 1)
    words = await page.locator(link(1)).inner_text()
    assert "picture" in words
    assert ":" in words


async def test_a_question_mark_lists_the_keys(product: Product, cast: Cast, page: Page) -> None:
    await open_archive(product, cast, page, 0)
    await page.keyboard.press("?")
    assert await page.locator("#keys").is_visible()
    await page.keyboard.press("Escape")
    assert not await page.locator("#keys").is_visible()
