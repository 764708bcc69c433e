"""A wall in a real browser: nobody touches it after it was switched on."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import pytest
from playwright.async_api import Browser, BrowserContext, Error, Page

from app.alerts.inactivity import Resolution, raise_alerts, resolve_alerts
from app.clients.edit import remove_client
from app.clients.queries import ClientRef
from app.database import query, transaction
from app.live.channel import LIVE
from app.wall.pairing import LIFE, WallFacts, edit_wall, revoke_wall
from app.web.walls import COOKIE
from tests.browser import sign_in, until_live
from tests.cast import Cast, client
from tests.product import Product
from tests.walls import ALL, new_wall, only
from tests.web.test_accessibility import AXE, RULES, severe

WIDE, UPRIGHT = (1920, 1080), (1080, 1920)


@contextlib.asynccontextmanager
async def opened(browser: Browser, size: tuple[int, int] = WIDE) -> AsyncIterator[tuple[BrowserContext, Page]]:
    context = await browser.new_context(viewport={"width": size[0], "height": size[1]})
    page = await context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield context, page
    await context.close()
    assert errors == []


@contextlib.asynccontextmanager
async def hung(
    browser: Browser, product: Product, cast: Cast, facts: WallFacts = ALL, size: tuple[int, int] = WIDE
) -> AsyncIterator[tuple[int, Page]]:
    """A wall of Acme's that is live: its id and its page."""
    wall_id, token = await new_wall(product.urls, cast.alice, facts, product.now())
    async with opened(browser, size) as (context, page):
        await context.add_cookies([{"name": COOKIE, "value": token, "url": product.address}])
        await page.goto(f"{product.address}/wall")
        await until_live(page)
        yield wall_id, page


async def until(holds: Callable[[], Awaitable[bool]], within: float = 15) -> None:
    async with asyncio.timeout(within):
        while True:
            # While the page loads itself anew, there is nothing to look at.
            with contextlib.suppress(Error):
                if await holds():
                    return
            await asyncio.sleep(0.05)


async def shows(page: Page, expression: str) -> None:
    await until(lambda: page.evaluate(f"Boolean({expression})"))


async def test_a_screen_is_paired_by_typing_its_code_and_then_lives_alone(
    product: Product, cast: Cast, browser: Browser, page: Page
) -> None:
    async with opened(browser) as (_, wall):
        await wall.goto(f"{product.address}/wall")
        await wall.wait_for_selector("#wall-code:not([data-waiting])")
        code = await wall.text_content("#wall-code") or ""
        assert f"{product.address.removeprefix('http://')}/settings/walls" in await wall.inner_text("#wall")
        await sign_in(page, product.address, cast.alice)
        await page.goto(f"{product.address}/settings/walls")
        await until_live(page)
        await page.click("text=Pair a screen")
        await page.fill("#wall-form [name=code]", "WRONGONE")
        await page.fill("#wall-form [name=name]", "Küche")
        await page.click("#wall-form [type=submit]")
        await page.wait_for_selector("#wall-form [data-refused] p:has-text('No screen shows this code')")
        await page.fill("#wall-form [name=code]", code.lower())
        await page.check("#wall-form [value=chosen]")
        await page.check(f"#wall-form [name=clients][value='{cast.bakery.id}']")
        await page.click("#wall-form [type=submit]")
        await page.wait_for_selector("#wall-dialog", state="hidden")
        await until_live(wall)
        assert await wall.locator(".wall-tile__handle").all_inner_texts() == ["@bakery"]
        # The first heartbeat appears in the open settings by itself.
        await page.wait_for_selector(".wall-item[data-state=live] .wall-item__screens li")
        assert "1920 × 1080" in await page.inner_text(".wall-item__screens")


async def test_a_code_that_expired_gives_way_to_a_new_one_by_itself(
    product: Product, cast: Cast, browser: Browser
) -> None:
    async with opened(browser) as (_, wall):
        await wall.goto(f"{product.address}/wall")
        await wall.wait_for_selector("#wall-code:not([data-waiting])")
        code = await wall.text_content("#wall-code")
        await query("UPDATE wall_codes SET expires_at = expires_at - {}::interval", LIFE)
        await until(lambda: differs(wall, code))
        # Not even a restart of the web loses it.
        await product.stop_web()
        await asyncio.sleep(4)
        await product.start_web()
        code = await wall.text_content("#wall-code")
        await query("DELETE FROM wall_codes")
        await until(lambda: differs(wall, code), within=40)


async def differs(wall: Page, code: str | None) -> bool:
    return await wall.text_content("#wall-code") != code


async def test_a_new_story_pulses_the_tile_and_enters_the_feed(product: Product, cast: Cast, browser: Browser) -> None:
    async with hung(browser, product, cast) as (_, wall):
        await wall.evaluate("""() => {
            window.moved = [];
            const animate = Element.prototype.animate;
            Element.prototype.animate = function (...rest) {
                window.moved.push(this.id);
                return animate.apply(this, rest);
            };
        }""")
        await product.archive_story(cast.bakery)
        story = f"wall-story-{cast.bakery.id}-1"
        await wall.wait_for_selector(f"#{story} img")
        tile = f"wall-tile-{cast.bakery.id}"
        await shows(wall, f"moved.includes('{story}') && moved.includes('{tile}')")
        assert await wall.get_attribute(f"#{tile}", "data-signal") == "RED"
        assert "+1" in await wall.inner_text(f"#{tile} .wall-tile__story")
        await shows(wall, f"document.querySelector('#{story} img').naturalWidth > 0")


async def test_a_new_alert_takes_the_stage_and_leaves_it(product: Product, cast: Cast, browser: Browser) -> None:
    async with hung(browser, product, cast) as (_, wall):
        await fall_silent(product, cast.bakery)
        await wall.wait_for_selector("#wall-stage:not([hidden])")
        assert "@bakery" in await wall.inner_text("#wall-stage")
        assert "fell silent" in (await wall.inner_text("#wall-stage")).lower()
        assert await wall.locator(".wall-alert").all_inner_texts() == ["@bakery 3 days"]
        await wall.wait_for_selector("#wall-stage", state="hidden", timeout=15_000)
        # Loaded anew, it is no news any more.
        await wall.reload()
        await until_live(wall)
        await wall.wait_for_timeout(500)
        assert await wall.locator("#wall-stage").is_hidden()
        async with transaction():
            await resolve_alerts(cast.bakery, Resolution.STORY, product.now())
        await wall.wait_for_selector(".wall-alert", state="detached")


async def fall_silent(product: Product, *clients: ClientRef) -> None:
    async with transaction():
        for fallen in clients:
            await raise_alerts(fallen, 3, product.now())


async def test_a_revoked_wall_shows_a_code_at_once(product: Product, cast: Cast, browser: Browser) -> None:
    async with hung(browser, product, cast) as (wall_id, wall):
        await revoke_wall(cast.alice.team_id, wall_id, product.now())
        await wall.wait_for_selector("#wall-code:not([data-waiting])", timeout=15_000)
        assert await wall.locator(".wall-tile").count() == 0


async def test_a_wall_that_lost_its_cookie_shows_a_code(product: Product, cast: Cast, browser: Browser) -> None:
    async with hung(browser, product, cast) as (_, wall):
        await wall.context.clear_cookies()
        await product.stop_web()
        await product.start_web()
        await wall.wait_for_selector("#wall-code:not([data-waiting])", timeout=30_000)


async def test_a_wall_survives_restarts_of_everything_beside_it(product: Product, cast: Cast, browser: Browser) -> None:
    async with hung(browser, product, cast) as (_, wall):
        await wall.evaluate("window.sameLoad = true")
        await product.stop_relay()
        await product.archive_story(cast.bakery)
        product.start_relay()
        await wall.wait_for_selector(f"#wall-story-{cast.bakery.id}-1")
        await product.stop_web()
        await wall.wait_for_selector("body[data-live=reconnecting]")
        await product.archive_story(cast.bakery)
        await product.start_web()
        await wall.wait_for_selector(f"#wall-story-{cast.bakery.id}-2", timeout=30_000)
        assert await wall.evaluate("window.sameLoad") is True
        # Redis lost everything: the wall is loaded anew.
        await product.redis.delete(LIVE)
        await product.archive_story(cast.bakery)
        await wall.wait_for_selector(f"#wall-story-{cast.bakery.id}-3", timeout=30_000)
        await until_live(wall)
        await shows(wall, "window.sameLoad === undefined")


async def test_a_reload_waits_until_the_server_answers(product: Product, cast: Cast, browser: Browser) -> None:
    """The browser's own error page would stay for ever."""
    async with hung(browser, product, cast) as (_, wall):
        await product.stop_web()
        await wall.evaluate("window.sameLoad = true")
        module = await wall.evaluate(
            "document.querySelector('script[type=module]').src.replace('wall.js', 'live/reload.js')"
        )
        await wall.evaluate(f"import('{module}').then(({{ reloadWithin }}) => reloadWithin(0))")
        await wall.wait_for_timeout(4_000)
        assert await wall.evaluate("window.sameLoad") is True
        await product.start_web()
        await shows(wall, "window.sameLoad === undefined")
        await until_live(wall)


async def test_switched_on_before_the_server_a_wall_waits_for_it(
    product: Product, cast: Cast, browser: Browser
) -> None:
    async with hung(browser, product, cast) as (_, wall):
        await wall.evaluate("navigator.serviceWorker.ready.then(() => {})")
        await product.stop_web()
        await wall.reload()
        await wall.wait_for_selector("text=The server does not answer")
        await product.start_web()
        await until_live(wall, timeout=40)


async def test_after_a_deploy_the_wall_loads_itself_anew(product: Product, cast: Cast, browser: Browser) -> None:
    async with hung(browser, product, cast) as (_, wall):
        await product.stop_web()
        await product.start_web()
        product.application.state.version = "deployed"
        await wall.wait_for_selector("body[data-version=deployed][data-live=live]", timeout=40_000)


async def test_clients_that_do_not_fit_get_their_turn(product: Product, cast: Cast, browser: Browser) -> None:
    await query(
        "INSERT INTO profiles (platform, username) SELECT 'instagram', 'many' || n FROM generate_series(1, 499) n"
    )
    await query("INSERT INTO clients (team_id, profile_id) SELECT 1, id FROM profiles WHERE username LIKE 'many%'")
    async with hung(browser, product, cast) as (_, wall):
        assert await wall.locator(".wall-tile").count() == 500
        first = await visible(wall)
        assert len(first) == 24
        assert await wall.inner_text("#wall-pages") == "1 / 21"
        await wall.wait_for_selector("#wall-pages:has-text('2 / 21')", timeout=20_000)
        second = await visible(wall)
        assert len(second) == 24
        assert not set(first) & set(second)
        assert await overflow(wall) == []


async def test_a_wall_without_clients_says_so_and_fills_by_itself(
    product: Product, cast: Cast, browser: Browser
) -> None:
    async with hung(browser, product, cast) as (_, wall):
        await remove_client(cast.bakery, product.now())
        await wall.wait_for_selector("text=No clients yet")
        await client(cast.alice.team_id, "cafe", product.now())
        await wall.wait_for_selector(".wall-tile:has-text('@cafe')")
        assert await wall.locator(".wall-tile").count() == 1
        assert await wall.locator("text=No clients yet").count() == 0


async def test_what_a_manager_changes_appears_by_itself(product: Product, cast: Cast, browser: Browser) -> None:
    cafe = await client(cast.alice.team_id, "cafe", product.now())
    async with hung(browser, product, cast) as (wall_id, wall):
        assert await wall.locator(".wall-tile").count() == 2
        await edit_wall(cast.alice.team_id, wall_id, only(cafe, name="Hall"))
        await wall.wait_for_selector(f"#wall-tile-{cast.bakery.id}", state="detached")
        assert "Hall" in await wall.inner_text(".wall-head")
        arabic = WallFacts("بهو", "ar", "Asia/Tokyo", False, (cafe.id,))
        await edit_wall(cast.alice.team_id, wall_id, arabic)
        await wall.wait_for_selector("html[lang=ar][dir=rtl] body[data-zone='Asia/Tokyo'][data-live=live]")


async def test_the_walls_clock_does_not_trust_the_machines(product: Product, cast: Cast, browser: Browser) -> None:
    """Nor do "5 min ago" and the other times on it."""
    await product.archive_story(cast.bakery, ago=timedelta(minutes=5))
    _, token = await new_wall(product.urls, cast.alice, ALL, product.now())
    async with opened(browser) as (context, wall):
        await context.add_cookies([{"name": COOKIE, "value": token, "url": product.address}])
        await wall.clock.install(time=product.now() - timedelta(days=400, hours=7))
        await wall.goto(f"{product.address}/wall")
        await until_live(wall)
        right = {(product.now() + timedelta(minutes=late)).strftime("%H:%M") for late in (-1, 0, 1)}
        assert await wall.inner_text("#wall-hour") in right
        assert "min ago" in await wall.inner_text(".wall-tile__story")


async def test_a_page_that_grows_without_end_is_loaded_anew(product: Product, cast: Cast, browser: Browser) -> None:
    _, token = await new_wall(product.urls, cast.alice, ALL, product.now())
    async with opened(browser) as (context, wall):
        await context.add_cookies([{"name": COOKIE, "value": token, "url": product.address}])
        await wall.clock.install(time=product.now())
        await wall.goto(f"{product.address}/wall")
        await until_live(wall)
        for _ in range(12):
            # Step by step, so that the stream is heard in between.
            await wall.clock.fast_forward(30_000)
            await wall.wait_for_timeout(100)
        await wall.evaluate("window.sameLoad = true")
        await until_live(wall)
        await wall.evaluate(
            "document.body.append(...Array.from({ length: 25_000 }, () => document.createElement('i')))"
        )
        await wall.clock.fast_forward(31_000)
        await wall.clock.fast_forward(61_000)
        await shows(wall, "window.sameLoad === undefined")
        await until_live(wall)


async def test_nothing_is_cut_off_and_nothing_is_small(product: Product, cast: Cast, browser: Browser) -> None:
    for number in range(23):
        await client(cast.alice.team_id, f"a.client.with.a.long.name.{number}", product.now())
    await query("UPDATE clients SET custom_label = 'Ein sehr langer Name für ein Restaurant' WHERE id > 5")
    await query("UPDATE clients SET status_signal = 'GREEN', stories_inactive_days = 123 WHERE id > 12")
    await product.archive_story(cast.bakery)
    for size in (WIDE, UPRIGHT):
        async with hung(browser, product, cast, size=size) as (_, wall):
            assert len(await visible(wall)) == 24
            assert await overflow(wall) == []
            assert await smallest(wall) >= 27.9


async def visible(wall: Page) -> list[str]:
    ids: list[str] = await wall.eval_on_selector_all(
        ".wall-tile", "tiles => tiles.filter(tile => tile.offsetParent !== null).map(tile => tile.id)"
    )
    return ids


async def overflow(wall: Page) -> list[str]:
    """What reaches beyond the screen, or beyond its own tile."""
    found: list[str] = await wall.evaluate("""() => {
        const inside = (inner, outer) => inner.left >= outer.left - 1 && inner.right <= outer.right + 1
            && inner.top >= outer.top - 1 && inner.bottom <= outer.bottom + 1;
        const screen = { left: 0, top: 0, right: innerWidth, bottom: innerHeight };
        const shown = [...document.querySelectorAll(".wall-tile")].filter((tile) => tile.offsetParent !== null);
        const bad = [...shown, ...document.querySelectorAll(".wall-feed, .wall-top, .wall-ticker")]
            .filter((element) => !inside(element.getBoundingClientRect(), screen));
        for (const tile of shown) {
            for (const part of tile.querySelectorAll(".signal, .wall-tile__story, .wall-tile__handle")) {
                const isShown = part.getClientRects().length > 0;
                if (isShown && !inside(part.getBoundingClientRect(), tile.getBoundingClientRect())) bad.push(part);
            }
        }
        return bad.map((element) => element.outerHTML.slice(0, 120));
    }""")
    return found


async def smallest(wall: Page) -> float:
    """The smallest type on the screen, in pixels."""
    size: float = await wall.evaluate("""() => Math.min(...[...document.querySelectorAll("#wall *")]
        .filter((element) => element.offsetParent !== null
            && !element.closest(".sr-only, [aria-hidden], .live, .wall-face")
            && [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
        .map((element) => parseFloat(getComputedStyle(element).fontSize)))""")
    return size


@pytest.mark.parametrize("language", ["en", "ar"])
async def test_nothing_is_severely_wrong(product: Product, cast: Cast, browser: Browser, language: str) -> None:
    await product.archive_story(cast.bakery)
    await fall_silent(product, cast.bakery)
    facts = WallFacts("Kitchen", language, "", True)
    _, token = await new_wall(product.urls, cast.alice, facts, product.now())
    context = await browser.new_context(
        bypass_csp=True, locale=language, reduced_motion="reduce", viewport={"width": 1920, "height": 1080}
    )
    page = await context.new_page()
    await page.goto(f"{product.address}/wall")
    await page.wait_for_selector("#wall-code:not([data-waiting])")
    await check(page)
    await context.clear_cookies()
    await context.add_cookies([{"name": COOKIE, "value": token, "url": product.address}])
    await page.goto(f"{product.address}/wall")
    await until_live(page)
    await page.wait_for_selector("#wall-stage:not([hidden])")
    await check(page)
    await page.wait_for_selector("#wall-stage", state="hidden", timeout=15_000)
    await check(page)
    await query("UPDATE users SET language = {} WHERE id = {}", language, cast.alice.id)
    await sign_in(page, product.address, cast.alice)
    await page.goto(f"{product.address}/settings/walls")
    await check(page)
    await page.click(".wall-item__do button >> nth=0")
    await page.wait_for_selector("#wall-dialog[open]")
    await page.check("#wall-form [value=chosen]")
    await check(page)
    await context.close()


async def check(page: Page) -> None:
    await page.add_script_tag(path=AXE)
    assert severe(await page.evaluate("rules => axe.run({ runOnly: rules })", RULES)) == []
