from litestar import get
from litestar.di import NamedDependency
from litestar.enums import MediaType
from litestar.exceptions import ClientException, NotFoundException
from litestar.params import FromPath, FromQuery

from app.analytics.charts import PERIODS, charts_of
from app.analytics.day import day_of_client, read_day
from app.clients.queries import ClientRef
from app.web.auth import signed_in
from app.web.http import Request, Response
from app.web.pages import NOT_KEPT
from app.web.templates import render


@get("/client/{client_id:int}/charts", guards=[signed_in])
async def charts(request: Request, client: NamedDependency[ClientRef], days: FromQuery[int] = 30) -> Response:
    if days not in PERIODS:
        raise ClientException(f"days is one of {', '.join(map(str, PERIODS))}")
    return Response(
        await charts_of(client, days, request.app.state.clock()), media_type=MediaType.JSON, headers=NOT_KEPT
    )


@get("/client/{client_id:int}/day/{name:str}", guards=[signed_in])
async def show_day(request: Request, client: NamedDependency[ClientRef], name: FromPath[str]) -> Response:
    """What the pop-up of a heatmap's cell holds."""
    day = read_day(name)
    shown = await day_of_client(client, day, request.app.state.clock()) if day else None
    if shown is None:
        raise NotFoundException
    html = render("analytics/_day.html", request.user.language, day=shown)
    return Response(html, media_type=MediaType.HTML, headers=NOT_KEPT)


ROUTES = [charts, show_day]
