from typing import Annotated

from litestar import get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, QueryParameter
from markupsafe import Markup

from app.analytics.days import day_of
from app.analytics.heatmap import NoSuchYear, heatmap_of, read_year
from app.clients.queries import ClientRef, avatar_key, client_ids, client_of
from app.live.hub import Hub
from app.live.pages import DASHBOARD, client_page
from app.live.parts import Part
from app.web.auth import PROGRAMS_TOO, signed_in
from app.web.dates import short_date
from app.web.http import Request, Response
from app.web.languages import gettext_in
from app.web.pages import framed_page, page
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
    names = ("summary", "source_notice", "assignee_filter")
    rows = [Part("client_row", team_id, client_id) for client_id in await client_ids(team_id)]
    shown = await hub.shown([*(Part(name, team_id) for name in names), *rows], request.user.language)
    return await framed_page(
        request,
        "clients/index.html",
        live=DASHBOARD,
        cursor=cursor,
        parts={**dict(zip(names, shown, strict=False)), "rows": Markup("\n").join(shown[len(names) :])},
    )


@get("/client/{client_id:int}", guards=[signed_in])
async def show_client(
    request: Request,
    client: NamedDependency[ClientRef],
    asked: Annotated[str | None, QueryParameter(name="year")] = None,
) -> Response:
    hub: Hub = request.app.state.hub
    cursor = hub.cursor
    language = request.user.language
    names = ("client_header", "client_alert", "client_cards", "heatmap", "charts", "stories_archive", "notes")
    try:
        year = read_year(asked, client, request.app.state.clock())
    except NoSuchYear:
        return _no_such_year(request, client)
    of_team = ("source_notice", "assignee_choice")
    wanted = [Part(name, client.team_id) for name in of_team]
    wanted += [Part(name, client.team_id, client.id) for name in names]
    parts = dict(zip((*of_team, *names), await hub.shown(wanted, language), strict=True))
    if year is not None:
        # The last 52 weeks are what is kept rendered; a year is drawn for whoever asks for it.
        drawn = await heatmap_of(client, request.app.state.clock(), year)
        parts["heatmap"] = render("analytics/_heatmap.html", language, heatmap=drawn)
    return await framed_page(
        request,
        "clients/show.html",
        live=client_page(client.id),
        cursor=cursor,
        client=client,
        parts=parts,
    )


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
