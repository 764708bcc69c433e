"""The SSE endpoint: admit, join, and tidy up when the page goes."""

import asyncio
import logging
from typing import Any

import msgspec
from litestar import get
from litestar.exceptions import ClientException, NotAuthorizedException, NotFoundException
from litestar.params import FromQuery
from litestar.types import ASGIApp, Receive, Scope, Send

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
    cursor = Cursor.parse(since) if is_whole and is_readable else None
    return _let_in(Admission(request.app.state.hub, viewer, pages, cursor))


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


class Admission(msgspec.Struct, frozen=True):
    hub: Hub
    viewer: StreamViewer
    pages: tuple[Page, ...]
    cursor: Cursor | None


class Streams:
    """Around the whole application, which says who is let in; what serves a page for hours stands outside of it.

    So that each of very many open pages keeps a task and its connection, and nothing of what it took to admit it.
    """

    def __init__(self, application: ASGIApp) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        admitted: list[Admission] = []
        # A copy: what is noted there on the way is forgotten with it.
        await self._application({**scope, ADMITTED: admitted}, receive, send)  # type: ignore[arg-type]
        if admitted:
            await _serve(admitted.pop(), receive, send)


ADMITTED = "alrt.admitted"


def _let_in(admission: Admission) -> ASGIApp:
    """Answers with the head alone, which takes what the application adds to it. `Streams` goes on."""

    async def respond(scope: Scope, _: Receive, send: Send) -> None:
        # A list of its own: what wraps `send` adds cookies to it.
        await send({"type": "http.response.start", "status": 200, "headers": [*HEADERS]})
        scope[ADMITTED].append(admission)  # type: ignore[literal-required]

    return respond


async def _serve(admission: Admission, receive: Receive, send: Send) -> None:
    hub = admission.hub
    stream = OpenStream(send, admission.viewer, admission.pages, admission.cursor)
    del admission
    hub.admit(stream)
    gone = asyncio.create_task(until_gone(receive))
    gone.add_done_callback(stream.left)
    try:
        await stream.knock()
        # Known to the hub by now: an end of access that comes after this check finds the stream.
        if await hub.is_allowed(stream):
            await hub.join(stream)
            await stream.ended.wait()
        else:
            stream.end("access")
    except Exception as error:
        # The answer has begun, so all that is left is to let the page come back.
        log.warning("a stream ends: %s", error or type(error).__name__)
    finally:
        gone.cancel()
        stream.end()
        hub.dismiss(stream)
    await stream.finish()


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
