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


def bearer_of(connection: ASGIConnection[Any, Any, Any, Any]) -> str | None:
    """The token of `Authorization: Bearer …`; None where the request carries none."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None
