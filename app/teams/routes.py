from typing import Annotated
from urllib.parse import urlsplit

from litestar import get, post
from litestar.datastructures import Cookie
from litestar.enums import RequestEncodingType
from litestar.exceptions import ClientException, NotFoundException
from litestar.params import Body
from litestar.response import Redirect
from msgspec import Struct

from app.teams.people import sign_in, sign_out, switch_team
from app.teams.queries import set_language
from app.web import languages
from app.web.answers import whole_number
from app.web.attempts import Attempts
from app.web.auth import language_for, signed_in
from app.web.cookies import session_cookie
from app.web.http import Request, Response, address_of
from app.web.languages import gettext_in
from app.web.pages import page
from app.web.sessions import Sessions

YEAR = 365 * 24 * 3600


class Credentials(Struct):
    email: str = ""
    password: str = ""


class Choice(Struct):
    language: str = ""


class TeamChoice(Struct):
    team_id: str = ""


@get("/login", sync_to_thread=False)
def show_login(request: Request) -> Response:
    if request.user is not None:
        return Redirect("/")
    return _login_page(request)


@post("/login", status_code=200)
async def log_in(
    request: Request, data: Annotated[Credentials, Body(media_type=RequestEncodingType.URL_ENCODED)]
) -> Response:
    _ = gettext_in(language_for(request)).gettext
    attempts: Attempts = request.app.state.attempts
    address = address_of(request)
    account = data.email.strip().lower()
    if wait := await attempts.wait(account, address):
        message = _("Too many attempts. Try again in %(minutes)s min.") % {"minutes": -(-wait // 60)}
        return _login_page(request, message, data.email, status=429, headers={"Retry-After": str(wait)})
    sessions: Sessions = request.app.state.sessions
    demo_login = request.app.state.demo_login
    token = await sign_in(data.email, data.password[:1000], sessions, demo_login=demo_login)
    if token is None:
        return _login_page(request, _("The e-mail address or the password is wrong."), data.email, status=401)
    await attempts.forgive(account, address)
    if request.auth is not None:
        # Whoever signs in over an open session leaves it behind, and its streams with it.
        await sign_out(request.user, sessions) if request.user else await sessions.end(request.auth.id)
    return Redirect("/", status_code=303, cookies=[session_cookie(request, token)])


@post("/logout", status_code=200)
async def log_out(request: Request) -> Response:
    if request.user is not None:
        await sign_out(request.user, request.app.state.sessions)
    return Redirect("/login", status_code=303, cookies=[session_cookie(request, "")])


@post("/team", guards=[signed_in], status_code=200)
async def choose_team(
    request: Request, data: Annotated[TeamChoice, Body(media_type=RequestEncodingType.URL_ENCODED)]
) -> Response:
    """From then on the session looks at another of the viewer's teams."""
    if not await switch_team(request.user, whole_number(data.team_id), request.app.state.sessions):
        raise NotFoundException
    return Redirect("/", status_code=303)


@post("/language", status_code=200)
async def choose_language(
    request: Request, data: Annotated[Choice, Body(media_type=RequestEncodingType.URL_ENCODED)]
) -> Response:
    """Kept for the user, and in the browser for the login page."""
    if not languages.is_spoken(data.language):
        raise ClientException(f"language: {', '.join(language.code for language in languages.LANGUAGES)}")
    if request.user is not None:
        await set_language(request.user.user_id, data.language)
    secure = request.app.state.settings.secure_cookies
    chosen = Cookie(
        key=languages.COOKIE, value=data.language, max_age=YEAR, path="/", httponly=True, samesite="lax", secure=secure
    )
    return Redirect(_where_he_was(request), status_code=303, cookies=[chosen])


def _where_he_was(request: Request) -> str:
    """The path alone, so that nobody is led to another site. Browsers read a double slash as another site's name."""
    parts = urlsplit(request.headers.get("referer", ""))
    path = "/" + parts.path.lstrip("/\\")
    return f"{path}?{parts.query}" if parts.query else path


def _login_page(
    request: Request,
    error: str | None = None,
    email: str = "",
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> Response:
    return page(
        request,
        "web/login.html",
        status=status,
        headers=headers,
        error=error,
        email=email,
        demo_hint=request.app.state.demo_login,
    )


ROUTES = [show_login, log_in, log_out, choose_team, choose_language]
