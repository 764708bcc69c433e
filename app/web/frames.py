"""A page around its parts, rendered once: what differs from load to load is filled into it as text.

The parts come rendered already; rendering the rest again for every load would cost more than all else that a load
needs.
"""

import re
import secrets
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from markupsafe import Markup, escape

from app.web.templates import render

KEPT = 1_000
"""Frames in memory, at about 15 KB each."""

# Nothing that is rendered can contain it, by chance or on purpose.
_SEAM = secrets.token_hex(12)
_HOLE = re.compile(rf"{_SEAM}-(\w+)-{_SEAM}")


def framed(name: str, language: str, holes: Mapping[str, str], **still: Any) -> str:
    """The template with its `holes` filled: text is escaped, markup is not.

    `still`: everything else that the template asks for. Frames are kept by it, so it is hashable, and what stands for
    a text in it is a `hole`.
    """
    pieces = list(_pieces(name, language, tuple(holes), tuple(still.items())))
    # Text, and the names of the holes in it, take turns.
    pieces[1::2] = [escape(holes[name_of_hole]) for name_of_hole in pieces[1::2]]
    return "".join(pieces)


def hole(name: str) -> Markup:
    return Markup(f"{_SEAM}-{name}-{_SEAM}")  # noqa: S704, letters alone


@lru_cache(maxsize=KEPT)
def _pieces(name: str, language: str, holes: tuple[str, ...], still: tuple[tuple[str, Any], ...]) -> tuple[str, ...]:
    return tuple(_HOLE.split(render(name, language, **{each: hole(each) for each in holes}, **dict(still))))
