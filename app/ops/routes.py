"""The operators' page, and the stream that keeps it up to date: few look at it, and nothing tells when it changes."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping

from litestar import get
from markupsafe import Markup
from sse_starlette.sse import EventSourceResponse

from app.live.hub import Hub
from app.live.pages import bell_of
from app.ops.fragments import ops_sections
from app.web.auth import Viewer, operating, signed_in
from app.web.http import Request, Response
from app.web.pages import live_page

log = logging.getLogger("alrt.ops")

EVERY = 5.0
"""Seconds between two looks."""

SEND_TIMEOUT = 10
"""Seconds after which a page that can't receive is given up."""

Turn = dict[str, str]


@get("/ops", guards=[signed_in, operating])
async def show_ops(request: Request) -> Response:
    hub: Hub = request.app.state.hub
    cursor = hub.cursor  # Of the bell: the page's own sections have their own stream.
    sections = await _sections(request)
    return await live_page(
        request, "ops/index.html", live=bell_of(request.user.user_id), cursor=cursor, sections=list(sections.values())
    )


@get("/ops/stream", guards=[signed_in, operating])
async def stream_ops(request: Request) -> EventSourceResponse:
    return EventSourceResponse(_turns(request), send_timeout=SEND_TIMEOUT)


async def _turns(request: Request) -> AsyncIterator[Turn]:
    """What changed since the last look, and that there was one. A look that fails says nothing, so that the page
    knows how old it is."""
    sent: Mapping[str, Markup] = {}
    while True:
        try:
            may_look = await _may_still_look(request)
            sections = await _sections(request) if may_look else {}
        except Exception as error:
            log.warning("the operators' page could not be read: %r", error)
        else:
            if not may_look:
                yield {"event": "ended", "data": "access"}
                return
            if changed := [html for name, html in sections.items() if html != sent.get(name)]:
                yield {"event": "fragments", "data": "\n".join(changed)}
            yield {"event": "seen", "data": request.app.state.clock().isoformat()}
            sent = sections
        await asyncio.sleep(EVERY)


async def _may_still_look(request: Request) -> bool:
    state = request.app.state
    session_id = request.user.session.id
    session = (await state.sessions.kept([session_id])).get(session_id)
    viewer: Viewer | None = await state.find_viewer(session) if session else None
    return viewer is not None and viewer.is_operator


async def _sections(request: Request) -> Mapping[str, Markup]:
    state = request.app.state
    return await ops_sections(state.settings, state.workers, state.redis, state.clock, request.user.language)


ROUTES = [show_ops, stream_ops]
