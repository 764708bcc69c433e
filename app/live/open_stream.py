"""One open connection of a browser, which may serve several of its pages."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from functools import lru_cache

import msgspec
from litestar.types import HTTPResponseBodyEvent, Send

from app.live import frames
from app.live.cursor import Cursor
from app.live.pages import Page

log = logging.getLogger("alrt.stream")

STALLED_AFTER = 60.0
"""Seconds that a page may be unable to receive before its stream is given up."""


class StreamViewer(msgspec.Struct, frozen=True, kw_only=True):
    """For whom a stream is open: what `AccessEnded` and the fragments' language need."""

    team_id: int
    user_id: int
    """0: a wall."""
    session: str
    """The id under which the session is kept, or `wall:5`."""
    language: str

    @property
    def is_wall(self) -> bool:
        return self.user_id == 0


Shown = tuple[Page, str]
"""A page in a language: those who show the same receive the same bytes."""


class OpenStream:
    # There are very many.
    __slots__ = ("_knocking", "_send", "cursor", "ended", "is_member", "shown", "viewer")

    def __init__(self, send: Send, viewer: StreamViewer, pages: tuple[Page, ...], cursor: Cursor | None) -> None:
        self._send = send
        self.viewer = viewer
        self.shown = _shown(pages, viewer.language)
        self.cursor = cursor
        self.is_member = False
        self.ended = asyncio.Event()
        self._knocking: asyncio.Task[None] | None = None

    @property
    def is_stalled(self) -> bool:
        return self._knocking is not None

    def write(self, data: bytes) -> bool:
        """Writes all of it at once, or nothing and answers False where that would have to wait.

        The server's `send` waits before it writes, never after, so that its first step tells which it is; that
        spares a task and a queue per page.
        """
        sending = self._send(_body(data))
        try:
            sending.send(None)  # type: ignore[attr-defined]
        except StopIteration:
            return True
        except Exception:
            log.debug("a stream broke while it was written to", exc_info=True)
            self.end()
            return True
        sending.close()  # type: ignore[attr-defined]
        return False

    async def knock(self) -> None:
        """Waits until the page can receive."""
        await self._send(_body(frames.KNOCK))

    def when_writable(self, then: Callable[["OpenStream"], Awaitable[None]]) -> None:
        """Calls `then` once the page can receive again; gives the stream up if that takes too long."""
        if self._knocking is None and not self.ended.is_set():
            self._knocking = asyncio.create_task(self._wake(then))

    async def _wake(self, then: Callable[["OpenStream"], Awaitable[None]]) -> None:
        try:
            await asyncio.wait_for(self.knock(), STALLED_AFTER)
        except Exception:
            self.end()
            return
        finally:
            self._knocking = None
        await then(self)

    def reload(self) -> None:
        self.is_member = False
        if not self.write(frames.reload()):
            # The page can't even be told: it finds out when it comes back.
            self.end()

    def end(self, reason: str | None = None) -> None:
        self.is_member = False
        if reason is not None and not self.ended.is_set():
            self.write(frames.ended(reason))
        self.ended.set()
        if self._knocking is not None:
            self._knocking.cancel()

    def left(self, _: object) -> None:
        """The page has closed the connection."""
        self.end()

    async def finish(self) -> None:
        """Ends the response as HTTP wants it, if the page can still receive."""
        with contextlib.suppress(Exception):
            await asyncio.wait_for(self._send(_body(b"", more=False)), 1)


@lru_cache(10_000)
def _shown(pages: tuple[Page, ...], language: str) -> tuple[Shown, ...]:
    """The same object for all who show the same: a pass asks for it once a page, and thousands don't fit the cache."""
    return tuple((page, language) for page in pages)


def _body(data: bytes, *, more: bool = True) -> HTTPResponseBodyEvent:
    return {"type": "http.response.body", "body": data, "more_body": more}
