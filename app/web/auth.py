"""From the cookie, or from a program's token, to the viewer."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import msgspec
from litestar.connection import ASGIConnection
from litestar.exceptions import NotAuthorizedException, PermissionDeniedException
from litestar.handlers import BaseRouteHandler
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult

from app.web import languages
from app.web.sessions import COOKIE, Session, Sessions
from app.web.tokens import bearer_of, hash_of

PROGRAMS_TOO = "programs_too"
"""Option of a route: programs may ask with their token. All others know people only, by their cookie."""


class Token(msgspec.Struct, frozen=True):
    """What a program asks with; it acts for the member that it was made for."""

    id: int
    can_write: bool


class OtherTeam(msgspec.Struct, frozen=True, array_like=True):
    """One that the viewer belongs to as well, without looking at it."""

    id: int
    name: str


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
    may_manage: bool
    """What the role allows beyond looking and editing."""
    may_administer: bool
    is_operator: bool
    """Runs Alrt itself: `users.role` is `admin`."""
    session: Session
    """Of a program: one that is kept nowhere, so that it opens no stream."""
    token: Token | None = None
    """None: a person."""
    other_teams: tuple[OtherTeam, ...] = ()
    """By name. Of a program: none, since it acts for one team."""


FindViewer = Callable[[Session], Awaitable[Viewer | None]]
FindByToken = Callable[[str, datetime], Awaitable[Viewer | None]]
"""From the token's hash."""


class SessionAuthentication(AbstractAuthenticationMiddleware):
    """Puts the `Viewer` on the request, or None."""

    async def authenticate_request(self, connection: ASGIConnection[Any, Any, Any, Any]) -> AuthenticationResult:
        bearer = bearer_of(connection)
        if bearer is not None and connection.route_handler.opt.get(PROGRAMS_TOO):
            return await self._by_token(connection, bearer)
        return await self._by_cookie(connection)

    async def _by_token(self, connection: ASGIConnection[Any, Any, Any, Any], bearer: str) -> AuthenticationResult:
        """A wrong token is refused even where a cookie would do: whoever sends one means it."""
        find_by_token: FindByToken = connection.app.state.find_by_token
        viewer = await find_by_token(hash_of(bearer), connection.app.state.clock())
        if viewer is None:
            raise NotAuthorizedException
        return AuthenticationResult(user=viewer, auth=None)

    async def _by_cookie(self, connection: ASGIConnection[Any, Any, Any, Any]) -> AuthenticationResult:
        sessions: Sessions = connection.app.state.sessions
        find_viewer: FindViewer = connection.app.state.find_viewer
        session = await sessions.find(connection.cookies.get(COOKIE))
        viewer = await find_viewer(session) if session else None
        return AuthenticationResult(user=viewer, auth=session)


def language_for(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """A member's own language; a visitor's as his browser says."""
    viewer: Viewer | None = connection.scope.get("user")
    if viewer is not None:
        return viewer.language
    return languages.visitors_language(
        connection.cookies.get(languages.COOKIE), connection.headers.get("accept-language", "")
    )


# Guards are coroutines without a need: Litestar calls plain functions in a thread, which costs more than they do.


async def signed_in(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    if connection.user is None:
        raise NotAuthorizedException


async def administering(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    if not connection.user.may_administer:
        raise PermissionDeniedException


async def operating(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    if not connection.user.is_operator:
        raise PermissionDeniedException


async def managing(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    if not connection.user.may_manage:
        raise PermissionDeniedException
