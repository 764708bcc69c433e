"""Typed looks into rows of somebody else's JSON, where any field may be missing or of another type."""

import math
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

Row = dict[str, Any]

_FROM_MILLISECONDS = 10**11
_LARGEST = 2**63 - 1
_EXACT_IN_FLOAT = 2**53
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_NO_HANDLES = {"p", "reel", "reels", "tv", "explore", "accounts"}


def text(row: Row, *keys: str) -> str | None:
    """The first that holds text, without what PostgreSQL refuses: NUL, and the half emoji of cut captions."""
    for key in keys:
        value = row.get(key)
        if isinstance(value, str) and value.strip():
            return value.replace("\0", "").encode("utf-8", "replace").decode()
    return None


def number(row: Row, *keys: str) -> int | None:
    """The first that holds a count. −1 stands for hidden."""
    for key in keys:
        value = _real(row.get(key))
        if value is not None and 0 <= value <= _LARGEST:
            return int(value)
    return None


def moment(row: Row, *keys: str) -> datetime | None:
    for key in keys:
        found = _moment(row.get(key))
        if found is not None:
            return found
    return None


def flag(row: Row, key: str) -> bool | None:
    value = row.get(key)
    return value if isinstance(value, bool) else None


def identity(row: Row, *keys: str) -> str | None:
    """An account's id. A number too large for a float may have been rounded on its way and names nobody."""
    for key in keys:
        value = row.get(key)
        if isinstance(value, str) and value.isascii() and value.isdigit():
            return value
        if isinstance(value, int) and not isinstance(value, bool) and 0 < value < _EXACT_IN_FLOAT:
            return str(value)
    return None


def address(row: Row, *keys: str) -> str | None:
    for key in keys:
        value = text(row, key)
        if value is not None and value.startswith(("https://", "http://")):
            return value
    return None


def child(row: Row, *keys: str) -> Row:
    for key in keys:
        value = row.get(key)
        if isinstance(value, dict):
            return value
    return {}


def children(row: Row, *keys: str) -> Iterator[Row]:
    for key in keys:
        value = row.get(key)
        if isinstance(value, list):
            yield from (entry for entry in value if isinstance(entry, dict))


def words(row: Row, key: str) -> Iterator[str]:
    value = row.get(key)
    if isinstance(value, list):
        yield from (found for entry in value if (found := text({"": entry}, "")))


def fold(handle: str | None) -> str:
    return (handle or "").strip().lstrip("@").casefold()


def handle_in(url: str | None) -> str | None:
    """The account that an Instagram address names, if it names one."""
    found = re.search(r"instagram\.com/(?:stories/)?@?([^/?#\s]+)", url or "", re.IGNORECASE)
    return found[1] if found and found[1].lower() not in _NO_HANDLES else None


def media_id(shortcode: str | None) -> str | None:
    """The media id that a shortcode spells. Private accounts' codes carry a suffix after eleven letters."""
    digits = [_ALPHABET.find(letter) for letter in (shortcode or "")[:11]]
    if not digits or -1 in digits:
        return None
    value = 0
    for digit in digits:
        value = value * 64 + digit
    return str(value)


def _real(value: object) -> float | int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and re.fullmatch(r"-?\d{1,19}(\.\d+)?", value.strip(), re.ASCII):
        return float(value) if "." in value else int(value)
    if isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    return None


def _moment(value: object) -> datetime | None:
    seconds = _real(value)
    try:
        if seconds is not None:
            whole = seconds / 1000 if seconds > _FROM_MILLISECONDS else seconds
            return datetime.fromtimestamp(whole, UTC) if whole > 0 else None
        if not isinstance(value, str):
            return None
        found = datetime.fromisoformat(value.strip())
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        return None
