from litestar.middleware.csrf import CSRFMiddleware
from litestar.types import Receive, Scope, Send

from app.web.auth import Viewer


class CsrfProtection(CSRFMiddleware):
    """Asks for the token wherever a browser would send its cookie by itself.

    Comes after authentication: a program's bearer token is sent by nobody's browser, and whoever is not signed
    in is told so by the API, instead of being asked for a form's token.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        viewer: Viewer | None = scope.get("user")
        is_program = viewer is not None and viewer.token is not None
        is_refused_by_api = viewer is None and scope["path"].startswith("/api/")
        if is_program or is_refused_by_api:
            await self.app(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)
