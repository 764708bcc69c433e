"""From a screen's cookie to its wall."""

from collections.abc import Awaitable, Callable

import msgspec
from litestar.datastructures import Cookie
from litestar.exceptions import NotAuthorizedException

from app.web.http import Request

COOKIE = "alrt_wall"
LIFE = 400 * 24 * 3600
"""Seconds; the longest that browsers keep a cookie. It is renewed while the screen runs."""


class WallViewer(msgspec.Struct, frozen=True, kw_only=True):
    """A paired screen: nobody is signed in, and it may only look."""

    id: int
    team_id: int
    language: str

    @property
    def session(self) -> str:
        """What its streams are known by."""
        return f"wall:{self.id}"


FindWall = Callable[[str], Awaitable[WallViewer | None]]
"""From the cookie's token; None where it is unknown or revoked."""


async def wall_of(request: Request) -> WallViewer | None:
    find_wall: FindWall = request.app.state.find_wall
    token = request.cookies.get(COOKIE)
    return await find_wall(token) if token else None


async def paired(request: Request) -> WallViewer:
    """Raises `NotAuthorizedException` for a screen that is not, or no longer, paired."""
    wall = await wall_of(request)
    if wall is None:
        raise NotAuthorizedException
    return wall


def cookie(request: Request, token: str) -> Cookie:
    secure = request.app.state.settings.secure_cookies
    return Cookie(key=COOKIE, value=token, max_age=LIFE, path="/", httponly=True, samesite="lax", secure=secure)
