"""What every answer of the JSON API shares: who may ask, how fast, and one shape for everything that goes wrong."""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from litestar import Router
from litestar.connection import ASGIConnection
from litestar.datastructures import ResponseHeader
from litestar.exceptions import (
    HTTPException,
    NotAuthorizedException,
    PermissionDeniedException,
    SerializationException,
    TooManyRequestsException,
    ValidationException,
)
from litestar.handlers import BaseRouteHandler
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, Example, SecurityScheme, Tag
from litestar.types import ControllerRouterHandler
from msgspec import UNSET, Meta, Struct, UnsetType

from app.web.auth import PROGRAMS_TOO, Viewer
from app.web.http import Request, Response
from app.web.pace import PER_CALLER, Pace
from app.web.sessions import COOKIE
from app.web.version import VERSION

LARGEST_BODY = 256 * 1024
LONGEST_PAGE = 100
LAST_PAGE = 10**9
SAFE = ("GET", "HEAD", "OPTIONS")


class Problem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    code: Annotated[str, Meta(description="One word for programs, such as `not_found`.")]
    message: Annotated[str, Meta(description="What is wrong, for people.")]
    fields: Annotated[
        dict[str, str] | UnsetType, Meta(description="With `bad_input`: what is wrong with each field or parameter.")
    ] = UNSET


class Failure(Struct, frozen=True):
    """The answer to everything that can't be done."""

    error: Problem


class BadInput(ValidationException):
    """Says what is wrong with one field."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(extra=[{"key": field, "message": message}])


class TooMany(TooManyRequestsException):
    """Says of what, and when to try again."""

    def __init__(self, message: str, *, seconds: int) -> None:
        super().__init__(detail=message, headers={"Retry-After": str(seconds)})


class Conflict(HTTPException):
    """Somebody else was faster; the message says what to do."""

    status_code = 409


CODES = {
    400: ("bad_input", "The request holds something that can't be used."),
    401: ("not_signed_in", "Send a valid token as 'Authorization: Bearer …', or sign in."),
    403: ("not_allowed", "You may not do this."),
    404: ("not_found", "There is no such thing, or it belongs to another team."),
    405: ("method_not_allowed", "This address does not take this method."),
    409: ("conflict", "It was changed by somebody else in the meantime."),
    413: ("too_large", f"The request is larger than {LARGEST_BODY // 1024} KB."),
    415: ("unsupported_media_type", "Send JSON, with 'Content-Type: application/json'."),
    429: ("too_many_requests", f"More than {PER_CALLER} requests in a minute. Wait as long as 'Retry-After' says."),
    503: ("unavailable", "A part of Alrt is being restarted. Try again in a few seconds."),
}
_WHOLE = re.compile(r"Object (?P<verb>missing required|contains unknown) field `(?P<field>.*)`", re.DOTALL)
INTERNAL = ("internal", "Something went wrong. It is our fault, and has been noted.")


def failure(status: int, error: Exception) -> Response:
    code, message = CODES.get(status, CODES[400] if 400 <= status < 500 else INTERNAL)
    if isinstance(error, (PermissionDeniedException, Conflict, TooMany)) and error.detail:
        message = error.detail
    fields = _fields_of(error) if status == 400 else {}
    headers = {"Cache-Control": "no-store", **_headers_of(status, error)}
    answer = Failure(Problem(code=code, message=message, fields=fields or UNSET))
    return Response(answer, status_code=400 if code == "bad_input" else status, headers=headers)


def _fields_of(error: Exception) -> dict[str, str]:
    extra = getattr(error, "extra", None)
    wrong = [one for one in extra if isinstance(one, dict)] if isinstance(extra, Sequence) else []
    return dict(_named(str(one.get("key", "body")), str(one.get("message", ""))) for one in wrong)


def _named(field: str, message: str) -> tuple[str, str]:
    """A field that is missing or unknown is told by its own name, instead of the body's."""
    found = _WHOLE.fullmatch(message)
    if found is None:
        return "body" if field == "data" else field, message
    return found["field"], "Is missing." if found["verb"] == "missing required" else "There is no such field."


def _headers_of(status: int, error: Exception) -> Mapping[str, str]:
    if status == 401:
        return {"WWW-Authenticate": "Bearer"}
    if status == 503:
        return {"Retry-After": "3"}
    return (error.headers or {}) if isinstance(error, HTTPException) else {}


def pages_of(total: int, limit: int) -> int:
    """How many pages there are; an empty list has one."""
    return max(1, -(-total // limit))


# --- who may ask ----------------------------------------------------------------------------------------------


async def api_caller(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    viewer: Viewer | None = connection.user
    if viewer is None:
        raise NotAuthorizedException
    pace: Pace = connection.app.state.pace
    if wait := await pace.wait(viewer.session.id):
        raise TooManyRequestsException(headers={"Retry-After": str(wait)})
    if connection.scope.get("method") not in SAFE and viewer.token is not None and not viewer.token.can_write:
        raise PermissionDeniedException("This token may only read.")


async def only_json(request: Request) -> None:
    """Forms and plain text can be sent by any page of the web; JSON can't without asking first."""
    if not await request.body():
        return
    if request.content_type[0] != "application/json":
        raise HTTPException(status_code=415)
    try:
        await request.json()
    except (SerializationException, RecursionError) as error:
        raise BadInput("body", "This is no JSON, or it is nested too deeply.") from error


# --- how it describes itself ----------------------------------------------------------------------------------


def failures(*statuses: int) -> dict[int, ResponseSpec]:
    """For `responses=` of a handler: what else it may answer, beside what all may."""
    return {
        status: ResponseSpec(
            Failure,
            description=CODES[status][1],
            examples=[Example(summary=CODES[status][0], value=_example(status))],
        )
        for status in sorted({400, 401, 429, 503, *statuses})
    }


def _example(status: int) -> dict[str, Any]:
    code, message = CODES[status]
    fields = {"fields": {"limit": "Expected `int` <= 100"}} if status == 400 else {}
    return {"error": {"code": code, "message": message, **fields}}


def api_router(handlers: Sequence[ControllerRouterHandler]) -> Router:
    return Router(
        "/api",
        route_handlers=handlers,
        guards=[api_caller],
        before_request=only_json,
        opt={PROGRAMS_TOO: True},
        request_max_body_size=LARGEST_BODY,
        response_headers=[ResponseHeader(name="Cache-Control", value="no-store", documentation_only=False)],
        security=[{"token": []}, {"session": []}],
        include_in_schema=True,
    )


class _OnlyTheFile(Router):
    """Litestar would answer every unknown address beside the file with a page of its own."""

    def register(self, value: Any) -> Any:
        return [] if any("{" in path for path in value.paths) else super().register(value)


def openapi() -> OpenAPIConfig:
    """Served at /api/openapi.json, for everybody: it holds no data."""
    return OpenAPIConfig(
        title="Alrt",
        version=VERSION,
        description=(
            "Clients, their stories, days and figures, and the caller's alerts.\n\n"
            "Times are UTC; days are days of the team's time zone, those of snapshots are UTC days. "
            "What is unknown is null, never 0. Fields may be added: ignore those that you don't know."
        ),
        components=Components(
            security_schemes={
                "token": SecurityScheme(
                    type="http",
                    scheme="bearer",
                    description="A token of `alrt token create`. Without `--write` it may only read.",
                ),
                "session": SecurityScheme(
                    type="apiKey",
                    name=COOKIE,
                    security_scheme_in="cookie",
                    description="The cookie of a signed-in browser. To write, send `X-CSRFToken` too.",
                ),
            }
        ),
        tags=[Tag("clients"), Tag("analytics"), Tag("stories"), Tag("alerts"), Tag("events")],
        operation_id_creator=lambda handler, _, __: handler.handler_name,
        use_handler_docstrings=True,
        openapi_router=_OnlyTheFile("/api", route_handlers=[], include_in_schema=False),
        render_plugins=[JsonRenderPlugin(path="/openapi.json")],
    )
