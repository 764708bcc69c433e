"""Pages that were left open over midnight, by a clock that the test moves."""

from datetime import datetime
from zoneinfo import ZoneInfo

from playwright.async_api import Page

from app.clock import Clock
from tasks.clock import turn_of_the_clock
from tests.browser import sign_in, until_live
from tests.cast import Cast
from tests.product import Product

TOKYO = ZoneInfo("Asia/Tokyo")


def at(*moment: int) -> Clock:
    return lambda: datetime(*moment, tzinfo=TOKYO)  # type: ignore[arg-type, misc]


async def test_pages_left_open_over_midnight_show_the_new_day_of_the_teams_zone(
    product: Product, cast: Cast, page: Page
) -> None:
    """At midnight in Tokyo it is three in the afternoon by UTC."""
    product.clock = at(2026, 3, 10, 23, 58)
    await turn_of_the_clock({"tools": product.tools})
    await product.archive_story(cast.florist)
    await sign_in(page, product.address, cast.charlie)
    await page.wait_for_selector(f"#client-row-{cast.florist.id} .client-row__today:has-text('+1')")
    history = await page.context.new_page()
    await history.goto(f"{product.address}/client/{cast.florist.id}")
    await until_live(history)
    assert await history.locator(f"#day-{cast.florist.id}-2026-03-10[aria-current=date]").count() == 1
    product.clock = at(2026, 3, 11, 0, 1)
    await turn_of_the_clock({"tools": product.tools})
    await history.wait_for_selector(f"#day-{cast.florist.id}-2026-03-11[aria-current=date]")
    assert await history.locator(".heatmap__days [aria-current]").count() == 1
    await page.wait_for_selector(f"#client-row-{cast.florist.id} .client-row__today:empty", state="attached")
