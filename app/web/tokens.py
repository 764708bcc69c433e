"""Bearer tokens of programs: only a hash is kept, so that what the database holds opens nothing."""

import hashlib
import secrets
from typing import Any

from litestar.connection import ASGIConnection

# Lets scanners for leaked secrets recognize one.
PREFIX = "alrt_"


def new_token() -> str:
    return PREFIX + secrets.token_urlsafe(32)


def hash_of(token: str) -> str:
    # No salt and no slow hash: 32 random bytes can't be guessed.
    return hashlib.sha256(token.encode()).hexdigest()


def session_of(token_id: int) -> str:
    """What stands in for the id of a session where a program asks."""
    return f"token:{token_id}"


def token_of(session: str) -> int | None:
    """The token's id; None for a person's session."""
    kind, _, token_id = session.partition(":")
    return int(token_id) if kind == "token" else None


def bearer_of(connection: ASGIConnection[Any, Any, Any, Any]) -> str | None:
    """The token of `Authorization: Bearer …`; None where the request carries none."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None
