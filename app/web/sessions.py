"""Who is signed in: kept in Redis under a hash of the cookie's token, so that what Redis holds opens nothing.

Anonymous visitors have no session; signing in always makes a new one, so that no id is ever carried over.
"""

import hashlib
import secrets
from collections.abc import Collection

import msgspec
from redis.asyncio import Redis

COOKIE = "alrt_session"
LIFE = 30 * 24 * 3600
"""Seconds without a visit after which one must sign in again."""


class Session(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    user_id: int
    team_id: int
    proof: str = ""
    """Stands for the password and the membership that it was opened with: another password ends it, and so does
    leaving the team, for good."""

    @property
    def public_id(self) -> str:
        """May be shown to the browser's scripts."""
        return self.id[:16]


class Sessions:
    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def begin(self, user_id: int, team_id: int, proof: str) -> str:
        """The token for the cookie."""
        token = secrets.token_urlsafe(32)
        session = Session(id=_hash(token), user_id=user_id, team_id=team_id, proof=proof)
        await self._redis.set(_key(session.id), msgspec.json.encode(session), ex=LIFE)
        return token

    async def find(self, token: str | None) -> Session | None:
        if not token:
            return None
        stored = await self._redis.getex(_key(_hash(token)), ex=LIFE)
        return msgspec.json.decode(stored, type=Session) if stored else None

    async def go_on(self, session: Session, team_id: int, proof: str) -> None:
        """The session goes on in another team, or with another password; one that has ended stays ended."""
        changed = msgspec.structs.replace(session, team_id=team_id, proof=proof)
        await self._redis.set(_key(session.id), msgspec.json.encode(changed), ex=LIFE, xx=True)

    async def end(self, session_id: str) -> None:
        await self._redis.delete(_key(session_id))

    async def kept(self, session_ids: Collection[str]) -> dict[str, Session]:
        """Those of the sessions that still exist, by id, in one round trip."""
        asked = sorted(session_ids)
        if not asked:
            return {}
        stored = await self._redis.mget([_key(session_id) for session_id in asked])
        return {
            session_id: msgspec.json.decode(found, type=Session)
            for session_id, found in zip(asked, stored, strict=True)
            if found
        }


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _key(session_id: str) -> str:
    return f"session:{session_id}"
