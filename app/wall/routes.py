"""What a wall's screen asks for. Nobody is signed in: its cookie names the wall, and the wall what it may show."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from litestar import MediaType, get, post
from litestar.exceptions import ClientException, NotFoundException, PermissionDeniedException
from litestar.params import FromPath, JSONBody

from app.clients.queries import avatar_key, client_of
from app.live.hub import Hub
from app.live.pages import wall_page
from app.live.parts import wall_part
from app.refused import Refused
from app.settings import ROOT
from app.stories.queries import thumbnail_key
from app.wall.pairing import TooMany, wait_for_pairing
from app.wall.queries import is_shown, wall_heads
from app.wall.watch import BEAT_EVERY, Beat, hear
from app.web.auth import language_for
from app.web.errors import show_error
from app.web.http import Request, Response
from app.web.pages import NOT_KEPT
from app.web.pictures import picture
from app.web.templates import iso, render
from app.web.walls import COOKIE, WallViewer, cookie, paired, wall_of

PARTS = ("wall_head", "wall_shown", "wall_tiles", "wall_feed", "wall_ticker", "wall_notice")


def show_waiting(request: Request, error: Exception) -> Response:
    """Nobody is there to press a key: what a screen gets in place of an error must come back by itself."""
    answer = show_error(request, error)
    if (answer.status_code or 500) < 500:
        return answer
    html = _page(request, "wall/waiting.html", language_for(request))
    return Response(html, media_type=MediaType.HTML, status_code=answer.status_code, headers=NOT_KEPT)


@get("/wall", exception_handlers={Exception: show_waiting})
async def show_wall(request: Request) -> Response:
    wall = await wall_of(request)
    html = await _wall(request, wall) if wall else _page(request, "wall/pair.html", language_for(request))
    cookies = [cookie(request, request.cookies[COOKIE])] if wall else []
    return Response(html, media_type=MediaType.HTML, headers=NOT_KEPT, cookies=cookies)


async def _wall(request: Request, wall: WallViewer) -> str:
    hub: Hub = request.app.state.hub
    cursor = hub.cursor  # Before the first read: what comes later is pushed.
    shown = await hub.shown([wall_part(name, wall.team_id, wall.id) for name in PARTS], wall.language)
    heads = await wall_heads(wall.team_id, [wall.id])
    address = urlencode([("page", str(wall_page(wall.id))), ("since", str(cursor or ""))])
    return _page(
        request,
        "wall/show.html",
        wall.language,
        wall_id=wall.id,
        session=wall.session,
        stream=f"/live?{address}",
        zone=heads[wall.id].time_zone if wall.id in heads else "UTC",
        beat_every=BEAT_EVERY // timedelta(milliseconds=1),
        **dict(zip(PARTS, shown, strict=True)),
    )


def _page(request: Request, template: str, language: str, **context: Any) -> str:
    state = request.app.state
    return render(
        template,
        language,
        version=state.version,
        is_demo=state.settings.is_demo,
        now=iso(state.clock()),
        **context,
    )


@get("/wall/waiting", sync_to_thread=False)
def waiting(request: Request) -> Response:
    """What the screen keeps for the time when no server answers."""
    return Response(_page(request, "wall/waiting.html", language_for(request)), media_type=MediaType.HTML)


@get("/wall/worker.js", sync_to_thread=False)
def worker() -> Response:
    """Under this address and with this header, because a browser lets a worker see to no other pages."""
    script = (ROOT / "static/wall/worker.js").read_text()
    headers = {"Service-Worker-Allowed": "/wall", "Cache-Control": "no-cache"}
    return Response(script, media_type="text/javascript", headers=headers)


@post("/wall/code", status_code=200)
async def ask_for_code(request: Request) -> Response:
    """What a screen without a wall shows now; it asks again and again, until it was paired."""
    _only_scripts(request)
    state = request.app.state
    address = request.client.host if request.client else "unknown"
    now = state.clock()
    try:
        shown = await wait_for_pairing(request.cookies.get(COOKIE), address, state.attempts, now)
    except TooMany as error:
        return Response({"wait": error.wait}, status_code=429, headers={"Retry-After": str(error.wait), **NOT_KEPT})
    if shown is None:
        return Response({"paired": True}, headers=NOT_KEPT)
    left = max(0, int((shown.expires_at - now).total_seconds()))
    body = {"paired": False, "code": shown.code, "seconds": left, "version": state.version}
    return Response(body, headers=NOT_KEPT, cookies=[cookie(request, shown.token)])


@post("/wall/heartbeat", status_code=200)
async def heartbeat(request: Request, data: JSONBody[Beat]) -> Response:
    _only_scripts(request)
    wall = await paired(request)
    now = request.app.state.clock()
    try:
        await hear(wall, data, now)
    except Refused as refused:
        raise ClientException(str(refused)) from refused
    body = {"now": iso(now), "version": request.app.state.version}
    return Response(body, headers=NOT_KEPT, cookies=[cookie(request, request.cookies[COOKIE])])


def _only_scripts(request: Request) -> None:
    """No other site's page can send this header."""
    if request.headers.get("x-alrt-wall") != "1":
        raise PermissionDeniedException


@get("/wall/client/{client_id:int}/avatar")
async def show_avatar(request: Request, client_id: FromPath[int]) -> Response:
    wall = await _showing(request, client_id)
    return await picture(request, await avatar_key(wall.team_id, client_id))


@get("/wall/client/{client_id:int}/stories/{name:str}")
async def show_thumbnail(request: Request, client_id: FromPath[int], name: FromPath[str]) -> Response:
    wall = await _showing(request, client_id)
    number, _, ending = name.partition(".")
    if ending != "jpg" or not number.isascii() or not number.isdigit() or len(number) > 18:
        raise NotFoundException
    client = await client_of(wall.team_id, client_id)
    return await picture(request, await thumbnail_key(client, int(number)) if client else None)


async def _showing(request: Request, client_id: int) -> WallViewer:
    """The wall, if it shows the client; another client is not found, like one that does not exist."""
    wall = await paired(request)
    if not 0 < client_id < 2**63 or not await is_shown(wall, client_id):
        raise NotFoundException
    return wall


ROUTES = [show_wall, waiting, worker, ask_for_code, heartbeat, show_avatar, show_thumbnail]
