"""axe-core looks at every page, in both languages: nothing serious or critical."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from app.alerts.inactivity import Resolution, raise_alerts, resolve_alerts
from app.clients.edit import save_notes
from app.database import query, transaction
from app.settings import ROOT
from tests.browser import sign_in, until_live
from tests.cast import Cast
from tests.cast import client as another
from tests.product import Product
from tests.walls import new_wall

AXE = ROOT / "node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
SEVERE = ("serious", "critical")


async def login(page: Page, product: Product, cast: Cast) -> None:
    await page.goto(f"{product.address}/login")


async def dashboard(page: Page, product: Product, cast: Cast) -> None:
    await sign_in(page, product.address, cast.alice)


async def menu(page: Page, product: Product, cast: Cast) -> None:
    await dashboard(page, product, cast)
    await page.click(".menu__button")


async def client(page: Page, product: Product, cast: Cast) -> None:
    await dashboard(page, product, cast)
    await page.goto(f"{product.address}/client/{cast.bakery.id}")
    await until_live(page)


async def story(page: Page, product: Product, cast: Cast) -> None:
    await client(page, product, cast)
    await page.click(".story__frame")


async def hidden_stories(page: Page, product: Product, cast: Cast) -> None:
    await query("INSERT INTO hidden_stories (client_id, story_id) VALUES ({}, 1)", cast.bakery.id)
    await client(page, product, cast)
    await page.click("[data-show-hidden]")
    await page.wait_for_selector("[data-show-story]")


async def keys(page: Page, product: Product, cast: Cast) -> None:
    await client(page, product, cast)
    await page.keyboard.press("?")


async def day(page: Page, product: Product, cast: Cast) -> None:
    await client(page, product, cast)
    await page.click(".day-cell[aria-current=date]")
    await page.wait_for_selector("#day-shown img")


async def edit(page: Page, product: Product, cast: Cast) -> None:
    await client(page, product, cast)
    await page.click("[data-opens=edit-client]")


async def notes_conflict(page: Page, product: Product, cast: Cast) -> None:
    await client(page, product, cast)
    await page.click("[data-edit-notes]")
    await page.fill(".notes__input", "mine")
    await save_notes(cast.bakery, "theirs", 0)
    await page.click(".notes [type=submit]")
    await page.wait_for_selector("[data-theirs]")


async def add(page: Page, product: Product, cast: Cast) -> None:
    await dashboard(page, product, cast)
    await page.click("[data-opens=add-clients] >> nth=0")
    await page.fill("#add-form [name=handles]", "@anna\nbakery\nnot a handle")
    await page.click("#add-form [type=submit]")
    await page.wait_for_selector(".plan")


async def ops(page: Page, product: Product, cast: Cast) -> None:
    """With an account at risk, one out of sight, and a source that fails."""
    await query("UPDATE users SET role = 'admin'")
    await query("UPDATE profiles SET state = 'private' WHERE id = {}", cast.bakery.profile_id)
    await query("INSERT INTO source_incidents (source, checks, failed, error) VALUES ('apify', 9, 9, 'HTTP 503')")
    await dashboard(page, product, cast)
    await page.goto(f"{product.address}/ops")
    await page.click("#ops-unseen summary")


async def settings(page: Page, product: Product, cast: Cast) -> None:
    await dashboard(page, product, cast)
    await page.goto(f"{product.address}/settings")
    await until_live(page)
    await page.fill("#token-form [name=name]", "report")
    await page.click("#token-form [type=submit]")
    await page.wait_for_selector("#token-made input")
    await page.fill("#invite-form [name=email]", "dora@example.org")
    await page.click("#invite-form [type=submit]")
    await page.wait_for_selector("#invited input")
    await page.click(f"#role-menu-{cast.bob.id} summary")


async def confirm(page: Page, product: Product, cast: Cast) -> None:
    await dashboard(page, product, cast)
    await page.goto(f"{product.address}/settings")
    await until_live(page)
    await page.click(f"#member-{cast.bob.id} .member__remove button")


async def invitation(page: Page, product: Product, cast: Cast) -> None:
    await settings(page, product, cast)
    await page.goto(await page.input_value("#invited input"))


async def bell(page: Page, product: Product, cast: Cast) -> None:
    """Everything that it can hold, over a page that says so too."""
    now = product.now()
    clients = [cast.bakery, *[await another(cast.alice.team_id, f"cafe.{n}") for n in range(4)]]
    async with transaction():
        for who in clients:
            await raise_alerts(who, 3, now)
        await resolve_alerts(clients[1], Resolution.STORY, now)
        await query("UPDATE inactivity_alerts SET is_read = true WHERE client_id = {}", clients[2].id)
        await query("UPDATE inactivity_alerts SET snoozed_until = '9999-01-01Z' WHERE client_id = {}", clients[3].id)
    (incident,) = await query(
        "INSERT INTO source_incidents (source, began_at, checks, failed) VALUES ('apify', {}, 20, 19) RETURNING id", now
    )
    await query("INSERT INTO source_notices (incident_id, user_id) VALUES ({}, {})", incident["id"], cast.alice.id)
    await new_wall(product.urls, cast.alice, now=now)
    await query("UPDATE walls SET went_silent_at = {}", now)
    await client(page, product, cast)
    await page.wait_for_selector(".client-alert__box")
    await page.wait_for_selector("#source-notice .notice")
    await page.click(".bell__button")


async def snooze(page: Page, product: Product, cast: Cast) -> None:
    await bell(page, product, cast)
    await page.click("[data-snooze] >> nth=0")


async def no_alerts(page: Page, product: Product, cast: Cast) -> None:
    await dashboard(page, product, cast)
    await page.click(".bell__button")


async def error(page: Page, product: Product, cast: Cast) -> None:
    await page.goto(f"{product.address}/nowhere")


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize(
    "show",
    [
        login,
        dashboard,
        menu,
        client,
        story,
        hidden_stories,
        keys,
        day,
        edit,
        notes_conflict,
        add,
        settings,
        confirm,
        invitation,
        ops,
        bell,
        snooze,
        no_alerts,
        error,
    ],
    ids=lambda show: show.__name__,
)
async def test_nothing_is_severely_wrong(
    product: Product,
    cast: Cast,
    browser: Browser,
    show: Callable[[Page, Product, Cast], Awaitable[None]],
    language: str,
) -> None:
    await query("UPDATE users SET language = {} WHERE id = {}", language, cast.alice.id)
    for _ in range(2):
        await product.archive_story(cast.bakery)
    # axe is no script of the page's own. Nothing may be half faded in when colours are measured.
    context = await browser.new_context(bypass_csp=True, locale=language, reduced_motion="reduce")
    page = await context.new_page()
    await show(page, product, cast)
    await page.add_script_tag(path=AXE)
    assert severe(await page.evaluate("rules => axe.run({ runOnly: rules })", RULES)) == []
    await context.close()


def severe(result: dict[str, Any]) -> list[str]:
    return [
        f"{found['id']}: {node['html'][:200]} {node['failureSummary']}"
        for found in result["violations"]
        if found["impact"] in SEVERE
        for node in found["nodes"]
    ]
