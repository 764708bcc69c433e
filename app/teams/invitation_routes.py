"""The page behind an invitation's link. Whoever holds the link may read it; nobody needs to be signed in."""

from typing import Annotated, Any

from litestar import get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath
from litestar.response import Redirect
from msgspec import Struct

from app.refused import N_, Refused
from app.teams.invitations import InvitationOver, WrongPassword, accept
from app.teams.passwords import SHORTEST
from app.teams.people import is_locked_out, sign_out
from app.teams.queries import invitation_by_hash, member_by_email, user_by_email
from app.teams.views import Invitation
from app.web.attempts import Attempts
from app.web.auth import language_for
from app.web.cookies import session_cookie
from app.web.http import Request, Response, address_of
from app.web.languages import gettext_in
from app.web.pages import page
from app.web.sessions import Sessions
from app.web.tokens import hash_of


class Answer(Struct):
    full_name: str = ""
    password: str = ""


@get("/invitation/{token:str}")
async def show_invitation(request: Request, token: FromPath[str]) -> Response:
    invitation = await invitation_by_hash(hash_of(token))
    if invitation is None:
        return await _unknown(request)
    return await _page(request, invitation)


@post("/invitation/{token:str}", status_code=200)
async def accept_invitation(
    request: Request,
    token: FromPath[str],
    data: Annotated[Answer, Body(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response:
    invitation = await invitation_by_hash(hash_of(token))
    if invitation is None:
        return await _unknown(request)
    if wait := await _wait(request, invitation.email):
        return await _page(request, invitation, _too_many(wait), data.full_name, status=429, wait=wait)
    sessions: Sessions = request.app.state.sessions
    try:
        session = await accept(
            invitation,
            data.full_name,
            data.password[:2000],
            language_for(request),
            sessions,
            request.app.state.clock(),
            demo_login=request.app.state.demo_login,
        )
    except InvitationOver:
        return await _page(request, await invitation_by_hash(hash_of(token)) or invitation, is_over=True)
    except Refused as refused:
        status = 401 if isinstance(refused, WrongPassword) else 422
        return await _page(request, invitation, refused, data.full_name, status=status)
    await _attempts(request).forgive(invitation.email, address_of(request))
    if request.auth is not None:
        # Whoever joins over an open session leaves that one behind, as at the login.
        await sign_out(request.user, sessions) if request.user else await sessions.end(request.auth.id)
    return Redirect("/", status_code=303, cookies=[session_cookie(request, session)])


async def _page(
    request: Request,
    invitation: Invitation,
    refused: Refused | None = None,
    full_name: str = "",
    *,
    status: int = 200,
    wait: int = 0,
    is_over: bool = False,
) -> Response:
    """What can be done with it now: used and expired ones are gone (410)."""
    state = "open"
    if invitation.used_at is not None:
        state = "used"
    elif is_over or invitation.expires_at <= request.app.state.clock() or _is_locked_out(request, invitation):
        state = "over"
    elif await member_by_email(invitation.team_id, invitation.email) is not None:
        state = "member"
    said: dict[str, Any] = {}
    if refused is not None and state == "open":
        said = {"error": refused.said(gettext_in(language_for(request)).gettext), "field": refused.field}
    return page(
        request,
        "teams/invitation.html",
        status=410 if state in ("used", "over") else status,
        headers={"Retry-After": str(wait), **PRIVATE} if wait else PRIVATE,
        invitation=invitation,
        state=state,
        has_account=await user_by_email(invitation.email) is not None,
        full_name=full_name,
        shortest=SHORTEST,
        **{"error": None, "field": None, **said},
    )


PRIVATE = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}
"""The address itself is the key."""


def _is_locked_out(request: Request, invitation: Invitation) -> bool:
    return is_locked_out(invitation.email, demo_login=request.app.state.demo_login)


async def _unknown(request: Request) -> Response:
    """A withdrawn one is told from none that ever was by nobody; who tries many has to wait."""
    _ = gettext_in(language_for(request)).gettext
    if wait := await _wait(request, "an invitation"):
        title, message = _("Too many requests"), _too_many(wait).said(_)
        headers = {"Retry-After": str(wait)}
        return page(request, "web/error.html", status=429, headers=headers, code=429, title=title, message=message)
    title = _("No such invitation")
    message = _("It may have been withdrawn, or the link is not complete. Ask whoever invited you for a new one.")
    return page(request, "web/error.html", status=404, headers=PRIVATE, code=404, title=title, message=message)


async def _wait(request: Request, account: str) -> int:
    return await _attempts(request).wait(account, address_of(request))


def _too_many(wait: int) -> Refused:
    return Refused(N_("Too many attempts. Try again in %(minutes)s min."), minutes=-(-wait // 60))


def _attempts(request: Request) -> Attempts:
    attempts: Attempts = request.app.state.attempts
    return attempts


ROUTES = [show_invitation, accept_invitation]
