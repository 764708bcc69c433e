"""Errors as a person reads them: what it is, and what to do."""

import logging
import random

import asyncpg
from litestar.exceptions import HTTPException, NotAuthorizedException
from litestar.response import Redirect
from litestar_htmx import ClientRedirect
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from app.web.api import failure
from app.web.auth import language_for
from app.web.http import Request, Response
from app.web.languages import gettext_in
from app.web.pages import page

log = logging.getLogger("alrt.web")

AWAY = (
    RedisConnectionError,
    RedisTimeoutError,
    ConnectionError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
"""A server that we need is restarting: not our fault, and soon over."""


def show_error(request: Request, error: Exception) -> Response:
    of_api = request.url.path.startswith("/api/")
    if isinstance(error, NotAuthorizedException) and not of_api:
        return _to_login(request)
    status = error.status_code if isinstance(error, HTTPException) else 503 if _is_away(error) else 500
    if status == 500:
        log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    if of_api:
        return failure(status, error)
    if status == 503:
        log.warning("%s %s: a server is away: %r", request.method, request.url.path, error)
    _ = gettext_in(language_for(request)).gettext
    title, message = {
        400: (_("That can't be read"), _("The address or the form holds something that is not understood.")),
        403: (
            _("Not allowed"),
            _("The form may have been open for too long. Load the page anew and try again."),
        ),
        404: (_("Not found"), _("There is no such page, or it belongs to another team.")),
        405: (_("Not found"), _("There is no such page, or it belongs to another team.")),
        429: (_("Too many requests"), _("Wait a moment, and try again.")),
        503: (_("One moment"), _("A part of Alrt is being restarted. Load the page again in a few seconds.")),
    }.get(status, (_("Something went wrong"), _("It is our fault, and has been noted. Try again in a moment.")))
    # Refresh: nobody may be there to load the page again.
    headers = {"Retry-After": "3", "Refresh": str(random.randint(2, 5))} if status == 503 else {}
    return page(request, "web/error.html", status=status, headers=headers, title=title, message=message, code=status)


def _to_login(request: Request) -> Response:
    # Scripts ask there, and nobody is in front of a wall.
    if request.url.path.startswith(("/live", "/metrics", "/wall")):
        return Response("", status_code=401)
    if request.headers.get("hx-request"):
        return ClientRedirect("/login")
    return Redirect("/login", status_code=303)


def _is_away(error: Exception) -> bool:
    return isinstance(error, AWAY)
