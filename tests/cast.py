"""A small cast of named people instead of random rows."""

from datetime import UTC, datetime, timedelta

import msgspec

from app.clients.add import add_client
from app.clients.queries import ClientRef, client_of
from app.profiles.queries import ProfileRef, profiles_by_id
from app.teams.passwords import hash_password
from app.teams.queries import insert_member, insert_team, insert_user

PASSWORD = "correct horse battery"
NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)

_hashes: dict[str, str] = {}


class Person(msgspec.Struct, frozen=True):
    id: int
    email: str
    team_id: int


class Cast(msgspec.Struct, frozen=True):
    alice: Person
    """Owner of Acme, which watches @bakery."""
    bob: Person
    """Member of Acme."""
    charlie: Person
    """Owner of Globex, a stranger to Acme. Globex watches @florist."""
    bakery: ClientRef
    florist: ClientRef


async def make_cast() -> Cast:
    acme, globex = await insert_team("Acme"), await insert_team("Globex", "Asia/Tokyo")
    alice = await _person("Alice", acme, "owner")
    bob = await _person("Bob", acme, "member")
    charlie = await _person("Charlie", globex, "owner")
    return Cast(alice, bob, charlie, await client(acme, "bakery"), await client(globex, "florist"))


async def _person(name: str, team_id: int, role: str) -> Person:
    email = f"{name.lower()}@example.org"
    if PASSWORD not in _hashes:
        _hashes[PASSWORD] = await hash_password(PASSWORD)
    user_id = await insert_user(email, name, _hashes[PASSWORD])
    assert user_id is not None
    await insert_member(team_id, user_id, role)
    return Person(user_id, email, team_id)


async def client(team_id: int, handle: str, since: datetime = NOW - timedelta(days=30)) -> ClientRef:
    """A client of the team, tracked since then."""
    client_id, _ = await add_client(team_id, handle, since)
    found = await client_of(team_id, client_id)
    assert found is not None
    return found


async def profile_of(client: ClientRef) -> ProfileRef:
    return (await profiles_by_id([client.profile_id]))[0]
