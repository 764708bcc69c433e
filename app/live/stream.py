"""The SSE endpoint: admit, join, and tidy up when the page goes."""

import asyncio
import contextlib
import logging
from typing import Any

from litestar import get
from litestar.exceptions import ClientException, NotAuthorizedException, NotFoundException
from litestar.params import FromQuery
from litestar.types import ASGIApp, Receive, Scope, Send

from app.live import frames
from app.live.cursor import Cursor
from app.live.fragments import may_see
from app.live.hub import Hub
from app.live.open_stream import OpenStream, StreamViewer
from app.live.pages import Page
from app.web.auth import Viewer
from app.web.http import Request
from app.web.languages import language_of
from app.web.walls import paired

log = logging.getLogger("alrt.stream")

MOST_PAGES = 100
"""Open pages of one browser that one stream serves."""

HEADERS = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store, no-transform"),
    # Asks nginx not to hold frames back.
    (b"x-accel-buffering", b"no"),
)


@get("/live")
async def live(request: Request, since: FromQuery[str] = "", language: FromQuery[str | None] = None) -> ASGIApp:
    """`/live?page=client:5&page=dashboard&since=CURSOR`: what changes on these pages, from the cursor on.

    `language`: the one that the pages were written in.
    """
    viewer = await _viewer(request)
    pages = await _visible_pages(request, viewer)
    # A tab whose client is gone must not cut the browser's other tabs off: all load anew, and that one says why.
    is_whole = len(pages) == len(_pages(request))
    # Nor may a page that is left over from before its viewer chose another language get a mixture of both.
    is_readable = language in (None, language_of(viewer.language).code)
    return _responder(request.app.state.hub, viewer, pages, Cursor.parse(since) if is_whole and is_readable else None)


@get("/live/session", status_code=204)
async def session(request: Request) -> None:
    """Lets a page that can't connect learn whether its session (401) or what it shows (404) is over."""
    await _visible_pages(request, await _viewer(request))


async def _viewer(request: Request) -> StreamViewer:
    """A member; or a wall, where walls alone are asked for, whoever is signed in beside it in the same browser."""
    if all(name.startswith("wall:") for name in request.query_params.getall("page", [""])):
        wall = await paired(request)
        return StreamViewer(team_id=wall.team_id, user_id=0, session=wall.session, language=wall.language)
    if request.user is None:
        raise NotAuthorizedException
    return stream_viewer(request.user)


async def _visible_pages(request: Request, viewer: StreamViewer) -> tuple[Page, ...]:
    pages = _pages(request)
    if viewer.is_wall:
        # Its own page alone, which is named as its session is.
        visible = [page for page in pages if str(page) == viewer.session]
    else:
        visible = [page for page in pages if await may_see(viewer.team_id, viewer.user_id, page)]
    if not visible:
        raise NotFoundException
    return tuple(visible)


def _pages(request: Request) -> tuple[Page, ...]:
    names = request.query_params.getall("page", [])
    pages = tuple(dict.fromkeys(Page.parse(name) for name in names))
    if not pages or None in pages or len(pages) > MOST_PAGES:
        raise ClientException(f"page: name 1 to {MOST_PAGES} pages such as 'dashboard' or 'client:5'")
    return pages  # type: ignore[return-value]


def _responder(hub: Hub, viewer: StreamViewer, pages: tuple[Page, ...], cursor: Cursor | None) -> ASGIApp:
    async def respond(_: Scope, receive: Receive, send: Send) -> None:
        stream = OpenStream(send, viewer, pages, cursor)
        # A list of its own: what wraps `send` adds cookies to it.
        await send({"type": "http.response.start", "status": 200, "headers": [*HEADERS]})
        await send({"type": "http.response.body", "body": frames.KNOCK, "more_body": True})
        hub.admit(stream)
        try:
            await _serve(hub, stream, receive)
        except Exception as error:
            # The answer has begun, so all that is left is to let the page come back.
            log.warning("a stream ends: %s", error or type(error).__name__)
        finally:
            stream.end()
            hub.dismiss(stream)
        await stream.finish()

    return respond


async def _serve(hub: Hub, stream: OpenStream, receive: Receive) -> None:
    # Known to the hub by now: an end of access that comes after this check finds the stream.
    if not await hub.is_allowed(stream):
        stream.end("access")
        return
    await hub.join(stream)
    gone = asyncio.create_task(until_gone(receive))
    ended = asyncio.create_task(stream.ended.wait())
    try:
        await asyncio.wait((gone, ended), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (gone, ended):
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(gone, ended, return_exceptions=True)


async def until_gone(receive: Receive) -> None:
    message: Any = await receive()
    while message["type"] != "http.disconnect":
        message = await receive()


def stream_viewer(viewer: Viewer) -> StreamViewer:
    return StreamViewer(
        team_id=viewer.team_id,
        user_id=viewer.user_id,
        session=viewer.session.id,
        language=viewer.language,
    )


ROUTES = [live, session]
