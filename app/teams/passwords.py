"""argon2id, in a thread: one hash takes a tenth of a second of a core and 64 MB."""

import asyncio
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 10
LONGEST = 1_000

_hasher = PasswordHasher()


@cache
def _at_once() -> asyncio.Semaphore:
    return asyncio.Semaphore(2)


async def hash_password(password: str) -> str:
    async with _at_once():
        return await asyncio.to_thread(_hasher.hash, password)


async def is_password(password: str, password_hash: str | None) -> bool:
    """Takes as long for somebody without a password, so that the time tells nothing."""
    async with _at_once():
        return await asyncio.to_thread(_verify, password, password_hash)


def _verify(password: str, password_hash: str | None) -> bool:
    try:
        return _hasher.verify(password_hash or _nobody(), password) and bool(password_hash)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobody() -> str:
    return _hasher.hash("nobody's")
