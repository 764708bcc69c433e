"""Settings: pair a screen, change what it shows, take it away."""

from typing import Any

from litestar import get, post
from litestar.datastructures import FormMultiDict
from litestar.enums import MediaType
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from app.live.hub import Hub
from app.live.pages import SETTINGS
from app.live.parts import Part
from app.refused import Refused
from app.teams.zones import zones
from app.wall.pairing import WallFacts, edit_wall, ids, pair, revoke_wall
from app.wall.queries import choices, wall_seen, walls_of
from app.web.attempts import Attempts
from app.web.auth import managing, signed_in
from app.web.http import Request, Response
from app.web.languages import LANGUAGES, gettext_in
from app.web.pages import NOT_KEPT, live_page
from app.web.templates import render


@get("/settings/walls", guards=[signed_in])
async def show_walls(request: Request) -> Response:
    """The address that screens show beside their code; what it holds is a section of the settings too."""
    hub: Hub = request.app.state.hub
    cursor = hub.cursor
    (walls,) = await hub.shown([Part("walls", request.user.team_id)], request.user.language)
    return await live_page(request, "wall/settings.html", live=SETTINGS, cursor=cursor, walls=walls)


@get("/settings/walls/list", guards=[signed_in])
async def list_walls(request: Request) -> Response:
    return await _list(request)


@get("/settings/walls/new", guards=[signed_in, managing])
async def new_wall(request: Request) -> Response:
    known = await choices(request.user.team_id)
    return _partial(request, "wall/_wall_form.html", wall=None, choices=known, languages=LANGUAGES, zones=zones())


@post("/settings/walls", guards=[signed_in, managing], status_code=200)
async def add_wall(request: Request) -> Response:
    """Pairs the screen that shows the code. Guesses are counted, by person and by address."""
    form = await request.form()
    attempts: Attempts = request.app.state.attempts
    person, address = f"wall:{request.user.user_id}", f"wall:{request.client.host if request.client else 'unknown'}"
    if wait := await attempts.wait(person, address):
        message = gettext_in(request.user.language).gettext("Too many attempts. Try again in %(minutes)s min.")
        message %= {"minutes": -(-wait // 60)}
        return _partial(request, "shared/_refused.html", status=422, message=message, field="code")
    try:
        await pair(request.user.team_id, _text(form, "code"), _facts(form), request.app.state.clock())
    except Refused as refused:
        if refused.field != "code":
            await attempts.forgive(person, address)
        return _refusal(request, refused)
    await attempts.forgive(person, address)
    return await _list(request)


@get("/settings/walls/{wall_id:int}/edit", guards=[signed_in, managing])
async def show_wall_form(request: Request, wall_id: FromPath[int]) -> Response:
    wall = await wall_seen(request.user.team_id, wall_id, request.app.state.clock())
    if wall is None:
        raise NotFoundException
    known = await choices(request.user.team_id)
    return _partial(request, "wall/_wall_form.html", wall=wall, choices=known, languages=LANGUAGES, zones=zones())


@post("/settings/walls/{wall_id:int}", guards=[signed_in, managing], status_code=200)
async def change_wall(request: Request, wall_id: FromPath[int]) -> Response:
    try:
        found = 0 < wall_id < 2**63 and await edit_wall(request.user.team_id, wall_id, _facts(await request.form()))
    except Refused as refused:
        return _refusal(request, refused)
    if not found:
        raise NotFoundException
    return await _list(request)


@post("/settings/walls/{wall_id:int}/revoke", guards=[signed_in, managing], status_code=200)
async def end_wall(request: Request, wall_id: FromPath[int]) -> Response:
    now = request.app.state.clock()
    if not 0 < wall_id < 2**63 or not await revoke_wall(request.user.team_id, wall_id, now):
        raise NotFoundException
    return await _list(request)


def _facts(form: FormMultiDict) -> WallFacts:
    return WallFacts(
        name=_text(form, "name"),
        language=_text(form, "language"),
        time_zone=_text(form, "time_zone"),
        shows_all=_text(form, "shows") != "chosen",
        clients=ids([value for value in form.getall("clients", []) if isinstance(value, str)]),
        labels=tuple(value for value in form.getall("labels", []) if isinstance(value, str)),
    )


def _text(form: FormMultiDict, name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


async def _list(request: Request) -> Response:
    walls = await walls_of(request.user.team_id, request.app.state.clock())
    return _partial(request, "wall/_walls.html", team_id=request.user.team_id, walls=walls)


def _refusal(request: Request, refused: Refused) -> Response:
    message = refused.said(gettext_in(request.user.language).gettext)
    return _partial(request, "shared/_refused.html", status=422, message=message, field=refused.field)


def _partial(request: Request, template: str, *, status: int = 200, **context: Any) -> Response:
    html = render(template, request.user.language, **context)
    return Response(html, media_type=MediaType.HTML, status_code=status, headers=NOT_KEPT)


ROUTES = [show_walls, list_walls, new_wall, add_wall, show_wall_form, change_wall, end_wall]
