"""A handle, however somebody wrote it down."""

import re
from urllib.parse import urlsplit

_HANDLE = re.compile(r"[a-z0-9._]{1,30}", re.ASCII)
_HOSTS = {"instagram.com", "www.instagram.com", "m.instagram.com"}
# First words of addresses that lead to a thing, not to an account.
_NOT_ACCOUNTS = {"p", "reel", "reels", "stories", "explore", "tv", "accounts", "direct", "about"}


class NotAHandle(ValueError):
    """The message says what is wrong with what was typed; `reason` is `spaces`, `not_an_account` (the address of a
    post, say), `another_site` or `not_a_handle`."""

    def __init__(self, message: str, reason: str = "not_a_handle") -> None:
        super().__init__(message)
        self.reason = reason


def parse_handle(text: str) -> str:
    """`@Name`, `name` or an account's address → `name`. Raises `NotAHandle`."""
    text = text.strip()
    if "/" in text:
        text = _handle_in(text)
    handle = text.removeprefix("@").lower()
    if not _HANDLE.fullmatch(handle) or handle.startswith(".") or handle.endswith(".") or ".." in handle:
        reason = "spaces" if re.search(r"\s", text) else "not_a_handle"
        raise NotAHandle(f"'{text[:60]}' is not an Instagram handle.", reason)
    return handle


def _handle_in(address: str) -> str:
    try:
        parts = urlsplit(address if "://" in address else f"https://{address}")
        host = parts.hostname
    except ValueError:
        host = None
    if host not in _HOSTS:
        raise NotAHandle(f"'{address[:60]}' is not an Instagram address.", "another_site")
    first = parts.path.strip("/").split("/")[0]
    if not first or first.lower() in _NOT_ACCOUNTS:
        raise NotAHandle(f"'{address[:60]}' is not the address of an account.", "not_an_account")
    return first
