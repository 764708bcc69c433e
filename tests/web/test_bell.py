"""Silence is seen at once, by everybody whom it concerns, in every tab; what each does with it is his own."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page

from app.alerts.inactivity import Resolution, count_days, raise_alerts, resolve_alerts
from app.clients.edit import ClientChanges, edit_client, remove_client
from app.clients.queries import ClientRef
from app.database import query, transaction
from app.live.events import SourceFailed, SourceRecovered
from app.live.publish import publish
from app.wall.watch import miss_silent_walls
from tests.alerts.test_api import ten_thousand_alerts
from tests.browser import sign_in, until_live
from tests.cast import Cast, Person, client
from tests.listener import listen_to
from tests.product import Product
from tests.walls import ALL, new_wall, only, screen, send_beat
from tests.web.test_open_pages import until

BADGE = ".bell__badge"
UNREAD = ".alert[data-state=unread]"


async def falls_silent(product: Product, who: ClientRef, days: int = 3) -> None:
    async with transaction():
        await raise_alerts(who, days, product.now())


async def is_back(product: Product, who: ClientRef, why: Resolution = Resolution.STORY) -> None:
    async with transaction():
        await resolve_alerts(who, why, product.now())


@contextlib.asynccontextmanager
async def browser_of(
    browser: Browser, product: Product, person: Person, **options: Any
) -> AsyncIterator[BrowserContext]:
    """Somebody's browser, signed in; the scripts of his pages may not fail."""
    context = await browser.new_context(**{"viewport": {"width": 1440, "height": 900}, "timezone_id": "UTC"} | options)
    errors: list[str] = []
    context.on("weberror", lambda error: errors.append(str(error.error)))
    page = await context.new_page()
    await sign_in(page, product.address, person)
    yield context
    await context.close()
    assert errors == []


@contextlib.asynccontextmanager
async def at(
    browser: Browser, product: Product, person: Person, path: str = "/", **options: Any
) -> AsyncIterator[Page]:
    async with browser_of(browser, product, person, **options) as context:
        yield await go(product, context.pages[0], path)


async def go(product: Product, page: Page, path: str) -> Page:
    await page.goto(f"{product.address}{path}")
    await until_live(page)
    return page


async def until_unread(page: Page, count: int, title: str = "Clients · Alrt", shown: str | None = None) -> None:
    await page.wait_for_selector(f"[data-bell][data-unread='{count}']")

    async def says_so() -> bool:
        return await page.title() == (f"({shown or count}) {title}" if count else title)

    await until(says_so)
    assert await page.locator(BADGE).count() == (1 if count else 0)


async def open_bell(page: Page) -> None:
    await page.click(".bell__button")
    await page.wait_for_selector(".bell__panel", state="visible")


async def toast_of(page: Page) -> str:
    return await page.inner_text("#toast-news [data-toast-text]")


def act(what: str) -> str:
    return f"{UNREAD} [data-act={what}]"


# --- the same in all tabs, and each member's own ---------------------------------------------------------------


async def test_an_alert_is_seen_in_every_tab_and_read_in_one_is_read_in_the_members_others(
    product: Product, cast: Cast, browser: Browser
) -> None:
    async with browser_of(browser, product, cast.alice) as alices, at(browser, product, cast.bob) as bob:
        alice = alices.pages[0]
        other = await go(product, await alices.new_page(), f"/client/{cast.bakery.id}")
        await falls_silent(product, cast.bakery)
        for page, title in ((alice, "Clients · Alrt"), (other, "@bakery · Alrt"), (bob, "Clients · Alrt")):
            await until_unread(page, 1, title)
            assert await toast_of(page) == "@bakery has been silent for 3 days"
            await page.wait_for_selector(
                "[data-toast-said]:text('@bakery has been silent for 3 days')", state="attached"
            )
        await open_bell(alice)
        await alice.wait_for_selector("#toast-news", state="hidden")
        assert "@bakery" in await alice.inner_text(UNREAD)
        assert "silent for 3 days" in await alice.inner_text(UNREAD)
        await alice.click(act("read"))
        await until_unread(alice, 0)
        await until_unread(other, 0, "@bakery · Alrt")
        assert await other.locator("#toast-news").is_hidden()
        assert await alice.locator(".bell__menu[open]").count() == 1
        assert await alice.locator(".alert[data-state=read]").count() == 1
        await until_unread(bob, 1)
        assert (await bob.get_attribute("link[rel=icon]", "href") or "").startswith("data:image/svg+xml,")
        assert (await alice.get_attribute("link[rel=icon]", "href") or "").endswith("icon.svg")


async def test_what_is_dismissed_is_gone_for_its_member_alone(product: Product, cast: Cast, browser: Browser) -> None:
    await falls_silent(product, cast.bakery)
    async with at(browser, product, cast.alice) as alice, at(browser, product, cast.bob) as bob:
        await open_bell(alice)
        await alice.click(act("dismiss"))
        await until_unread(alice, 0)
        assert await alice.locator(".alert").count() == 0
        assert "You have dismissed the alert of 1 client that is still silent." in await alice.inner_text(
            ".bell__empty"
        )
        await until_unread(bob, 1)


async def test_without_alerts_the_bell_says_that_nobody_is_silent(
    product: Product, cast: Cast, browser: Browser
) -> None:
    async with at(browser, product, cast.alice) as alice:
        await open_bell(alice)
        assert "Nobody is silent" in await alice.inner_text(".bell__empty")


@pytest.mark.parametrize(
    ("why", "words"),
    [
        (Resolution.STORY, "back after 6 days"),
        (Resolution.ARCHIVED, "no longer tracked"),
        (Resolution.UNREADABLE, "can't be read any more"),
        (Resolution.THRESHOLD, "threshold raised"),
    ],
)
async def test_what_is_over_says_why(
    product: Product, cast: Cast, browser: Browser, why: Resolution, words: str
) -> None:
    await falls_silent(product, cast.bakery, days=6)
    async with at(browser, product, cast.alice) as alice:
        await until_unread(alice, 1)
        await open_bell(alice)
        await is_back(product, cast.bakery, why)
        await until_unread(alice, 0)
        assert words in await alice.inner_text(".alert[data-state=resolved]")


async def test_a_client_that_was_removed_leaves_its_line_without_a_link(
    product: Product, cast: Cast, browser: Browser
) -> None:
    await falls_silent(product, cast.bakery)
    async with at(browser, product, cast.bob) as bob:
        await open_bell(bob)
        await is_back(product, cast.bakery, Resolution.ARCHIVED)
        await remove_client(cast.bakery, product.now())
        await bob.wait_for_selector(".alert[data-state=resolved]:not(:has(a))")


async def test_ten_thousand_unread_alerts_load_and_are_read_at_once(
    product: Product, cast: Cast, browser: Browser
) -> None:
    async with at(browser, product, cast.alice, f"/client/{cast.bakery.id}") as alice:
        await ten_thousand_alerts(cast.alice, product)
        await until_unread(alice, 10_000, "@bakery · Alrt", shown="999+")
        began = moment()
        await alice.reload()
        await until_live(alice)
        assert moment() - began < 5
        assert await alice.inner_text(BADGE) == "999+"
        assert "10,000 unread" in (await alice.text_content(".bell__button") or "")
        assert (await alice.title()).startswith("(999+) ")
        await open_bell(alice)
        assert await alice.locator(UNREAD).count() == 30
        assert await alice.inner_text(".bell__more") == "and 9,970 more"
        began = moment()
        await alice.click(".bell__all")
        await until_unread(alice, 0, "@bakery · Alrt")
        assert moment() - began < 5
        assert await query("SELECT id FROM inactivity_alerts WHERE NOT is_read") == []


def moment() -> float:
    return asyncio.get_running_loop().time()


# --- what is new ----------------------------------------------------------------------------------------------


async def test_what_was_there_before_is_no_news_and_what_came_meanwhile_is_told_once(
    product: Product, cast: Cast, browser: Browser
) -> None:
    await falls_silent(product, cast.bakery)
    cafe = await client(cast.alice.team_id, "cafe")
    async with at(browser, product, cast.alice) as alice:
        await until_unread(alice, 1)
        assert await alice.locator("#toast-news").is_hidden()
        await product.stop_web()
        await alice.wait_for_selector("body[data-live=reconnecting]")
        await falls_silent(product, cafe, days=4)
        await product.start_web()
        await until_unread(alice, 2)
        assert await toast_of(alice) == "@cafe has been silent for 4 days"
        await alice.click("#toast-news [data-toast-close]")
        await go(product, alice, f"/client/{cafe.id}")
        await falls_silent(product, cast.bakery)  # It is told already.
        await count(product, cafe, 5)
        await alice.wait_for_selector(".alert:has-text('silent for 5 days')", state="attached")
        assert await alice.locator("#toast-news").is_hidden()


async def count(product: Product, who: ClientRef, days: int) -> None:
    async with transaction():
        await count_days(who, days)


async def test_many_at_once_are_one_toast_one_sentence_and_a_way_to_the_list(
    product: Product, cast: Cast, browser: Browser
) -> None:
    others = [await client(cast.alice.team_id, f"cafe.{n}") for n in range(4)]
    async with at(browser, product, cast.alice) as alice:
        async with transaction():
            for who in (cast.bakery, *others):
                await raise_alerts(who, 3, product.now())
        await until_unread(alice, 5)
        assert await toast_of(alice) == "5 clients fell silent"
        await alice.wait_for_selector("[data-toast-said]:text-is('5 clients fell silent')", state="attached")
        await alice.click("#toast-news [data-toast-show]")
        await alice.wait_for_selector(".bell__panel", state="visible")
        await alice.wait_for_selector("#toast-news", state="hidden")


async def test_the_toast_leads_to_the_client_and_whoever_follows_it_has_read_it(
    product: Product, cast: Cast, browser: Browser
) -> None:
    async with at(browser, product, cast.alice) as alice:
        await falls_silent(product, cast.bakery)
        await alice.click("#toast-news [data-toast-link]")
        await alice.wait_for_url(f"**/client/{cast.bakery.id}")
        await until_unread(alice, 0, "@bakery · Alrt")
        await is_back(product, cast.bakery)
        await falls_silent(product, cast.bakery, days=4)
        await until_unread(alice, 1, "@bakery · Alrt")
        await go(product, alice, "/")
        await open_bell(alice)
        await alice.click(act("open"))
        await alice.wait_for_url(f"**/client/{cast.bakery.id}")
        await until_unread(alice, 0, "@bakery · Alrt")


async def test_an_undo_is_not_hidden_by_news(product: Product, cast: Cast, browser: Browser) -> None:
    cafe = await client(cast.alice.team_id, "cafe")
    async with at(browser, product, cast.alice, f"/client/{cafe.id}") as alice:
        await alice.click(".client-actions__more")
        await alice.click("[data-remove]")
        await alice.wait_for_selector("#toast:has-text('Removed @cafe.')")
        await falls_silent(product, cast.bakery)
        await alice.wait_for_selector("#toast-news", state="visible")
        await alice.click("[data-toast-action]")
        await alice.wait_for_selector(f"#client-row-{cafe.id}")


# --- snoozing -------------------------------------------------------------------------------------------------


async def test_a_snoozed_alert_comes_back_as_an_unread_one(product: Product, cast: Cast, browser: Browser) -> None:
    await falls_silent(product, cast.bakery)
    async with at(browser, product, cast.alice) as alice:
        await open_bell(alice)
        await alice.click(act("snooze"))
        await alice.click("#snooze [value=story]")
        await until_unread(alice, 0)
        assert "until the next story" in await alice.inner_text(".alert[data-state=snoozed]")
        await alice.click(".alert [data-act=snooze]")
        await alice.click("#snooze [value='1']")
        await alice.wait_for_selector(".alert[data-state=snoozed]:has-text('until tomorrow')")
        await query("UPDATE inactivity_alerts SET snoozed_until = {}", product.now() - timedelta(seconds=1))
        await falls_silent(product, await client(cast.alice.team_id, "cafe"))
        await until_unread(alice, 2)


async def test_typing_in_the_date_and_the_open_panel_survive_a_push(
    product: Product, cast: Cast, browser: Browser
) -> None:
    await falls_silent(product, cast.bakery)
    async with at(browser, product, cast.alice) as alice:
        await open_bell(alice)
        await alice.click(act("snooze"))
        until_when = (product.now() + timedelta(days=40)).date().isoformat()
        await alice.fill("#snooze-date", until_when)
        await falls_silent(product, await client(cast.alice.team_id, "cafe"))
        await until_unread(alice, 2)
        assert await alice.input_value("#snooze-date") == until_when
        assert await alice.evaluate("document.activeElement.id") == "snooze-date"
        assert await alice.locator(".bell__panel").is_visible()
        await alice.keyboard.press("Enter")
        await until_unread(alice, 1)
        (alert,) = await query("SELECT snoozed_until FROM inactivity_alerts WHERE snoozed_until IS NOT NULL")
        assert alert["snoozed_until"].date().isoformat() == until_when


async def test_a_day_that_is_over_is_refused_where_it_was_typed(product: Product, cast: Cast, browser: Browser) -> None:
    await falls_silent(product, cast.bakery)
    async with at(browser, product, cast.alice) as alice:
        await open_bell(alice)
        await alice.click(act("snooze"))
        await alice.fill("#snooze-date", "2020-01-01")
        await alice.click("[data-snooze-date]")
        await alice.wait_for_selector("#snooze:has-text('Choose a day from tomorrow on, within a year.')")
        assert await alice.get_attribute("#snooze-date", "aria-invalid") == "true"
        await is_back(product, cast.bakery)
        await alice.wait_for_selector("#snooze", state="hidden")


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"until": "date"},
        {"until": "date", "date": "tomorrow"},
        {"until": "date", "date": "9999-12-31"},
        {"until": "date", "date": "0001-01-01"},
        {"until": "date", "date": "2020-01-01", "zone": "Mars/Olympus"},
        {"until": "4"},
    ],
)
async def test_a_snooze_till_no_day_to_come_is_refused(product: Product, cast: Cast, form: dict[str, str]) -> None:
    await falls_silent(product, cast.bakery)
    async with product.signed_in(cast.alice) as alice:
        answer = await post(alice, "/alerts/1/snooze", form)
        assert answer.status_code == 422
        assert "Choose a day from tomorrow on" in answer.text


async def post(visitor: Any, path: str, form: dict[str, str] | None = None) -> Any:
    headers = {"x-csrftoken": visitor.cookies["alrt_csrf"]}
    return await visitor.post(path, data=form or {}, headers=headers)


@pytest.mark.parametrize("verb", ["read", "dismiss", "snooze"])
async def test_alerts_of_others_are_not_found(product: Product, cast: Cast, verb: str) -> None:
    await falls_silent(product, cast.bakery)
    await falls_silent(product, cast.florist)
    rows = await query("SELECT id FROM inactivity_alerts WHERE user_id <> {}", cast.alice.id)
    async with product.signed_in(cast.alice) as alice:
        for alert_id in (*(row["id"] for row in rows), 0, 10**6, 2**63):
            assert (await post(alice, f"/alerts/{alert_id}/{verb}", {"until": "story"})).status_code == 404
    untouched = await query(
        "SELECT id FROM inactivity_alerts WHERE is_read OR is_dismissed OR snoozed_until IS NOT NULL"
    )
    assert untouched == []


async def test_nobody_handles_alerts_without_signing_in(product: Product, cast: Cast) -> None:
    async with product.visitor() as visitor:
        await visitor.get("/login")
        for path in ("/alerts/1/read", "/alerts/read-all", "/alerts/incidents/1/read"):
            assert (await post(visitor, path)).headers["location"] == "/login"


# --- keyboard, phone, languages ---------------------------------------------------------------------------------


async def test_the_list_works_without_a_mouse(product: Product, cast: Cast, browser: Browser) -> None:
    for handle in ("cafe", "diner"):
        await falls_silent(product, await client(cast.alice.team_id, handle))
    await falls_silent(product, cast.bakery)
    async with at(browser, product, cast.alice) as alice:
        await alice.focus(".bell__button")
        await alice.keyboard.press("Enter")
        await alice.keyboard.press("ArrowDown")
        assert await focused(alice) == ("bakery", "open")
        await alice.keyboard.press("Tab")
        await alice.keyboard.press("Enter")
        await until_unread(alice, 2)
        assert await focused(alice) == ("diner", "read")
        await alice.keyboard.press("Tab")
        await alice.keyboard.press("Enter")
        await alice.keyboard.press("ArrowDown")
        await alice.keyboard.press("Escape")
        assert await focused(alice) == ("diner", "snooze")
        await alice.keyboard.press("Enter")
        await alice.keyboard.press("Enter")
        await until_unread(alice, 1)
        assert await focused(alice) == ("cafe", "snooze")
        await alice.keyboard.press("Tab")
        await alice.keyboard.press("Enter")
        await until_unread(alice, 0)
        assert await alice.evaluate("document.activeElement !== document.body")
        await alice.keyboard.press("Escape")
        assert await alice.locator(".bell__panel").is_hidden()
        assert await alice.evaluate("document.activeElement.className") == "bell__button"


async def focused(page: Page) -> tuple[str, str]:
    handle, what = await page.evaluate(
        """() => {
            const focused = document.activeElement;
            const line = focused.closest("[data-alert]");
            return [line?.querySelector(".alert__who bdi").textContent.slice(1) ?? "", focused.dataset.act ?? ""];
        }"""
    )
    return handle, what


async def test_the_bell_fits_a_phone_and_arabic(product: Product, cast: Cast, browser: Browser) -> None:
    await query("UPDATE users SET language = 'ar' WHERE id = {}", cast.alice.id)
    await edit_client(cast.bakery, ClientChanges(label="مخبز الحي القديم الذي يفتح أبوابه فجرا كل يوم"), product.now())
    await falls_silent(product, cast.bakery, days=11)
    async with at(browser, product, cast.alice, viewport={"width": 360, "height": 740}) as alice:
        await open_bell(alice)
        panel = await alice.locator(".bell__panel").bounding_box()
        assert panel is not None
        assert (panel["x"], panel["width"]) == (0, 360)
        assert await alice.evaluate("document.documentElement.scrollWidth") <= 360
        assert "11 يوما" in (await alice.inner_text(UNREAD)).replace("ً", "")
        await alice.click(act("snooze"))
        await alice.wait_for_selector("#snooze", state="visible")
        assert await alice.evaluate("document.documentElement.scrollWidth") <= 360


# --- notifications of the browser -----------------------------------------------------------------------------

RECORDED = """
    window.notified = [];
    const state = { permission: "%s" };
    window.Notification = class extends EventTarget {
        static get permission() { return state.permission; }
        static async requestPermission() { window.asked = true; return (state.permission = "%s"); }
        constructor(title, { tag, body }) {
            super();
            window.notified.push({ title, tag, body });
            window.shown = this;
        }
        close() {}
    };
    let hidden = false;
    Object.defineProperty(Document.prototype, "hidden", { get: () => hidden });
    window.hide = () => { hidden = true; document.dispatchEvent(new Event("visibilitychange")); };
"""


async def notified(page: Page) -> list[dict[str, str]]:
    async def any_is() -> bool:
        return bool(await page.evaluate("notified.length"))

    await until(any_is)
    shown: list[dict[str, str]] = await page.evaluate("notified")
    return shown


async def test_a_page_that_nobody_looks_at_notifies_after_it_was_allowed(
    product: Product, cast: Cast, browser: Browser
) -> None:
    async with browser_of(browser, product, cast.alice) as context:
        await context.add_init_script(RECORDED % ("default", "granted"))
        alice = await go(product, context.pages[0], "/")
        await open_bell(alice)
        assert await alice.evaluate("window.asked") is None
        await alice.click("[data-notify-set=on]")
        await alice.wait_for_selector("[data-notify-when=on]", state="visible")
        await falls_silent(product, cast.bakery)
        await until_unread(alice, 1)
        assert await alice.evaluate("notified") == []
        await alice.evaluate("hide()")
        cafe = await client(cast.alice.team_id, "cafe")
        await falls_silent(product, cafe)
        (shown,) = await notified(alice)
        assert shown["title"] == "@cafe has been silent for 3 days"
        await alice.evaluate("shown.dispatchEvent(new Event('click'))")
        await alice.wait_for_url(f"**/client/{cafe.id}")
        await until_unread(alice, 1, "@cafe · Alrt")
        assert await alice.get_attribute("body", "data-notify") == "off"  # A new page, which was not asked anew.


async def test_one_of_two_tabs_is_looked_at_and_so_none_notifies(
    product: Product, cast: Cast, browser: Browser
) -> None:
    async with browser_of(browser, product, cast.alice) as context:
        await context.add_init_script(RECORDED % ("granted", "granted"))
        await context.pages[0].evaluate("localStorage.setItem('alrt-notify', 'on')")
        alice = await go(product, context.pages[0], "/")
        other = await go(product, await context.new_page(), "/")
        await alice.evaluate("hide()")
        await falls_silent(product, cast.bakery)
        await until_unread(alice, 1)
        await alice.wait_for_selector("[data-toast-said]:has-text('@bakery')", state="attached")
        assert await alice.evaluate("notified") == []
        await other.evaluate("hide()")
        await falls_silent(product, await client(cast.alice.team_id, "cafe"))
        for page in (alice, other):
            assert len(await notified(page)) == 1
        (of_alice,), (of_other,) = await notified(alice), await notified(other)
        assert of_alice["tag"] == of_other["tag"]


async def test_what_the_browser_refuses_is_explained_and_what_it_lacks_is_not_offered(
    product: Product, cast: Cast, browser: Browser
) -> None:
    async with browser_of(browser, product, cast.alice) as context:
        await context.add_init_script(RECORDED % ("default", "denied"))
        alice = await go(product, context.pages[0], "/")
        await open_bell(alice)
        await alice.click("[data-notify-set=on]")
        await alice.wait_for_selector("text=This browser blocks notifications of Alrt")
    async with browser_of(browser, product, cast.bob) as context:
        await context.add_init_script("delete window.Notification")
        bob = await go(product, context.pages[0], "/")
        await open_bell(bob)
        assert await bob.locator(".bell__foot").is_hidden()


# --- what pages say -------------------------------------------------------------------------------------------


async def test_the_clients_page_and_its_row_say_so_while_the_silence_lasts(
    product: Product, cast: Cast, browser: Browser
) -> None:
    async with browser_of(browser, product, cast.bob) as context:
        row = await go(product, context.pages[0], "/")
        page = await go(product, await context.new_page(), f"/client/{cast.bakery.id}")
        banner = page.locator(f"#client-alert-{cast.bakery.id}")
        assert await banner.is_hidden()
        now = product.now()
        await query("UPDATE clients SET silent_minutes = 4 * 1440, tracking_started_at = {}", now - timedelta(days=7))
        await query("UPDATE profiles SET stories_proved_at = {}", now - timedelta(hours=22))
        await falls_silent(product, cast.bakery, days=4)
        await page.wait_for_selector(".client-alert__box")
        text = await banner.inner_text()
        assert "No story seen in 4 observed days" in text
        assert "2 more days were not observed and do not count" in text
        await row.wait_for_selector(f"#client-row-{cast.bakery.id} .client-row__alert")
        await is_back(product, cast.bakery)
        await page.wait_for_selector(".client-alert__box", state="detached")
        await row.wait_for_selector(f"#client-row-{cast.bakery.id} .client-row__alert", state="detached")


async def test_a_source_that_fails_is_told_on_pages_and_to_the_owner(
    product: Product, cast: Cast, browser: Browser
) -> None:
    async with at(browser, product, cast.alice) as alice, at(browser, product, cast.bob) as bob:
        now = product.now()
        await query("UPDATE profiles SET stories_proved_at = {}, state = 'ok'", now - timedelta(hours=20))
        async with transaction():
            (incident,) = await query(
                "INSERT INTO source_incidents (source, began_at, checks, failed) VALUES ('apify', {}, 20, 19)"
                " RETURNING id",
                now - timedelta(hours=1),
            )
            await query(
                "INSERT INTO source_notices (incident_id, user_id) VALUES ({}, {})", incident["id"], cast.alice.id
            )
            await publish(SourceFailed(team_id=cast.alice.team_id))
        for page in (alice, bob):
            await page.wait_for_selector('#source-notice:has-text("Instagram can\'t be read at the moment")')
            text = await page.inner_text("#source-notice")
            assert "1 client has not been seen since and could lose a story in 3 hr" in text
        await until_unread(alice, 1)
        assert await toast_of(alice) == "Instagram can't be read at the moment."
        await until_unread(bob, 0)
        await open_bell(alice)
        await alice.click(".bell-notice [data-act=read]")
        await until_unread(alice, 0)
        assert "Nothing is said about silence meanwhile." in await alice.inner_text(".bell-notice")
        async with transaction():
            await query("UPDATE source_incidents SET ended_at = {}", product.now())
            await publish(SourceRecovered(team_id=cast.alice.team_id))
        await alice.wait_for_selector(".bell-notice:has-text('Instagram can be read again.')")
        await bob.wait_for_selector("#source-notice > *", state="detached")


async def walls_fall_silent(product: Product, *wall_ids: int) -> None:
    """After Alrt has listened for them for an hour in vain."""
    hour = timedelta(hours=1)
    await query("UPDATE listening SET since = since - {}::interval", 2 * hour)
    await query("UPDATE walls SET last_seen_at = {} WHERE id = ANY({})", product.now() - hour, list(wall_ids))
    assert await miss_silent_walls(product.now()) == len(wall_ids)


async def test_a_wall_that_fell_silent_is_told_to_managers_until_it_is_heard_again(
    product: Product, cast: Cast, browser: Browser
) -> None:
    async with browser_of(browser, product, cast.alice) as alices, at(browser, product, cast.bob) as bob:
        alice = alices.pages[0]
        other = await go(product, await alices.new_page(), f"/client/{cast.bakery.id}")
        lobby = only(cast.bakery, name="<i>Lobby")
        async with screen(product, cast.alice, lobby) as (wall_id, visitor):
            await walls_fall_silent(product, wall_id)
            for page, title in ((alice, "Clients · Alrt"), (other, "@bakery · Alrt")):
                await until_unread(page, 1, title)
                assert await toast_of(page) == "The wall “<i>Lobby” has fallen silent."
            await open_bell(alice)
            words = await alice.inner_text(f"#bell-wall-{wall_id}")
            hour = await alice.inner_text(f"#bell-wall-{wall_id} [data-hour]")
            assert "The wall “<i>Lobby” has been silent since" in words
            # The minute may have turned meanwhile.
            assert hour in {(product.now() - timedelta(minutes=ago)).strftime("%H:%M") for ago in (60, 61)}
            await alice.click(f"#bell-wall-{wall_id} [data-act=read]")
            await until_unread(alice, 0)
            await until_unread(other, 0, "@bakery · Alrt")
            assert await alice.locator(f"#bell-wall-{wall_id}[data-state=read]").count() == 1
            await until_unread(bob, 0)
            assert await bob.locator(".bell-notice").count() == 0
            await send_beat(visitor)
            await alice.wait_for_selector(f"#bell-wall-{wall_id}", state="detached")
            await walls_fall_silent(product, wall_id)
            await until_unread(other, 1, "@bakery · Alrt")
            await other.click("#toast-news [data-toast-link]")
            await other.wait_for_url("**/settings/walls")
            await until_unread(alice, 0)


async def test_walls_that_fell_silent_together_are_counted(product: Product, cast: Cast, browser: Browser) -> None:
    async with at(browser, product, cast.alice) as alice:
        walls = [(await new_wall(product.urls, cast.alice, ALL, product.now()))[0] for _ in range(3)]
        await walls_fall_silent(product, *walls)
        await until_unread(alice, 3)
        assert await toast_of(alice) == "3 walls fell silent"


async def test_the_bell_of_another_is_pushed_to_nobody(product: Product, cast: Cast) -> None:
    async with product.signed_in(cast.bob) as bob, listen_to(bob, "/") as listener:
        await listener.seen()
        await falls_silent(product, cast.bakery)
        got = await listener.collect(f'id="bell-{cast.bob.id}"')
        assert f'id="bell-{cast.alice.id}"' not in got
        async with product.signed_in(cast.alice) as alice:
            assert (await post(alice, "/alerts/read-all")).status_code == 200
        await falls_silent(product, await client(cast.bob.team_id, "cafe"))
        got = await listener.collect('data-unread="2"')
        assert f'id="bell-{cast.alice.id}"' not in got
