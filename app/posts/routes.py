from litestar import get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from app.clients.queries import ClientRef
from app.posts.queries import thumbnail_key
from app.web.auth import PROGRAMS_TOO, signed_in
from app.web.http import Request, Response
from app.web.pictures import picture


@get("/client/{client_id:int}/posts/{name:str}", guards=[signed_in], opt={PROGRAMS_TOO: True})
async def show_post_thumbnail(request: Request, client: NamedDependency[ClientRef], name: FromPath[str]) -> Response:
    number, _, ending = name.partition(".")
    if ending != "jpg" or not number.isascii() or not number.isdigit() or len(number) > 18:
        raise NotFoundException
    return await picture(request, await thumbnail_key(client.profile_id, int(number)))


ROUTES = [show_post_thumbnail]
