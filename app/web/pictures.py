from litestar.exceptions import NotFoundException

from app.storage.base import Storage
from app.web.http import Request, Response

# A picture never changes under its address; `private`, because only its team may see it.
KEPT = {"Cache-Control": "private, max-age=31536000, immutable"}


async def picture(request: Request, key: str | None) -> Response:
    """A stored picture, for somebody who was found to be allowed to see it."""
    storage: Storage = request.app.state.storage
    data = await storage.get(key) if key else None
    if data is None:
        raise NotFoundException
    return Response(data, media_type="image/jpeg", headers=KEPT)
