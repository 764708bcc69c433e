"""What people decide about a client. Each verb: check, one transaction, tell the open pages."""

from datetime import datetime

import msgspec
from msgspec import UNSET, UnsetType

from app.alerts.inactivity import Resolution, evaluate, resolve_alerts
from app.clients.queries import (
    ClientRef,
    archive,
    client_of,
    hold_client,
    notes_of,
    read_soon,
    replace_notes,
    unarchive,
    update_client,
)
from app.clients.texts import clean_label, clean_notes
from app.clients.views import Notes
from app.database import transaction
from app.live.events import ClientAdded, ClientEdited, ClientRemoved
from app.live.publish import publish
from app.refused import N_, Refused
from app.teams.queries import members_of

LEAD_STATUSES = ("NEW_LEAD", "CONTACTED", "NEGOTIATING", "CLIENT", "LOST")
THRESHOLDS = range(1, 61)
"""Days of silence after which a client may count as silent. Checks are kept for 90 days: a longer silence, with what
nobody observed of it, could not be counted."""


class ClientChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be different; what is absent stays as it is."""

    lead_status: str | UnsetType = UNSET
    label: str | UnsetType | None = UNSET
    assigned_to: int | UnsetType | None = UNSET
    """A member's id; None: nobody."""
    inactive_after_days: int | UnsetType | None = UNSET
    """None: as long as the team's other clients."""

    @property
    def need_a_manager(self) -> bool:
        return self.inactive_after_days is not UNSET


class NotesConflict(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody else saved first; nothing was stored."""

    theirs: str
    mine: str
    version: int
    """Of theirs: saving with it puts what is saved in their place."""


async def edit_client(client: ClientRef, changes: ClientChanges, now: datetime) -> None:
    """All of it or nothing. Raises `Refused`."""
    columns = await _checked(client, changes)
    async with transaction():
        if "inactive_after_days" in columns:
            await hold_client(client.team_id, client.id)
        if not await update_client(client, columns):
            return
        if "inactive_after_days" in columns:
            await _judge_anew(client.team_id, client.id, now)
        await publish(ClientEdited(team_id=client.team_id, client_id=client.id))


async def _checked(client: ClientRef, changes: ClientChanges) -> dict[str, str | int | None]:
    """The columns of `clients` that are asked to change."""
    columns: dict[str, str | int | None] = {}
    if changes.lead_status is not UNSET:
        if changes.lead_status not in LEAD_STATUSES:
            raise Refused(N_("There is no such lead status."), field="lead_status")
        columns["lead_status"] = changes.lead_status
    if changes.label is not UNSET:
        columns["custom_label"] = clean_label(changes.label) if changes.label is not None else None
    if changes.assigned_to is not UNSET:
        if changes.assigned_to is not None and changes.assigned_to not in await _member_ids(client.team_id):
            raise Refused(N_("Only a member of the team can look after a client."), field="assigned_to")
        columns["assigned_to"] = changes.assigned_to
    if changes.inactive_after_days is not UNSET:
        days = changes.inactive_after_days
        if days is not None and days not in THRESHOLDS:
            raise Refused(
                N_("The threshold is a whole number of days from %(least)s to %(most)s."),
                field="inactive_after_days",
                least=THRESHOLDS[0],
                most=THRESHOLDS[-1],
            )
        columns["inactive_after_days"] = days
    return columns


async def _member_ids(team_id: int) -> set[int]:
    return {member.user_id for member in await members_of(team_id)}


async def _judge_anew(team_id: int, client_id: int, now: datetime) -> None:
    client = await client_of(team_id, client_id)
    if client is not None:
        await evaluate(client, now)


async def save_notes(client: ClientRef, text: str, version: int) -> NotesConflict | int:
    """The new version. What somebody else saved since *version* is never overwritten. Raises `Refused`."""
    mine = clean_notes(text)
    async with transaction():
        saved = await replace_notes(client, mine, version)
        if saved is not None:
            await publish(ClientEdited(team_id=client.team_id, client_id=client.id))
            return saved
        theirs = await notes_of(client.team_id, client.id)
    return _compare(theirs, mine)


def _compare(theirs: Notes | None, mine: str) -> NotesConflict | int:
    if theirs is None:
        raise Refused(N_("This client was removed meanwhile."), field="notes")
    if theirs.text == mine:
        return theirs.version
    return NotesConflict(theirs=theirs.text, mine=mine, version=theirs.version)


async def remove_client(client: ClientRef, now: datetime) -> None:
    """Stops tracking for the team; what was archived stays, and comes back with `restore_client`."""
    async with transaction():
        await hold_client(client.team_id, client.id)
        if await archive(client, now):
            await resolve_alerts(client, Resolution.ARCHIVED, now)
            await publish(ClientRemoved(team_id=client.team_id, client_id=client.id))


async def restore_client(team_id: int, client_id: int, now: datetime) -> ClientRef | None:
    """The client as it was; None where the team never had it."""
    async with transaction():
        await hold_client(team_id, client_id)
        profile_id = await unarchive(team_id, client_id)
        if profile_id is not None:
            await read_soon(profile_id, now)
            await _judge_anew(team_id, client_id, now)
            await publish(ClientAdded(team_id=team_id, client_id=client_id))
    return await client_of(team_id, client_id)
