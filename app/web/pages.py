"""What every page is wrapped in."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar.enums import MediaType
from litestar.utils.empty import value_or_default
from litestar.utils.scope.state import ScopeState
from markupsafe import Markup

from app.live.cursor import Cursor
from app.live.hub import Hub
from app.live.pages import Page, bell_of
from app.live.parts import bell_part
from app.web.auth import OtherTeam, Viewer, language_for
from app.web.frames import framed, hole
from app.web.http import Request, Response
from app.web.languages import LANGUAGES
from app.web.templates import render

# Pages hold what only their viewer may see, and a cursor that ages.
NOT_KEPT = {"Cache-Control": "no-store"}


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """What the frame of a page asks of its viewer: text that is filled in, and what makes frames differ."""

    user_id: str
    full_name: str
    email: str
    team_name: str
    role: str
    may_manage: bool
    may_administer: bool
    is_operator: bool
    other_teams: tuple[OtherTeam, ...]


async def framed_page(
    request: Request, template: str, *, live: Page, cursor: Cursor | None, parts: Mapping[str, Markup], **still: Any
) -> Response:
    """A page that moves by itself and is loaded often: its `parts` in a frame that is shared by all who see alike.

    `cursor`: where the hub stood before the page's first read; `still`: what else the template asks for, hashable.
    """
    viewer: Viewer = request.user
    texts = {"full_name": viewer.full_name, "email": viewer.email, "team_name": viewer.team_name}
    texts |= {"user_id": str(viewer.user_id), **_texts(request), **parts}
    texts |= {"bell": await _bell(request), "stream": _stream(viewer, live, cursor)}
    who = Shown(
        **{name: hole(name) for name in ("user_id", "full_name", "email", "team_name")},
        role=viewer.role,
        may_manage=viewer.may_manage,
        may_administer=viewer.may_administer,
        is_operator=viewer.is_operator,
        other_teams=viewer.other_teams,
    )
    return _response(framed(template, viewer.language, texts, viewer=who, **_facts(request), **still))


async def live_page(request: Request, template: str, *, live: Page, cursor: Cursor | None, **context: Any) -> Response:
    """A page that moves by itself."""
    stream = _stream(request.user, live, cursor)
    return page(request, template, bell=await _bell(request), stream=stream, **context)


def page(
    request: Request, template: str, *, status: int = 200, headers: Mapping[str, str] | None = None, **context: Any
) -> Response:
    """A page that stands still, if it is given no stream."""
    given = {"stream": None, "bell": None, **_texts(request), **_facts(request), **context}
    html = render(template, language_for(request), viewer=request.scope.get("user"), **given)
    return _response(html, status, headers)


async def _bell(request: Request) -> Markup:
    hub: Hub = request.app.state.hub
    (bell,) = await hub.shown([bell_part(request.user.team_id, request.user.user_id)], request.user.language)
    return bell


def _stream(viewer: Viewer, live: Page, cursor: Cursor | None) -> str:
    shown = dict.fromkeys((live, bell_of(viewer.user_id)))
    return f"/live?{urlencode([*(('page', str(name)) for name in shown), ('since', str(cursor or ''))])}"


def _texts(request: Request) -> dict[str, str]:
    """What differs from viewer to viewer."""
    viewer: Viewer | None = request.scope.get("user")
    return {
        "csrf_token": value_or_default(ScopeState.from_scope(request.scope).csrf_token, ""),
        "zone": (viewer.time_zone or "") if viewer else "",
        "session": viewer.session.public_id if viewer else "",
    }


def _facts(request: Request) -> dict[str, Any]:
    viewer: Viewer | None = request.scope.get("user")
    state = request.app.state
    return {
        "languages": LANGUAGES,
        "may_manage": viewer is not None and viewer.may_manage,
        "is_demo": state.settings.is_demo,
        "version": state.version,
    }


def _response(html: str | bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(html, media_type=MediaType.HTML, status_code=status, headers={**NOT_KEPT, **(headers or {})})
