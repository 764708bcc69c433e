from litestar import get
from litestar.di import NamedDependency
from litestar.enums import MediaType
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery

from app.clients.queries import ClientRef
from app.stories.queries import stories_page, thumbnail_key
from app.web.auth import signed_in
from app.web.http import Request, Response
from app.web.pages import NOT_KEPT
from app.web.pictures import picture
from app.web.templates import render


@get("/client/{client_id:int}/stories", guards=[signed_in])
async def older_stories(
    request: Request, client: NamedDependency[ClientRef], before: FromQuery[str | None] = None
) -> Response:
    """The next stretch of the archive, as list items."""
    stories = await stories_page(client, before)
    html = render("stories/_stories_page.html", request.user.language, stories=stories)
    return Response(html, media_type=MediaType.HTML, headers=NOT_KEPT)


@get("/client/{client_id:int}/stories/{name:str}", guards=[signed_in])
async def show_thumbnail(request: Request, client: NamedDependency[ClientRef], name: FromPath[str]) -> Response:
    number, _, ending = name.partition(".")
    if ending != "jpg" or not number.isascii() or not number.isdigit() or len(number) > 18:
        raise NotFoundException
    return await picture(request, await thumbnail_key(client, int(number)))


ROUTES = [older_stories, show_thumbnail]
