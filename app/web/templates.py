"""Templates → HTML, in the viewer's language. Every text goes through gettext."""

import hashlib
import logging
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any

from babel.numbers import format_decimal
from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError
from markupsafe import Markup

from app.settings import ROOT
from app.web.dates import hour_in, month_name, short_date, weekday_names, whole_date, zone_name
from app.web.languages import Language, language_of

log = logging.getLogger("alrt.templates")


def render(name: str, language: str, **context: Any) -> Markup:
    """Raises what the template raises."""
    known = language_of(language)
    template = _environment(known).get_template(name)
    html = template.render(language=known.code, direction=known.direction, **context)
    return Markup(html)  # noqa: S704, the environment escapes


def partial(name: str, language: str, **context: Any) -> Markup | None:
    """A partial for a push: None where its template failed, which is logged.

    One broken template must not hold back the other parts of a pass.
    """
    try:
        return render(name, language, **context)
    except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError):
        log.exception("the partial %s failed", name)
        return None


def gone(element_id: str) -> Markup:
    """Tells open pages to remove an element."""
    return render("shared/_gone.html", "en", id=element_id)


def static_url(path: str) -> str:
    """Changes with every file, and for what a script imports by a relative address too: kept by browsers for ever."""
    return f"/static/{static_version()}/{path}"


@cache
def static_version() -> str:
    files = sorted(file for file in (ROOT / "static").rglob("*") if file.is_file())
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]


@cache
def _environment(language: Language) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(ROOT / "templates"),
        autoescape=True,
        # A deploy restarts the process; looking at every file's date for every page costs a tenth of it.
        auto_reload=False,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_translations(language.translations(), newstyle=True)  # type: ignore[attr-defined]
    environment.globals |= {"static_url": static_url, "weekday_names": weekday_names(language.code)}
    environment.filters |= {"iso": iso, "number": lambda value: number(value, language.code)}
    environment.filters |= {
        "whole_date": lambda day: whole_date(day, language.code),
        "short_date": lambda day: short_date(day, language.code),
        "month_name": lambda day: month_name(day, language.code),
        "hour_in": lambda moment, zone: hour_in(moment, zone, language.code),
        "zone_name": zone_name,
    }
    return environment


def iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


# A heatmap alone writes a thousand, of which few differ.
@lru_cache(maxsize=16_384)
def number(value: int | Decimal, language: str) -> str:
    """With the language's grouping, and at most two decimals."""
    return str(format_decimal(value, format="#,##0.##", locale=language))
