"""A worker without a queue, whose clock the test moves; and what it left behind, as plain rows."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from redis.asyncio import Redis

from app.clients.queries import ClientRef
from app.database import query
from app.live.events import AnyEvent, decode
from app.profiles.checks import CheckResult
from app.reading.batch import Results, Tools, check_profiles
from app.sources.base import Source
from app.sources.limits import Spacing
from app.storage.local import LocalStorage
from tests.cast import NOW
from tests.fakes.source import ScriptedSource


class Worker:
    def __init__(self, folder: Path, source: Source | None = None) -> None:
        self.now = NOW
        self.scripted = ScriptedSource()
        self.storage = LocalStorage(folder)
        # A source without spacing never asks Redis.
        self.tools = Tools(source or self.scripted, self.storage, Spacing(Redis()), lambda: self.now)

    def later(self, **by: float) -> None:
        self.now += timedelta(**by)

    async def check(self, kind: str, *clients: ClientRef) -> Results:
        return await check_profiles(kind, [client.profile_id for client in clients], self.tools)

    async def stories(self, client: ClientRef) -> CheckResult:
        (result,) = (await self.check("stories", client)).values()
        return result

    async def posts(self, client: ClientRef) -> CheckResult:
        (result,) = (await self.check("posts", client)).values()
        return result


async def client_row(client: ClientRef) -> dict[str, Any]:
    return (await query("SELECT * FROM clients WHERE id = {}", client.id))[0]


async def profile_row(profile_id: int) -> dict[str, Any]:
    return (await query("SELECT * FROM profiles WHERE id = {}", profile_id))[0]


async def days_of(client: ClientRef) -> dict[str, tuple[int, int, int]]:
    """Stories, posts and observed minutes by day."""
    rows = await query("SELECT * FROM activity_calendar WHERE client_id = {} ORDER BY activity_date", client.id)
    return {
        str(row["activity_date"]): (row["stories_count"], row["posts_count"], row["observed_minutes"]) for row in rows
    }


async def checks_of(client: ClientRef, kind: str = "stories") -> list[dict[str, Any]]:
    return await query("SELECT * FROM checks WHERE profile_id = {} AND kind = {} ORDER BY id", client.profile_id, kind)


async def outcomes(client: ClientRef, kind: str = "stories") -> list[str | None]:
    return [check["outcome"] for check in await checks_of(client, kind)]


async def stored(table: str, client: ClientRef) -> list[dict[str, Any]]:
    """`stories` or `posts` of the client's profile."""
    return await query(f"SELECT * FROM {table} WHERE profile_id = {{}} ORDER BY posted_at, id", client.profile_id)


async def take_events() -> list[AnyEvent]:
    """What waits for the relay, oldest first; it is taken away."""
    rows = await query("DELETE FROM outbox RETURNING id, payload")
    return [decode(row["payload"]) for row in sorted(rows, key=lambda row: row["id"])]


def names(events: Sequence[AnyEvent]) -> list[str]:
    return [event.name for event in events]
