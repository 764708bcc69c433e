from litestar import get, post
from litestar.di import NamedDependency
from litestar.enums import MediaType
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery

from app.clients.queries import ClientRef
from app.stories.hide import hide_story, show_story
from app.stories.queries import hidden_stories, stories_page, thumbnail_key
from app.web.auth import PROGRAMS_TOO, managing, signed_in
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


@get("/client/{client_id:int}/stories/{name:str}", guards=[signed_in], opt={PROGRAMS_TOO: True})
async def show_thumbnail(request: Request, client: NamedDependency[ClientRef], name: FromPath[str]) -> Response:
    number, _, ending = name.partition(".")
    if ending != "jpg" or not number.isascii() or not number.isdigit() or len(number) > 18:
        raise NotFoundException
    return await picture(request, await thumbnail_key(client, int(number)))


@get("/client/{client_id:int}/stories/hidden", guards=[signed_in, managing])
async def list_hidden(request: Request, client: NamedDependency[ClientRef]) -> Response:
    html = render("stories/_hidden_stories.html", request.user.language, cards=await hidden_stories(client))
    return Response(html, media_type=MediaType.HTML, headers=NOT_KEPT)


@post("/client/{client_id:int}/stories/{story_id:int}/hide", guards=[signed_in, managing], status_code=204)
async def hide(request: Request, client: NamedDependency[ClientRef], story_id: FromPath[int]) -> None:
    if not 0 < story_id < 2**63 or not await hide_story(client, story_id, request.user.user_id):
        raise NotFoundException


@post("/client/{client_id:int}/stories/{story_id:int}/show", guards=[signed_in, managing], status_code=204)
async def show(client: NamedDependency[ClientRef], story_id: FromPath[int]) -> None:
    """Undoes the hiding. Showing what is not hidden changes nothing."""
    if 0 < story_id < 2**63:
        await show_story(client, story_id)


ROUTES = [older_stories, show_thumbnail, list_hidden, hide, show]
