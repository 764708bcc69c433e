"""The same pages in a real browser: two tabs, of which one leads and shares its stream."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from playwright.async_api import Browser, BrowserContext, Error, Page, async_playwright

from app.web.sessions import COOKIE
from tests.browser import launch
from tests.faults.dom import Tree, parse
from tests.faults.open_pages import SignIn

# As if every page had been live for a while before each reload, and with a tenth of the jitter: faults come more often
# here than anywhere, and nobody else reloads at the same time.
IMPATIENT = """
if (origin !== "null") sessionStorage.removeItem("alrt-reloads");
const random = Math.random;
Math.random = () => random() / 10;
"""


class Tab:
    def __init__(self, page: Page, path: str) -> None:
        self.path = path
        self.page = page
        self.tree: Tree | None = None
        self.names: list[str] = []
        self.cursor = ""
        self.is_live = False

    async def look(self) -> None:
        """What it shows now."""
        try:
            state = await self.page.evaluate(
                """() => ({
                    html: document.documentElement.outerHTML,
                    live: document.body.dataset.live ?? "",
                    cursor: document.body.dataset.cursor ?? "",
                    names: new URL(document.body.dataset.stream ?? "/", location.href).searchParams.getAll("page"),
                })"""
            )
        except Error:
            # It is just being loaded anew.
            self.is_live = False
            return
        self.tree = parse(state["html"])
        self.names, self.cursor, self.is_live = state["names"], state["cursor"], state["live"] == "live"

    async def title(self) -> str:
        with contextlib.suppress(Error):
            return await self.page.title()
        return ""


class Chromium:
    """Alice's browser."""

    def __init__(self, browser: Browser, name: str, address: str, sign_in: SignIn) -> None:
        self.name = name
        self.tabs: list[Tab] = []
        self.wrong: list[str] = []
        self._browser = browser
        self._address = address
        self._sign_in = sign_in
        self._context: BrowserContext | None = None

    async def open(self, paths: list[str]) -> None:
        self._context = await self._browser.new_context()
        await self._context.add_init_script(IMPATIENT)
        await self._get_a_cookie()
        for path in paths:
            page = await self._context.new_page()
            page.on("pageerror", lambda error: self.wrong.append(f"a script of {self.name}'s failed: {error}"))
            await page.goto(f"{self._address}{path}")
            self.tabs.append(Tab(page, path))

    async def _get_a_cookie(self) -> None:
        assert self._context is not None
        await self._context.add_cookies([{"name": COOKIE, "value": await self._sign_in(), "url": self._address}])

    async def look(self) -> None:
        for tab in self.tabs:
            if tab.page.url.endswith("/login"):
                await self._come_back(tab)
            elif tab.page.url.startswith("chrome-error:"):
                # Cut while it was loaded anew: a browser with a window tries again by itself.
                with contextlib.suppress(Error):
                    await tab.page.goto(f"{self._address}{tab.path}")
            await tab.look()

    async def _come_back(self, tab: Tab) -> None:
        """Alice signs in again, where her session was lost with Redis."""
        with contextlib.suppress(Error, OSError):
            await self._get_a_cookie()
            await tab.page.goto(f"{self._address}{tab.path}")


@contextlib.asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await launch(playwright)
        try:
            yield browser
        finally:
            with contextlib.suppress(Error):
                await asyncio.wait_for(browser.close(), 10)
