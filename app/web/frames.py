"""A page around its parts, rendered once: what differs from load to load is filled into it as text.

The parts come rendered already; rendering the rest again for every load would cost more than all else that a load
needs.
"""

import re
import secrets
from collections.abc import Mapping
from functools import lru_cache
from itertools import chain
from typing import Any

from markupsafe import Markup, escape

from app.web.templates import render

KEPT = 1_000
"""Frames in memory, at about 15 KB each."""

# Nothing that is rendered can contain it, by chance or on purpose.
_SEAM = secrets.token_hex(12)
_HOLE = re.compile(rf"{_SEAM}-(\w+)-{_SEAM}")


def framed(name: str, language: str, holes: Mapping[str, str], **still: Any) -> bytes:
    """The template with its `holes` filled: text is escaped, markup is not. In UTF-8, piece by piece: joined as text,
    one letter outside of Latin would make the whole page take twice the time.

    `still`: everything else that the template asks for. Frames are kept by it, so it is hashable, and what stands for
    a text in it is a `hole`.
    """
    texts, names = _pieces(name, language, tuple(holes), tuple(still.items()))
    filled = [escape(holes[name_of_hole]).encode() for name_of_hole in names]
    return b"".join(chain(*zip(texts, filled, strict=False), texts[-1:]))


def hole(name: str) -> Markup:
    return Markup(f"{_SEAM}-{name}-{_SEAM}")  # noqa: S704, letters alone


@lru_cache(maxsize=KEPT)
def _pieces(
    name: str, language: str, holes: tuple[str, ...], still: tuple[tuple[str, Any], ...]
) -> tuple[list[bytes], list[str]]:
    """What stands between the holes, and the holes' names: the first is one longer."""
    html = render(name, language, **{each: hole(each) for each in holes}, **dict(still))
    # Text, and the names of the holes in it, take turns.
    pieces = _HOLE.split(html)
    return [text.encode() for text in pieces[::2]], pieces[1::2]
