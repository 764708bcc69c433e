"""Settings: pair a screen, change what it shows, take it away."""

from litestar import get, post
from litestar.datastructures import FormMultiDict
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from app.live.hub import Hub
from app.live.pages import SETTINGS
from app.live.parts import Part
from app.refused import Refused
from app.teams.zones import zones
from app.wall.pairing import WallFacts, edit_wall, ids, pair, revoke_wall
from app.wall.queries import choices, wall_seen, walls_of
from app.web.answers import partial_answer, refusal, typed
from app.web.attempts import Attempts
from app.web.auth import managing, signed_in
from app.web.http import Request, Response
from app.web.languages import LANGUAGES, gettext_in
from app.web.pages import live_page


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
    return partial_answer(request, "wall/_wall_form.html", wall=None, choices=known, languages=LANGUAGES, zones=zones())


@post("/settings/walls", guards=[signed_in, managing], status_code=200)
async def add_wall(request: Request) -> Response:
    """Pairs the screen that shows the code. Guesses are counted, by person and by address."""
    form = await request.form()
    attempts: Attempts = request.app.state.attempts
    person, address = f"wall:{request.user.user_id}", f"wall:{request.client.host if request.client else 'unknown'}"
    if wait := await attempts.wait(person, address):
        message = gettext_in(request.user.language).gettext("Too many attempts. Try again in %(minutes)s min.")
        message %= {"minutes": -(-wait // 60)}
        return partial_answer(request, "shared/_refused.html", status=422, message=message, field="code")
    try:
        await pair(request.user.team_id, typed(form, "code") or "", _facts(form), request.app.state.clock())
    except Refused as refused:
        if refused.field != "code":
            await attempts.forgive(person, address)
        return refusal(request, refused)
    await attempts.forgive(person, address)
    return await _list(request)


@get("/settings/walls/{wall_id:int}/edit", guards=[signed_in, managing])
async def show_wall_form(request: Request, wall_id: FromPath[int]) -> Response:
    wall = await wall_seen(request.user.team_id, wall_id, request.app.state.clock())
    if wall is None:
        raise NotFoundException
    known = await choices(request.user.team_id)
    return partial_answer(request, "wall/_wall_form.html", wall=wall, choices=known, languages=LANGUAGES, zones=zones())


@post("/settings/walls/{wall_id:int}", guards=[signed_in, managing], status_code=200)
async def change_wall(request: Request, wall_id: FromPath[int]) -> Response:
    try:
        found = 0 < wall_id < 2**63 and await edit_wall(request.user.team_id, wall_id, _facts(await request.form()))
    except Refused as refused:
        return refusal(request, refused)
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
        name=typed(form, "name") or "",
        language=typed(form, "language") or "",
        time_zone=typed(form, "time_zone") or "",
        shows_all=typed(form, "shows") != "chosen",
        clients=ids([value for value in form.getall("clients", []) if isinstance(value, str)]),
        labels=tuple(value for value in form.getall("labels", []) if isinstance(value, str)),
    )


async def _list(request: Request) -> Response:
    walls = await walls_of(request.user.team_id, request.app.state.clock())
    return partial_answer(request, "wall/_walls.html", team_id=request.user.team_id, walls=walls)


ROUTES = [show_walls, list_walls, new_wall, add_wall, show_wall_form, change_wall, end_wall]
