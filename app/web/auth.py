"""From the cookie to the viewer."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from litestar.connection import ASGIConnection
from litestar.exceptions import NotAuthorizedException
from litestar.handlers import BaseRouteHandler
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult

from app.web.sessions import COOKIE, Session, Sessions


class Viewer(msgspec.Struct, frozen=True, kw_only=True):
    """A signed-in member, looking at one team."""

    user_id: int
    email: str
    full_name: str
    language: str
    time_zone: str | None
    team_id: int
    team_name: str
    role: str
    session: Session


FindViewer = Callable[[Session], Awaitable[Viewer | None]]


class SessionAuthentication(AbstractAuthenticationMiddleware):
    """Puts the `Viewer` on the request, or None."""

    async def authenticate_request(self, connection: ASGIConnection[Any, Any, Any, Any]) -> AuthenticationResult:
        sessions: Sessions = connection.app.state.sessions
        find_viewer: FindViewer = connection.app.state.find_viewer
        session = await sessions.find(connection.cookies.get(COOKIE))
        viewer = await find_viewer(session) if session else None
        return AuthenticationResult(user=viewer, auth=session)


def signed_in(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    if connection.user is None:
        raise NotAuthorizedException
