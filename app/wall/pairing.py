"""A screen without keyboard or login becomes a team's wall.

The screen makes nothing secret visible: the server gives it a token in a cookie, and a code to show. Whoever types the
code in settings makes that token a wall's, so that the screen need not be handed anything: an answer that is lost on
the way costs nothing.
"""

import re
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from unicodedata import category, digit

import msgspec

from app.database import transaction
from app.live.events import AccessEnded, WallsChanged
from app.live.publish import publish
from app.refused import N_, Refused
from app.teams.zones import is_zone
from app.wall.queries import choices, code_of, end_wall, insert_code, insert_wall, take_code, update_wall, wall_by_token
from app.wall.views import Shows
from app.web.attempts import Attempts
from app.web.languages import is_spoken
from app.web.tokens import hash_of, new_token

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Nothing that is mistaken for another across a room: no 0 and O, no 1, I and L, no U beside V."""
LENGTH = 8
LIFE = timedelta(minutes=10)
CODES_PER_ADDRESS = 300
"""New codes within a quarter of an hour: an office full of screens that nobody pairs."""

# Marks that turn the text around them, and what can't be shown at all; the joiners of Arabic and emoji stay.
_UNSHOWN = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
LONGEST_NAME = 60
MOST_LABELS = 100


class Waiting(msgspec.Struct, frozen=True):
    """A screen that nobody has paired yet."""

    token: str
    code: str
    expires_at: datetime


class TooMany(Exception):
    """Too many codes were asked for from this address."""

    def __init__(self, wait: int) -> None:
        super().__init__(wait)
        self.wait = wait
        """Seconds."""


class WallFacts(msgspec.Struct, frozen=True):
    """What a manager decides about a wall, as it was typed."""

    name: str
    language: str
    time_zone: str
    """Empty: the team's."""
    shows_all: bool
    clients: tuple[int, ...] = ()
    labels: tuple[str, ...] = ()


async def wait_for_pairing(token: str | None, address: str, attempts: Attempts, now: datetime) -> Waiting | None:
    """What the screen shows now: the same code as long as it holds; None once the screen was paired.

    Raises `TooMany`.
    """
    if token is not None:
        if await wall_by_token(hash_of(token)):
            return None
        if known := await code_of(hash_of(token), now):
            return Waiting(token, known["code"], known["expires_at"])
    if wait := await attempts.wait_for(f"wall-codes:{address}", CODES_PER_ADDRESS):
        raise TooMany(wait)
    # A token that opened a wall once never does again.
    token, expires_at = new_token(), now + LIFE
    code = _new_code()
    while not await insert_code(code, hash_of(token), expires_at, now):
        code = _new_code()
    return Waiting(token, code, expires_at)


def _new_code() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


async def pair(team_id: int, typed: str, facts: WallFacts, now: datetime) -> int:
    """The new wall's id. Raises `Refused`, and takes the code only where everything else is right."""
    name, language, time_zone = _checked(facts)
    shows = await _shows(team_id, facts)
    async with transaction():
        token_hash = await take_code(read_code(typed), now)
        if token_hash is None:
            raise Refused(
                N_("No screen shows this code now. Look at the screen again: its code changes every ten minutes."),
                field="code",
            )
        wall_id = await insert_wall(team_id, name, token_hash, language, time_zone, shows, now)
        await publish(WallsChanged(team_id=team_id, wall_id=wall_id))
    return wall_id


def read_code(typed: str) -> str:
    """Spaces, dashes and small letters do no harm, nor do another script's digits."""
    plain = (str(digit(letter)) if category(letter) == "Nd" else letter.upper() for letter in typed[:100])
    return "".join(letter for letter in plain if letter.isalnum())


async def edit_wall(team_id: int, wall_id: int, facts: WallFacts) -> bool:
    """False where the team has no such wall. Raises `Refused`."""
    name, language, time_zone = _checked(facts)
    shows = await _shows(team_id, facts)
    async with transaction():
        found = await update_wall(team_id, wall_id, name, language, time_zone, shows)
        if found:
            await publish(WallsChanged(team_id=team_id, wall_id=wall_id))
    return found


async def revoke_wall(team_id: int, wall_id: int, now: datetime) -> bool:
    """Its streams end with the commit, and its screens show a code. False where there is no such wall."""
    async with transaction():
        found = await end_wall(team_id, wall_id, now)
        if found:
            await publish(
                AccessEnded(team_id=team_id, user_id=0, session=f"wall:{wall_id}"),
                WallsChanged(team_id=team_id, wall_id=wall_id),
            )
    return found


def _checked(facts: WallFacts) -> tuple[str, str, str | None]:
    """Name, language and zone. Raises `Refused`."""
    name = " ".join(_UNSHOWN.sub(" ", facts.name).split())
    if not name:
        raise Refused(N_("Give the wall a name, such as the room that it hangs in."), field="name")
    if len(name) > LONGEST_NAME:
        raise Refused(
            N_("A name has at most %(most)s characters; this one has %(count)s."),
            field="name",
            most=LONGEST_NAME,
            count=len(name),
        )
    if not is_spoken(facts.language):
        raise Refused(N_("This language is not spoken here."), field="language")
    if facts.time_zone and not is_zone(facts.time_zone):
        raise Refused(N_("There is no such time zone."), field="time_zone")
    return name, facts.language, facts.time_zone or None


async def _shows(team_id: int, facts: WallFacts) -> Shows:
    """Raises `Refused`."""
    if facts.shows_all:
        return Shows()
    known = await choices(team_id)
    ours = {client_id for client_id, _ in known.clients}
    # A label that no client bears at the moment may be chosen: the next one that gets it appears.
    labels = tuple(dict.fromkeys(label for label in facts.labels if 0 < len(label) <= 200))[:MOST_LABELS]
    shows = Shows(clients=tuple(sorted(ours.intersection(facts.clients))), labels=labels)
    if shows.is_all:
        raise Refused(N_("Choose at least one client or label, or let the wall show all."), field="shows")
    return shows


def ids(texts: Collection[str]) -> tuple[int, ...]:
    """Those that are numbers."""
    return tuple(int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 19)
