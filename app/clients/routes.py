from litestar import get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery
from markupsafe import Markup

from app.analytics.chart_fragments import charts_point
from app.analytics.days import day_of
from app.analytics.heatmap import NoSuchYear, heatmap_of, read_year
from app.clients.page import client_page_of
from app.clients.queries import ClientRef, avatar_key, client_ids, client_of, client_rows, notes_of, summary_of
from app.live.hub import Hub
from app.live.pages import DASHBOARD, client_page
from app.live.parts import Part
from app.stories.queries import stories_page
from app.teams.queries import members_of
from app.web.auth import PROGRAMS_TOO, signed_in
from app.web.dates import short_date
from app.web.http import Request, Response
from app.web.languages import gettext_in
from app.web.pages import page
from app.web.pictures import picture
from app.web.templates import render


async def client_from_path(request: Request, client_id: FromPath[int]) -> ClientRef:
    """The caller's client; another team's is not found, like one that does not exist."""
    client = await client_of(request.user.team_id, client_id) if 0 < client_id < 2**63 else None
    if client is None:
        raise NotFoundException
    return client


@get("/", guards=[signed_in])
async def dashboard(request: Request) -> Response:
    hub: Hub = request.app.state.hub
    cursor = hub.cursor  # Before the first read: what comes later is pushed.
    team_id = request.user.team_id
    now = request.app.state.clock()
    return page(
        request,
        "clients/index.html",
        live=str(DASHBOARD),
        cursor=cursor,
        summary=await summary_of(team_id),
        rows=await client_rows(team_id, await client_ids(team_id), now),
        members=await members_of(team_id),
    )


@get("/client/{client_id:int}", guards=[signed_in])
async def show_client(
    request: Request, client: NamedDependency[ClientRef], year: FromQuery[str | None] = None
) -> Response:
    hub: Hub = request.app.state.hub
    cursor = hub.cursor
    shown = await client_page_of(client.team_id, client.id, request.app.state.clock())
    if shown is None:
        raise NotFoundException
    try:
        heatmap = await _heatmap(request, client, year)
    except NoSuchYear:
        return _no_such_year(request, client)
    return page(
        request,
        "clients/show.html",
        live=str(client_page(client.id)),
        cursor=cursor,
        page=shown,
        heatmap=heatmap,
        charts=await charts_point(client, request.app.state.clock()),
        notes=await notes_of(client.team_id, client.id),
        members=await members_of(client.team_id),
        stories=await stories_page(client),
    )


async def _heatmap(request: Request, client: ClientRef, year: str | None) -> Markup:
    """The last 52 weeks are the part that is kept rendered; a year that was asked for is drawn for the asker.

    Raises `NoSuchYear`.
    """
    hub: Hub = request.app.state.hub
    now = request.app.state.clock()
    language = request.user.language
    part = Part("heatmap", client.team_id, client.id)
    chosen = read_year(year, client, now)
    kept = None if chosen else (await hub.parts.rendered([part], language))[part]
    if kept is not None:
        return kept
    return render("analytics/_heatmap.html", language, heatmap=await heatmap_of(client, now, chosen))


def _no_such_year(request: Request, client: ClientRef) -> Response:
    gettext = gettext_in(request.user.language).gettext
    since = short_date(day_of(client.tracking_started_at, client.time_zone), request.user.language)
    return page(
        request,
        "web/error.html",
        status=404,
        code=404,
        title=gettext("No such year"),
        message=gettext("This account is tracked since %(day)s: there are only the years from then until now.")
        % {"day": since},
    )


@get("/client/{client_id:int}/avatar", guards=[signed_in], opt={PROGRAMS_TOO: True})
async def show_avatar(request: Request, client: NamedDependency[ClientRef]) -> Response:
    return await picture(request, await avatar_key(client.team_id, client.id))


ROUTES = [dashboard, show_client, show_avatar]
