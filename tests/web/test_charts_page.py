"""The charts of the client page: their data, and what a viewer sees."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from playwright.async_api import Browser, ConsoleMessage, Page

from app.analytics.snapshot import take_snapshot
from app.database import query
from tests.browser import sign_in, until_live
from tests.cast import Cast
from tests.product import Product
from tests.web.test_open_pages import says, until


async def add_history(product: Product, cast: Cast, *, days: int = 60) -> None:
    """Figures and activity of the days before today, with one gap of three days."""
    since = product.now() - timedelta(days=days + 1)
    await query("UPDATE clients SET tracking_started_at = {} WHERE id = {}", since, cast.bakery.id)
    for ago in range(1, days + 1):
        if 10 <= ago < 13:
            continue
        day = (product.now() - timedelta(days=ago)).date()
        await query(
            "INSERT INTO analytics_snapshots (profile_id, snapshot_date, followers_count, avg_likes, avg_comments,"
            " engagement_rate) VALUES ({}, {}, 1000, {}, {}, {})",
            cast.bakery.profile_id,
            day,
            100 + ago,
            5 + ago % 7,
            3 + ago % 5,
        )
        await query(
            "INSERT INTO activity_calendar (client_id, activity_date, stories_count, posts_count, observed_minutes)"
            " VALUES ({}, {}, {}, {}, 1440)",
            cast.bakery.id,
            day,
            ago % 4,
            ago % 9 == 0,
        )


async def take_figures(product: Product, cast: Cast, likes: int) -> None:
    """What the day's post check does."""
    await query(
        "INSERT INTO posts (profile_id, instagram_post_id, media_type, likes_count, comments_count, posted_at,"
        " fetched_at) VALUES ({}, '31', 'image', {}, 4, now(), now()) ON CONFLICT (profile_id, instagram_post_id)"
        " DO UPDATE SET likes_count = excluded.likes_count",
        cast.bakery.profile_id,
        likes,
    )
    await query("UPDATE profiles SET followers_count = 1000 WHERE id = {}", cast.bakery.profile_id)
    assert await take_snapshot(cast.bakery.profile_id, product.now())


async def open_charts(page: Page, product: Product, cast: Cast, query_string: str = "") -> list[str]:
    """Answers the console's complaints, as they come."""
    complaints: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            complaints.append(message.text)

    page.on("console", hear)
    await sign_in(page, product.address, cast.alice)
    await page.goto(f"{product.address}/client/{cast.bakery.id}{query_string}")
    await until_live(page)
    await page.wait_for_selector(".charts:not([data-state=loading])")
    return complaints


async def bars(page: Page, chart: str) -> int:
    """Bars that are higher than nothing."""
    count: int = await page.eval_on_selector_all(
        f"[data-chart={chart}] .apexcharts-bar-area",
        "bars => bars.filter((bar) => Number(bar.getAttribute('val')) > 0).length",
    )
    return count


async def settles_at(page: Page, chart: str, count: int) -> None:
    async def holds() -> bool:
        return await bars(page, chart) == count

    # A year's bars are drawn one by one.
    await until(holds, 30)


# Data


async def charts_of(product: Product, cast: Cast, days: str) -> Any:
    async with product.signed_in(cast.alice) as alice:
        answer = await alice.get(f"/client/{cast.bakery.id}/charts?days={days}")
        assert answer.headers["cache-control"] == "no-store"
        return answer.json()


async def test_the_data_of_a_period(product: Product, cast: Cast) -> None:
    await add_history(product, cast)
    data = await charts_of(product, cast, "30")
    today = product.now().date()
    assert data["days"] == 30
    assert data["snapshots"]["dates"][0] == str(today - timedelta(days=29))
    assert data["snapshots"]["dates"][-1] == str(today)
    for series in (data["snapshots"]["avg_likes"], data["activity"]["stories"]):
        assert len(series) == 30
        assert [29 - at for at, value in enumerate(series) if value is None] == [12, 11, 10, 0]


async def test_the_days_of_activity_are_the_teams(product: Product, cast: Cast) -> None:
    """When it is already tomorrow for the team, only its own days have moved on."""
    await query("UPDATE teams SET time_zone = 'Pacific/Kiritimati'")
    team_day = (product.now() + timedelta(hours=14)).date()
    data = await charts_of(product, cast, "7")
    assert data["activity"]["dates"][-1] == str(team_day)
    assert data["snapshots"]["dates"][-1] == str(product.now().date())


@pytest.mark.parametrize("days", ["0", "-1", "1", "8", "366", "10000", "99999999999999999999", "x", "", "7.5", "1e1"])
async def test_other_periods_are_refused(product: Product, cast: Cast, days: str) -> None:
    async with product.signed_in(cast.alice) as alice:
        assert (await alice.get(f"/client/{cast.bakery.id}/charts?days={days}")).status_code == 400


async def test_a_stranger_and_a_visitor_get_nothing(product: Product, cast: Cast) -> None:
    async with product.signed_in(cast.charlie) as charlie:
        assert (await charlie.get(f"/client/{cast.bakery.id}/charts?days=30")).status_code == 404
    async with product.visitor() as visitor:
        assert (await visitor.get(f"/client/{cast.bakery.id}/charts?days=30")).status_code == 303


# Pages


async def test_charts_are_drawn_with_gaps_and_without_complaints(product: Product, cast: Cast, page: Page) -> None:
    await add_history(product, cast)
    complaints = await open_charts(page, product, cast)
    assert await page.locator(".charts .apexcharts-svg").count() == 4
    assert await bars(page, "likes") == 30 - 3 - 1
    line = await page.get_attribute("[data-chart=engagement] .apexcharts-line", "d")
    assert line is not None
    assert line.count("M") > 1  # broken at the gap
    summary = await page.get_attribute("[data-chart=likes] [data-plot]", "aria-label")
    assert summary is not None
    assert "lowest 101, highest 129" in summary
    assert summary.endswith("Days without a figure: 4.")
    assert complaints == []


async def test_the_period_changes_and_stays_in_the_address(product: Product, cast: Cast, page: Page) -> None:
    await add_history(product, cast)
    complaints = await open_charts(page, product, cast)
    await page.click("[data-days='7']")
    await settles_at(page, "likes", 6)
    assert page.url.endswith("?days=7")
    await page.reload()
    await settles_at(page, "likes", 6)
    assert await page.get_attribute("[data-days='7']", "aria-pressed") == "true"
    await page.click("[data-days='365']")
    await settles_at(page, "likes", 57)
    assert complaints == []


async def test_a_new_snapshot_adds_its_point_by_itself(product: Product, cast: Cast, page: Page) -> None:
    await add_history(product, cast)
    complaints = await open_charts(page, product, cast)
    await page.evaluate("window.sameLoad = true")
    await take_figures(product, cast, 40)
    await settles_at(page, "likes", 27)
    newest = page.locator("[data-chart=likes] .chart__item bdi")
    assert await newest.inner_text() == "40"
    await take_figures(product, cast, 46)
    await until(lambda: says(newest, "46"))
    await product.archive_story(cast.bakery)
    stories = (await charts_of(product, cast, "30"))["activity"]["stories"]
    assert stories[-1] == 1
    await until(lambda: says(page.locator("[data-series=stories] bdi"), str(sum(filter(None, stories)))))
    assert await page.evaluate("window.sameLoad") is True
    assert complaints == []


async def test_the_first_snapshot_fills_the_empty_charts(product: Product, cast: Cast, page: Page) -> None:
    complaints = await open_charts(page, product, cast)
    note = page.locator("[data-chart=likes] [data-note]")
    assert (await note.inner_text()).startswith("The first figures appear after the first daily check")
    await take_figures(product, cast, 40)
    await settles_at(page, "likes", 1)
    assert not await note.is_visible()
    assert complaints == []


async def test_what_failed_says_so_and_is_tried_again(product: Product, cast: Cast, page: Page) -> None:
    await add_history(product, cast)
    await page.route("**/charts?days=*", lambda route: route.abort())
    await open_charts(page, product, cast)
    assert await page.locator("[data-failed]").is_visible()
    await page.unroute("**/charts?days=*")
    await page.click("[data-retry]")
    await settles_at(page, "likes", 26)
    assert not await page.locator("[data-failed]").is_visible()


async def test_many_updates_leave_nothing_behind(product: Product, cast: Cast, page: Page) -> None:
    await add_history(product, cast)
    await open_charts(page, product, cast)
    session = await page.context.new_cdp_session(page)

    async def nodes() -> int:
        await session.send("HeapProfiler.collectGarbage")
        return int((await session.send("Memory.getDOMCounters"))["nodes"])

    async def turn(times: int) -> None:
        for _ in range(times):
            for days in ("7", "30"):
                await page.click(f"[data-days='{days}']")
                await settles_at(page, "likes", 6 if days == "7" else 26)
        await asyncio.sleep(0.3)

    await turn(3)
    before = await nodes()
    await turn(12)
    assert await nodes() < before * 1.2


async def test_charts_fit_a_phone(product: Product, cast: Cast, browser: Browser) -> None:
    await add_history(product, cast)
    context = await browser.new_context(viewport={"width": 360, "height": 740})
    page = await context.new_page()
    for period in ("", "?days=7", "?days=365"):
        await open_charts(page, product, cast, period)
        await page.wait_for_selector(".charts .apexcharts-svg")
        assert await page.evaluate("document.documentElement.scrollWidth") <= 360
        await context.clear_cookies()
    await context.close()
