"""From what somebody typed to clients that are tracked."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from app.alerts.inactivity import evaluate
from app.clients.queries import KnownHandle, client_of, known_handles, read_soon, track
from app.database import transaction
from app.live.events import ClientAdded
from app.live.publish import publish
from app.profiles.handles import NotAHandle, parse_handle
from app.profiles.queries import ProfileRef, hold_profile, profile_named


async def add_client(team_id: int, handle: str, now: datetime) -> tuple[int, bool]:
    """Begins to track an account: its client's id, and False where it was tracked already.

    The account is read at once. Raises `NotAHandle`.
    """
    username = parse_handle(handle)
    async with transaction():
        client_id, is_new = await _track(team_id, await profile_named(username), now)
    return client_id, is_new


async def add_clients(team_id: int, handles: Sequence[str], now: datetime) -> list[int]:
    """The ids of those that were not tracked already; all of them or none. Raises `NotAHandle`."""
    # In one order, so that two people who add the same accounts at once don't wait for each other in a ring.
    usernames = sorted({parse_handle(handle) for handle in handles})
    async with transaction():
        profiles = [await profile_named(username) for username in usernames]
        # And these in the order of `hold_profiles`.
        profiles.sort(key=lambda profile: -profile.id)
        tracked = [await _track(team_id, profile, now) for profile in profiles]
    return [client_id for client_id, is_new in tracked if is_new]


async def _track(team_id: int, profile: ProfileRef, now: datetime) -> tuple[int, bool]:
    state = await hold_profile(profile.id)
    client_id, is_new = await track(team_id, profile.id, now)
    if is_new:
        await read_soon(profile.id, now)
        client = await client_of(team_id, client_id) if state != "new" else None
        if client is not None:
            # Another team has it read, or it comes back from the archive.
            await evaluate(client, now)
        await publish(ClientAdded(team_id=team_id, client_id=client_id))
    return client_id, is_new


class PlannedLine(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of a list, and what adding it would do."""

    text: str
    verdict: str
    """`new`, `back` (was removed, and has a history), `tracked`, `repeated` or `refused`."""
    handle: str | None = None
    reason: str | None = None
    """Why it is refused: see `NotAHandle`."""
    state: str | None = None
    """What is known of the account: `profiles.state`; None: nothing yet."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    lines: tuple[PlannedLine, ...]
    batch: int
    """How many accounts one request reads."""

    @property
    def to_add(self) -> list[str]:
        return [line.handle for line in self.lines if line.handle and line.verdict in ("new", "back")]

    @property
    def requests(self) -> int:
        return -(-len(self.to_add) // self.batch)

    def count(self, *verdicts: str) -> int:
        return sum(line.verdict in verdicts for line in self.lines)


async def plan_adding(team_id: int, entries: Sequence[str], batch: int) -> Plan:
    """A dry run: stores nothing."""
    read = [_read(entry) for entry in entries]
    known = await known_handles(team_id, sorted({line.handle for line in read if line.handle}))
    seen: set[str] = set()
    lines = []
    for line in read:
        lines.append(_judged(line, known, seen) if line.handle else line)
        seen.add(line.handle or "")
    return Plan(lines=tuple(lines), batch=batch)


def _read(entry: str) -> PlannedLine:
    shown = entry[:100]
    try:
        return PlannedLine(text=shown, verdict="new", handle=parse_handle(entry))
    except NotAHandle as error:
        return PlannedLine(text=shown, verdict="refused", reason=error.reason)


def _judged(line: PlannedLine, known: dict[str, KnownHandle], seen: set[str]) -> PlannedLine:
    if line.handle in seen:
        return msgspec.structs.replace(line, verdict="repeated")
    account = known.get(line.handle or "")
    if account is None:
        return line
    verdict = "new" if account.client_id is None else "back" if account.was_removed else "tracked"
    state = "private" if account.is_private else None if account.state == "new" else account.state
    return msgspec.structs.replace(line, verdict=verdict, state=state)
