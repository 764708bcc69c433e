"""Open pages without a browser: they speak the page's protocol (`static/live.js`, `static/live/`), and keep what they
show as a tree into which fragments enter."""

import asyncio
import random
import re
import time
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from urllib.parse import parse_qs, quote, urlsplit

import httpx

from app.live.cursor import Cursor
from app.web.sessions import COOKIE
from tests.faults.dom import Tree, parse
from tests.listener import Frame, Listener

# The harness's own patience: what takes longer in a browser, so that pages spread themselves, is short here.
RETRY = (0.1, 0.3)
LONGEST_RELOAD = 0.3
FIRST_FRAME = 10
SILENCE = 35
NO_RUN = f"{'0' * 40}:0-0"

SignIn = Callable[[], Awaitable[str]]
"""The token for the cookie."""


class ComeBack(Exception):
    """The server is away, or has lost us."""


class OpenPage:
    """One tab."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.tree: Tree | None = None
        self.names: list[str] = []
        self.cursor = ""
        self.pushed: set[str] = set()
        """Ids that ever came by pushes."""

    def load(self, html: str) -> None:
        stream = re.search(r'data-stream="([^"]*)"', html)
        assert stream, "the page has no stream"
        address = parse_qs(urlsplit(stream[1].replace("&amp;", "&")).query)
        self.tree = parse(html)
        self.names = address["page"]
        self.cursor = address.get("since", [""])[0]


class Visitor:
    """Somebody's browser: a few tabs on one stream, which come back by themselves whatever happens."""

    def __init__(self, name: str, address: str, sign_in: SignIn, paths: list[str], strangers: list[str]) -> None:
        self.name = name
        self.pages = [OpenPage(path) for path in paths]
        self.is_live = False
        self.wrong: list[str] = []
        """What must never happen."""
        self.heard: deque[str] = deque(maxlen=200)
        """The newest things that it heard, to understand a failure."""
        self.loads = self.replays = 0
        self._address = address
        self._sign_in = sign_in
        self._strangers = strangers
        self.language = "en"
        self._client: httpx.AsyncClient | None = None
        self._running: asyncio.Task[None] | None = None
        self.settled_at = 0.0
        """When anything last changed on its pages, or they were live again."""

    def start(self) -> None:
        self._running = asyncio.create_task(self._run())

    async def stop(self) -> None:
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)

    @property
    def crashed(self) -> BaseException | None:
        if self._running is None or not self._running.done() or self._running.cancelled():
            return None
        return self._running.exception()

    async def fetch(self, path: str) -> str:
        """The same page loaded anew, beside the open one."""
        assert self._client is not None
        answer = await self._client.get(path, timeout=5)
        if answer.status_code != 200:
            raise ComeBack(f"{path} answers {answer.status_code}")
        return answer.text

    async def _run(self) -> None:
        async with httpx.AsyncClient(base_url=self._address, trust_env=False, timeout=5) as self._client:
            while True:
                try:
                    await self._load_pages()
                    await self._follow()
                except (httpx.HTTPError, OSError, TimeoutError, ComeBack, StopAsyncIteration) as error:
                    self._note(repr(error))
                    self.is_live = False
                    await asyncio.sleep(random.uniform(*RETRY))

    def _note(self, what: str) -> None:
        self.heard.append(f"{datetime.now(UTC):%H:%M:%S.%f} {what}")

    # --- pages --------------------------------------------------------------------------------------------------

    async def _load_pages(self) -> None:
        for page in self.pages:
            if page.tree is None:
                await self._load(page)

    async def _load(self, page: OpenPage) -> None:
        client = self._signed_out_or_in()
        answer = await client.get(page.path)
        if answer.status_code == 303:
            client.cookies.set(COOKIE, await self._signed_in())
            answer = await client.get(page.path)
        if answer.status_code != 200:
            raise ComeBack(f"{page.path} answers {answer.status_code}")
        self._look_for_strangers(page.path, answer.text)
        language = re.search(r'<html lang="(\w+)"', answer.text)
        self.language = language[1] if language else "en"
        page.load(answer.text)
        self._note(f"loaded {page.path} at {page.cursor[-20:]}")
        self.loads += 1
        self.settled_at = time.monotonic()

    async def _signed_in(self) -> str:
        try:
            return await self._sign_in()
        except Exception as error:
            # What keeps sessions may be down too.
            raise ComeBack(f"nobody can sign in: {error!r}") from error

    def _signed_out_or_in(self) -> httpx.AsyncClient:
        assert self._client is not None
        return self._client

    def _look_for_strangers(self, where: str, text: str) -> None:
        for stranger in self._strangers:
            if stranger in text:
                self.wrong.append(f"{self.name} was shown '{stranger}' in {where}")

    # --- the stream ---------------------------------------------------------------------------------------------

    async def _follow(self) -> None:
        client = self._signed_out_or_in()
        address = self._stream_address()
        async with client.stream("GET", address, timeout=FIRST_FRAME) as response:
            self._note(f"{response.status_code} for {address}")
            if response.status_code in (401, 404):
                self._load_all_anew()
                client.cookies.clear()
                return
            if response.status_code != 200:
                raise ComeBack(f"the stream answers {response.status_code}")
            frames = Listener(response)
            self.replays += 1
            patience = FIRST_FRAME
            while all(page.tree is not None for page in self.pages):
                await self._take(await frames.next(patience))
                patience = SILENCE
        self.is_live = False

    def _stream_address(self) -> str:
        names = dict.fromkeys(name for page in self.pages for name in page.names)
        asked = "&".join(f"page={quote(name)}" for name in names)
        return f"/live?{asked}&since={quote(oldest([page.cursor for page in self.pages]))}&language={self.language}"

    async def _take(self, frame: Frame) -> None:
        if frame.event != "fragments":
            self._note(f"{frame.event} {frame.data[-20:]}")
        if frame.event == "fragments":
            self._apply(frame.data)
        elif frame.event == "seen":
            for page in self.pages:
                self._note_cursor(page, frame.data)
            if self.is_live:
                # A heartbeat brings nothing.
                return
            self.is_live = True
        elif frame.event == "reload":
            self.is_live = False
            await asyncio.sleep(random.uniform(0, min(int(frame.data) / 1000, LONGEST_RELOAD)))
            self._load_all_anew()
        elif frame.event == "ended":
            self._signed_out_or_in().cookies.clear()
            self._load_all_anew()
        self.settled_at = time.monotonic()

    def _apply(self, data: str) -> None:
        name, _, html = data.partition("\n")
        self._look_for_strangers(f"a fragment for {name}", html)
        for page in self.pages:
            if name in page.names and page.tree is not None:
                ids = page.tree.apply(html)
                page.pushed.update(ids)
                self._note(f"for {name}: {' '.join(ids)}")

    def _note_cursor(self, page: OpenPage, cursor: str) -> None:
        before, after = Cursor.parse(page.cursor), Cursor.parse(cursor)
        assert after is not None
        if before and before.run_id == after.run_id and before.position > after.position:
            self.wrong.append(f"{self.name}'s cursor went back from {before} to {after}")
        page.cursor = cursor

    def _load_all_anew(self) -> None:
        self.is_live = False
        for page in self.pages:
            page.tree = None


def oldest(cursors: list[str]) -> str:
    """Where one stream for several tabs begins; see `static/live/tabs.js`."""
    known = [Cursor.parse(cursor) for cursor in cursors]
    if None in known or len({cursor.run_id for cursor in known if cursor}) > 1:
        return NO_RUN
    return str(min((cursor for cursor in known if cursor), key=lambda cursor: cursor.position))


async def until(holds: Callable[[], bool], within: float) -> None:
    async with asyncio.timeout(within):
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0.02)
