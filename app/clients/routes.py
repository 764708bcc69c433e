from litestar import get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from app.clients.page import client_page_of
from app.clients.queries import ClientRef, avatar_key, client_ids, client_of, client_rows, summary_of
from app.live.hub import Hub
from app.live.pages import DASHBOARD, client_page
from app.stories.queries import stories_page
from app.web.auth import signed_in
from app.web.http import Request, Response
from app.web.pages import page
from app.web.pictures import picture


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
    )


@get("/client/{client_id:int}", guards=[signed_in])
async def show_client(request: Request, client: NamedDependency[ClientRef]) -> Response:
    hub: Hub = request.app.state.hub
    cursor = hub.cursor
    shown = await client_page_of(client.team_id, client.id, request.app.state.clock())
    if shown is None:
        raise NotFoundException
    return page(
        request,
        "clients/show.html",
        live=str(client_page(client.id)),
        cursor=cursor,
        page=shown,
        stories=await stories_page(client),
    )


@get("/client/{client_id:int}/avatar", guards=[signed_in])
async def show_avatar(request: Request, client: NamedDependency[ClientRef]) -> Response:
    return await picture(request, await avatar_key(client.team_id, client.id))


ROUTES = [dashboard, show_client, show_avatar]
