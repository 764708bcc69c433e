"""The same events for programs, with the cursors and promises that pages have."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine
from typing import Annotated, Any, TypeVar

import msgspec
from litestar import Response, get
from litestar.exceptions import ClientException, HTTPException, NotAuthorizedException, NotFoundException
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIResponse, Operation, Schema
from litestar.openapi.spec.enums import OpenAPIType
from litestar.params import HeaderParameter, QueryParameter
from litestar.types import ASGIApp, HTTPResponseBodyEvent, Receive, Scope, Send

from app.live import frames
from app.live.cursor import Cursor
from app.live.events import AccessEnded, AlertHandled, AnyEvent
from app.live.followers import MOST_OF_ONE, Follower
from app.live.fragments import may_see
from app.live.hub import Hub, Missed
from app.live.open_stream import STALLED_AFTER
from app.live.pages import client_page
from app.live.stream import HEADERS, stream_viewer, until_gone
from app.live.views import Change, Changes, change_of
from app.web.api import BadInput, TooMany, failures
from app.web.http import Request

log = logging.getLogger("alrt.stream")

LONGEST_WAIT = 30
MOST = 1_000
"""Events in one answer; the rest comes with the next."""
HEARTBEAT_EVERY = 15.0
LARGEST_ID = 2**63 - 1
CURSOR = r"^([0-9a-f]{40}:[0-9]{1,19}-[0-9]{1,19})?$"

Wanted = Callable[[AnyEvent], bool]
T = TypeVar("T")


class EventsOperation(Operation):
    """Says that the same address answers as a stream, too."""

    def __post_init__(self) -> None:
        answer = (self.responses or {}).get("200")
        if isinstance(answer, OpenAPIResponse) and answer.content is not None:
            answer.content["text/event-stream"] = OpenAPIMediaType(schema=Schema(type=OpenAPIType.STRING))


@get(
    "/events",
    summary="Follow what changes",
    tags=["events"],
    responses=failures(404),
    operation_class=EventsOperation,
)
async def follow_events(
    request: Request,
    since: Annotated[
        str, QueryParameter(pattern=CURSOR, description="The cursor of the last answer. Left out: begins now.")
    ] = "",
    last_event_id: Annotated[
        str, HeaderParameter(name="Last-Event-ID", pattern=CURSOR, description="As `since`, which it goes before.")
    ] = "",
    wait: Annotated[int, QueryParameter(ge=0, le=LONGEST_WAIT, description="Seconds to wait for the next event.")] = 25,
    client_id: Annotated[
        int | None,
        QueryParameter(ge=1, le=LARGEST_ID, description="Only events of this client, and those of the whole team."),
    ] = None,
) -> Response[Changes]:
    """The team's events after a cursor: at once where there are some, else as soon as one comes.

    With `reload` the events since the cursor can't be told any more: read anew what you keep, and go on from the
    new cursor. With `Accept: text/event-stream` the answer is a stream without end.
    """
    viewer = request.user
    if client_id is not None and not await may_see(viewer.team_id, viewer.user_id, client_page(client_id)):
        raise NotFoundException
    hub: Hub = request.app.state.hub
    program = _Program(hub, Follower(stream_viewer(viewer)), _wanted(viewer.user_id, client_id))
    if not hub.followers.has_room_for(program.follower.viewer):
        raise TooMany(f"Of one token, at most {MOST_OF_ONE} may wait at a time.", seconds=5)
    asked = last_event_id or since
    cursor = _cursor(asked) if asked else program.now()
    if "text/event-stream" in request.headers.get("accept", ""):
        return _EventStream(program, cursor)
    return Response(await _while_connected(request.receive, program.poll(cursor, wait if asked else 0)))


def _cursor(text: str) -> Cursor:
    cursor = Cursor.parse(text)
    if cursor is None:
        raise BadInput("since", "This is no cursor: send one as it was answered.")
    return cursor


def _wanted(user_id: int, client_id: int | None) -> Wanted:
    def wanted(event: AnyEvent) -> bool:
        if isinstance(event, AccessEnded):
            return False
        if isinstance(event, AlertHandled):
            return event.user_id == user_id and client_id is None
        return client_id is None or getattr(event, "client_id", client_id) == client_id

    return wanted


class _Program:
    def __init__(self, hub: Hub, follower: Follower, wanted: Wanted) -> None:
        self._hub = hub
        self.follower = follower
        self._wanted = wanted

    def now(self) -> Cursor:
        """To begin with: what the program reads after it has this contains all events up to it."""
        if self._hub.cursor is None:
            raise HTTPException(status_code=503)
        return self._hub.cursor

    async def poll(self, cursor: Cursor, wait: float) -> Changes:
        with self._hub.followers.admitted(self.follower):
            await self._check_access()
            deadline = _now() + wait
            while True:
                self.follower.listen()
                missed = await self._missed(cursor)
                if missed is None:
                    return Changes(events=[], cursor=str(self.now()), reload=True)
                cursor = missed.cursor
                events = self._changes(missed)
                if events or _now() >= deadline or self.follower.ended.is_set():
                    break
                await self.follower.news(deadline - _now())
        if not self.follower.has_access:
            raise NotAuthorizedException
        if not events and not self._hub.is_hearing:
            # That nothing came proves nothing now.
            raise HTTPException(status_code=503)
        return Changes(events=events, cursor=str(cursor), reload=False)

    async def stream(self, cursor: Cursor, send: Send) -> None:
        with self._hub.followers.admitted(self.follower):
            await self._check_access()
            beat_at = 0.0
            while not self.follower.ended.is_set():
                self.follower.listen()
                missed = await self._missed(cursor)
                if missed is not None:
                    cursor = missed.cursor
                    data = b"".join(frames.change(change) for change in self._changes(missed))
                elif self._hub.cursor is not None:
                    cursor = self._hub.cursor
                    data = frames.read_anew(cursor)
                else:
                    data = b""
                if data or (_now() >= beat_at and self._hub.is_hearing):
                    beat_at = _now() + HEARTBEAT_EVERY
                    await self._send(send, data + frames.seen(cursor))
                if missed is None or missed.is_all:
                    await self.follower.news(max(1.0, beat_at - _now()))
        if not self.follower.has_access:
            await asyncio.wait_for(send(_body(frames.ended("access"))), 1)

    async def _check_access(self) -> None:
        # Known to the hub by now: an end of access that comes after this check finds the follower.
        if not await self._hub.is_allowed(self.follower):
            self.follower.end(has_access=False)

    async def _missed(self, cursor: Cursor) -> Missed | None:
        return await self._hub.missed(cursor, self.follower.viewer.team_id, MOST)

    def _changes(self, missed: Missed) -> list[Change]:
        if not self.follower.has_access:
            return []
        return [
            change_of(event.name, msgspec.structs.asdict(event), str(at))
            for at, event in missed.events
            if self._wanted(event)
        ]

    async def _send(self, send: Send, data: bytes) -> None:
        """Waits for a slow program, but neither for ever nor beyond its access."""
        sending = asyncio.ensure_future(send(_body(data)))
        ended = asyncio.ensure_future(self.follower.ended.wait())
        await asyncio.wait((sending, ended), timeout=STALLED_AFTER, return_when=asyncio.FIRST_COMPLETED)
        ended.cancel()
        if not sending.done():
            sending.cancel()
            self.follower.end()


class _EventStream(Response[Changes]):
    def __init__(self, program: _Program, cursor: Cursor) -> None:
        super().__init__(content=None)  # type: ignore[arg-type]
        self._program = program
        self._cursor = cursor

    def to_asgi_response(self, *_: Any, **__: Any) -> ASGIApp:  # type: ignore[override]
        async def respond(_: Scope, receive: Receive, send: Send) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": [*HEADERS]})
            try:
                await _while_connected(receive, self._program.stream(self._cursor, send))
            except _Gone:
                return
            except Exception as error:
                # The answer has begun, so all that is left is to let the program come back.
                log.warning("a program's stream ends: %s", error or type(error).__name__)
            with contextlib.suppress(Exception):
                await asyncio.wait_for(send(_body(b"", more=False)), 1)

        return respond


class _Gone(ClientException):
    """Nobody is left to answer to."""


async def _while_connected(receive: Receive, work: Coroutine[Any, Any, T]) -> T:
    """So that a program that is gone does not count as one that waits. Raises `_Gone`."""
    tasks = working, gone = asyncio.ensure_future(work), asyncio.ensure_future(until_gone(receive))
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise _Gone
        return working.result()
    finally:
        working.cancel()
        gone.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _body(data: bytes, *, more: bool = True) -> HTTPResponseBodyEvent:
    return {"type": "http.response.body", "body": data, "more_body": more}


def _now() -> float:
    return asyncio.get_running_loop().time()


ROUTES = [follow_events]
