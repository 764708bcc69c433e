"""Takes the pictures of docs/ from a running demo: `make screenshots`."""

import asyncio
import sys
from pathlib import Path

from PIL import Image
from playwright.async_api import Browser, FloatRect, Page, async_playwright

from tests.browser import launch, sign_in_with, until_live

FOLDER = Path(__file__).parent
DESKTOP, PHONE = (1440, 900), (360, 740)


async def main(address: str) -> None:
    async with async_playwright() as playwright:
        browser = await launch(playwright)
        # English last: the demo's member keeps the language that was chosen last.
        for language in ("ar", "en"):
            await take(browser, address, language, "desktop", DESKTOP)
            await take(browser, address, language, "phone", PHONE)
        await browser.close()


async def take(browser: Browser, address: str, language: str, screen: str, size: tuple[int, int]) -> None:
    name = screen if language == "en" else f"{screen}-{language}"
    locale = "en-GB" if language == "en" else language
    context = await browser.new_context(viewport={"width": size[0], "height": size[1]}, locale=locale)
    page = await context.new_page()
    await page.goto(f"{address}/login")
    await page.screenshot(path=FOLDER / f"login-{name}.png")
    await sign_in_with(page, address, "demo@example.com", "demo")
    await choose(page, language)
    await page.wait_for_timeout(1_500)
    await page.screenshot(path=FOLDER / f"dashboard-{name}.png")
    await page.click("#client-rows li:has-text('@saffron.kitchen') a")
    await until_live(page)
    await page.wait_for_load_state("load")
    await page.wait_for_timeout(1_500)
    tall: FloatRect = {"x": 0, "y": 0, "width": size[0], "height": 2 * size[1]}
    await page.screenshot(path=FOLDER / f"client-{name}.png", full_page=True, clip=tall)
    await page.locator(".day-cell[aria-current=date]").click()
    await page.wait_for_selector("#day-shown li, #day-shown p")
    await page.wait_for_timeout(800)
    await page.screenshot(path=FOLDER / f"day-{name}.png")
    await page.keyboard.press("Escape")
    await page.locator(".story a").first.click()
    await page.wait_for_timeout(500)
    await page.screenshot(path=FOLDER / f"story-{name}.png")
    await context.close()
    for file in FOLDER.glob(f"*-{name}.png"):
        # 256 colours: a third of the size, and nobody sees it.
        Image.open(file).quantize(256, dither=Image.Dither.FLOYDSTEINBERG).save(file, optimize=True)


async def choose(page: Page, language: str) -> None:
    if await page.get_attribute("html", "lang") != language:
        await page.click("[data-menu] summary")
        await page.click(f".language-switch [value={language}]")
        await page.wait_for_selector(f"html[lang={language}] body[data-live=live]")


asyncio.run(main(sys.argv[1]))
