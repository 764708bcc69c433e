"""Answers to what people change: partials that enter the page like a push, and refusals said where it was typed."""

from typing import Any

from litestar.datastructures import FormMultiDict
from litestar.enums import MediaType

from app.refused import Refused
from app.web.auth import language_for
from app.web.http import Request, Response
from app.web.languages import gettext_in
from app.web.pages import NOT_KEPT
from app.web.templates import render


def html_answer(html: str, *, status: int = 200) -> Response:
    return Response(html, media_type=MediaType.HTML, status_code=status, headers=NOT_KEPT)


def partial_answer(request: Request, template: str, *, status: int = 200, **context: Any) -> Response:
    return html_answer(render(template, language_for(request), **context), status=status)


def refusal(request: Request, refused: Refused) -> Response:
    message = refused.said(gettext_in(language_for(request)).gettext)
    return partial_answer(request, "shared/_refused.html", status=422, message=message, field=refused.field)


def typed(form: FormMultiDict, name: str) -> str | None:
    """None where the form has no such field."""
    value = form.get(name)
    return value if isinstance(value, str) else None


def whole_number(text: str) -> int:
    """-1, which no rule allows, for what is no number."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else -1
