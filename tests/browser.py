"""Headless Chromium, as Debian installs it."""

import os
import shutil

from playwright.async_api import Browser, Page, Playwright

from tests.cast import PASSWORD, Person

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


async def launch(playwright: Playwright) -> Browser:
    # The shell draws no window of its own around the pages, which costs a whole browser as much as the pages do.
    names = [os.environ.get("CHROMIUM", ""), "chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"]
    found = next((path for name in names if name and (path := shutil.which(name))), None)
    assert found, "No Chromium was found: `make test` installs one where that is possible."
    return await playwright.chromium.launch(executable_path=found, args=FLAGS)


async def sign_in(page: Page, address: str, person: Person) -> None:
    """Leaves the page on the person's dashboard, live; the form is not shown, which saves time."""
    await page.request.get(f"{address}/login")
    cookies = {cookie["name"]: cookie["value"] for cookie in await page.context.cookies(address)}
    form: dict[str, str | float | bool] = {
        "email": person.email,
        "password": PASSWORD,
        "_csrf_token": cookies["alrt_csrf"],
    }
    await page.request.post(f"{address}/login", form=form, max_redirects=0)
    await page.goto(address)
    await until_live(page)


async def sign_in_with(page: Page, address: str, email: str, password: str) -> None:
    """By the form."""
    await page.goto(f"{address}/login")
    await page.fill("[name=email]", email)
    await page.fill("[name=password]", password)
    await page.click("main button[type=submit]")
    await until_live(page)


async def until_live(page: Page, timeout: float = 40) -> None:
    await page.wait_for_selector("body[data-live=live]", timeout=timeout * 1000)


async def pair_wall(browser: Browser, wall: Page, address: str, *, name: str, language: str = "en") -> None:
    """Leaves the page on a wall of the demo's team, live."""
    await wall.goto(f"{address}/wall")
    await wall.wait_for_selector("#wall-code:not([data-waiting])")
    code = await wall.text_content("#wall-code") or ""
    context = await browser.new_context()
    manager = await context.new_page()
    await sign_in_with(manager, address, "demo@example.com", "demo")
    await manager.goto(f"{address}/settings/walls")
    await manager.click("#walls header button")
    await manager.fill("#wall-form [name=code]", code)
    await manager.fill("#wall-form [name=name]", name)
    await manager.select_option("#wall-form [name=language]", language)
    await manager.click("#wall-form [type=submit]")
    await manager.wait_for_selector("#wall-dialog", state="hidden")
    await context.close()
    await until_live(wall)
