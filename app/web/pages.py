"""What every page is wrapped in."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from litestar.enums import MediaType
from litestar.utils.empty import value_or_default
from litestar.utils.scope.state import ScopeState

from app.live.cursor import Cursor
from app.web.auth import Viewer, language_for
from app.web.http import Request, Response
from app.web.languages import LANGUAGES
from app.web.templates import render

# Pages hold what only their viewer may see, and a cursor that ages.
NOT_KEPT = {"Cache-Control": "no-store"}


def page(
    request: Request,
    template: str,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    live: str | None = None,
    cursor: Cursor | None = None,
    **context: Any,
) -> Response:
    """A whole page. `live`: its name on the stream; `cursor`: where the hub stood before the page's first read."""
    viewer: Viewer | None = request.scope.get("user")
    state = request.app.state
    return Response(
        render(
            template,
            language_for(request),
            viewer=viewer,
            languages=LANGUAGES,
            may_manage=viewer is not None and viewer.may_manage,
            csrf_token=value_or_default(ScopeState.from_scope(request.scope).csrf_token, ""),
            is_demo=state.settings.is_demo,
            stream=f"/live?page={quote(live)}&since={quote(str(cursor or ''))}" if live else None,
            zone=(viewer.time_zone or "") if viewer else "",
            session=viewer.session.public_id if viewer else "",
            version=state.version,
            **context,
        ),
        media_type=MediaType.HTML,
        status_code=status,
        headers={**NOT_KEPT, **(headers or {})},
    )
