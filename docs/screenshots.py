"""Takes the pictures of docs/ from a running demo: `make screenshots`."""

import asyncio
import sys
from pathlib import Path

from PIL import Image
from playwright.async_api import Browser, FloatRect, Page, async_playwright

from tests.browser import launch, pair_wall, sign_in_with, until_live

FOLDER = Path(__file__).parent
DESKTOP, PHONE = (1440, 900), (360, 740)
WALLS = {"1080p": (1920, 1080), "4k": (3840, 2160), "portrait": (1080, 1920)}


async def main(address: str) -> None:
    async with async_playwright() as playwright:
        browser = await launch(playwright)
        # English last: the demo's member keeps the language that was chosen last.
        for language in ("ar", "en"):
            await take(browser, address, language, "desktop", DESKTOP)
            await take(browser, address, language, "phone", PHONE)
            for screen, size in WALLS.items():
                await take_wall(browser, address, language, screen, size)
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
    await page.click("[data-bell] summary")
    await page.wait_for_timeout(500)
    await page.screenshot(path=FOLDER / f"bell-{name}.png")
    await page.keyboard.press("Escape")
    for path in ("settings", "ops"):
        await page.goto(f"{address}/{path}")
        await page.wait_for_timeout(1_500)
        await page.screenshot(path=FOLDER / f"{path}-{name}.png", full_page=screen == "desktop")
    await page.goto(address)
    await until_live(page)
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
    shrink(f"*-{name}.png")


async def take_wall(browser: Browser, address: str, language: str, screen: str, size: tuple[int, int]) -> None:
    name = screen if language == "en" else f"{screen}-{language}"
    context = await browser.new_context(viewport={"width": size[0], "height": size[1]}, locale=language)
    page = await context.new_page()
    if screen == "1080p":
        await page.goto(f"{address}/wall")
        await page.wait_for_selector("#wall-code:not([data-waiting])")
        await page.screenshot(path=FOLDER / f"wall-code-{name}.png")
    await pair_wall(browser, page, address, name="Kitchen" if language == "en" else "المطبخ", language=language)
    # Until pictures are there, and no alert is on stage.
    await page.wait_for_timeout(3_000)
    await page.wait_for_selector("#wall-stage", state="hidden")
    await page.screenshot(path=FOLDER / f"wall-{name}.png")
    await context.close()
    shrink(f"wall-*{name}.png")


def shrink(names: str) -> None:
    for file in FOLDER.glob(names):
        # 256 colours: a third of the size, and nobody sees it.
        Image.open(file).quantize(256, dither=Image.Dither.FLOYDSTEINBERG).save(file, optimize=True)


async def choose(page: Page, language: str) -> None:
    if await page.get_attribute("html", "lang") != language:
        await page.click(".menu__button")
        await page.click(f".language-switch [value={language}]")
        await page.wait_for_selector(f"html[lang={language}] body[data-live=live]")


asyncio.run(main(sys.argv[1]))
