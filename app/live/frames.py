"""What goes over the wire: server-sent events, encoded once however many pages receive them."""

from collections.abc import Iterable

import msgspec
from sse_starlette.event import ServerSentEvent

from app.live.cursor import Cursor
from app.live.pages import Page
from app.live.views import Change

RELOAD_WITHIN = 5_000
"""Milliseconds over which pages that must load anew spread themselves."""

KNOCK = ServerSentEvent(comment="").encode()
"""Nothing, to learn whether a page can be written to."""


def fragments(page: Page, parts: Iterable[str]) -> bytes:
    """The first line names the page; the rest are the parts' elements, each an upsert by its id."""
    return ServerSentEvent(event="fragments", data="\n".join((str(page), *parts))).encode()


def committed(recorded: int, spread: float) -> bytes:
    """When the oldest change of a pass was recorded, in milliseconds of Redis's clock, and over how many seconds pages
    spread their reports of when they painted it."""
    return ServerSentEvent(event="committed", data=f"{recorded} {spread:.1f}").encode()


def seen(cursor: Cursor) -> bytes:
    """Ends a pass: what was sent before contains every event up to the cursor. The only frame of pages with an id."""
    return ServerSentEvent(event="seen", data=str(cursor), id=str(cursor)).encode()


def change(event: Change) -> bytes:
    """One event, as programs are told it."""
    return ServerSentEvent(data=msgspec.json.encode(event).decode(), id=event.cursor).encode()


def read_anew(cursor: Cursor) -> bytes:
    """To a program: what was before the cursor can't be told."""
    return ServerSentEvent(event="reload", data=str(cursor), id=str(cursor)).encode()


def reload(within: int = RELOAD_WITHIN) -> bytes:
    return ServerSentEvent(event="reload", data=str(within)).encode()


def ended(reason: str) -> bytes:
    return ServerSentEvent(event="ended", data=reason).encode()
