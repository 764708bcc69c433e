"""Clients for programs: list, read, add, edit, stop tracking."""

import contextlib
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from litestar import Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException, PermissionDeniedException
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody
from msgspec import UNSET, Meta, Struct, UnsetType, convert

from app.analytics.rates import NEWEST, Rates, rates
from app.clients.add import add_client
from app.clients.edit import ClientChanges, NotesConflict, edit_client, remove_client, save_notes
from app.clients.queries import ClientRef, client_facts, newest_posts, notes_of
from app.clients.texts import LONGEST_LABEL, LONGEST_NOTES
from app.database import transaction
from app.profiles.handles import NotAHandle
from app.refused import Refused
from app.web.api import BadInput, Conflict, failures
from app.web.auth import Viewer
from app.web.http import Request

LeadStatus = Literal["NEW_LEAD", "CONTACTED", "NEGOTIATING", "CLIENT", "LOST"]
LARGEST_ID = 2**63 - 1


class ClientFacts(Struct, frozen=True, kw_only=True):
    """One client of the team."""

    id: Annotated[int, Meta(examples=[7])]
    username: Annotated[str, Meta(examples=["cafe.clara"])]
    profile_pic_url: Annotated[
        str | None, Meta(description="Of this server; asks for the same token.", examples=["/client/7/avatar"])
    ]
    custom_label: Annotated[str | None, Meta(examples=["Café Clara, Amsterdam"])]
    lead_status: LeadStatus
    tracking_started_at: datetime
    followers_count: Annotated[int | None, Meta(examples=[12840])]
    total_stories_archived: int
    total_posts_tracked: int
    status_signal: Annotated[
        Literal["GREEN", "YELLOW", "RED", "GREY"],
        Meta(
            description="GREEN: silent for the threshold or longer; YELLOW: for more than a day; RED: posting as "
            "usual; GREY: can't be read, or not yet checked."
        ),
    ]
    stories_inactive_days: Annotated[int | None, Meta(description="Whole observed days since the newest story.")]
    assigned_to: Annotated[int | None, Meta(description="A member's id.")]
    inactive_after_days: Annotated[int | None, Meta(description="The threshold; null: as the team's.")]
    notes: str | None
    notes_version: Annotated[int, Meta(description="Send it with changed notes.")]


class Analytics(Struct, frozen=True, kw_only=True):
    """Over the newest posts, up to 20."""

    avg_likes: float | None
    avg_comments: float | None
    engagement_rate: Annotated[float | None, Meta(description="Percent of the followers.")]
    posts_per_day: float | None


class ClientAnswer(Struct, frozen=True):
    client: ClientFacts


class ClientWithAnalytics(Struct, frozen=True):
    client: ClientFacts
    analytics: Analytics


class ClientList(Struct, frozen=True):
    clients: list[ClientFacts]


class NewClient(Struct, frozen=True, forbid_unknown_fields=True):
    handle: Annotated[
        str,
        Meta(
            description="A username, with or without @, or the address of an account.",
            examples=["cafe.clara", "https://www.instagram.com/cafe.clara/"],
            max_length=500,
        ),
    ]


class ClientEdit(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is left out stays as it is."""

    lead_status: LeadStatus | UnsetType = UNSET
    custom_label: Annotated[str, Meta(max_length=LONGEST_LABEL)] | UnsetType | None = UNSET
    notes: Annotated[str, Meta(max_length=LONGEST_NOTES)] | UnsetType | None = UNSET
    notes_version: Annotated[int, Meta(ge=0, le=2**31 - 1)] | UnsetType = UNSET
    assigned_to: Annotated[int, Meta(ge=1, le=LARGEST_ID)] | UnsetType | None = UNSET
    inactive_after_days: Annotated[int, Meta(ge=1, le=60)] | UnsetType | None = UNSET


@get("/clients", summary="List clients", tags=["clients"], responses=failures())
async def list_clients(request: Request) -> ClientList:
    """Every client of the team, by username."""
    return ClientList([_facts(row) for row in await client_facts(request.user.team_id)])


@get("/client/{client_id:int}", summary="Read a client", tags=["clients"], responses=failures(404))
async def read_client(request: Request, client: NamedDependency[ClientRef]) -> ClientWithAnalytics:
    """The client with the figures of its newest posts."""
    facts = await _facts_of(client.team_id, client.id)
    newest = await newest_posts(client.profile_id, NEWEST)
    return ClientWithAnalytics(facts, _analytics(rates(newest, facts.followers_count, request.app.state.clock())))


@post(
    "/clients",
    operation_id="add_client",
    summary="Add a client",
    tags=["clients"],
    responses=failures(403, 413, 415) | {200: ResponseSpec(ClientAnswer, description="It was tracked already.")},
)
async def add(request: Request, data: JSONBody[NewClient]) -> Response[ClientAnswer]:
    """Begins to track an account, which is read at once. Managers only."""
    _managers_only(request.user)
    try:
        client_id, is_new = await add_client(request.user.team_id, data.handle, request.app.state.clock())
    except NotAHandle as error:
        raise BadInput("handle", str(error)) from error
    answer = ClientAnswer(await _facts_of(request.user.team_id, client_id))
    return Response(answer, status_code=201 if is_new else 200)


@patch(
    "/client/{client_id:int}",
    operation_id="edit_client",
    summary="Edit a client",
    tags=["clients"],
    responses=failures(403, 404, 409, 413, 415),
)
async def edit(request: Request, client: NamedDependency[ClientRef], data: JSONBody[ClientEdit]) -> ClientAnswer:
    """All of it, or nothing. With `notes_version`, notes that somebody else changed since are not overwritten: the
    answer is 409. The threshold (`inactive_after_days`) is for managers only."""
    changes = ClientChanges(
        lead_status=data.lead_status,
        label=data.custom_label,
        assigned_to=data.assigned_to,
        inactive_after_days=data.inactive_after_days,
    )
    if changes.need_a_manager:
        _managers_only(request.user)
    with _said_to_the_caller():
        async with transaction():
            await edit_client(client, changes, request.app.state.clock())
            if data.notes is not UNSET:
                await _save_notes(client, data.notes or "", data.notes_version)
    return ClientAnswer(await _facts_of(client.team_id, client.id))


@delete(
    "/client/{client_id:int}",
    operation_id="remove_client",
    summary="Stop tracking",
    tags=["clients"],
    responses=failures(403, 404),
)
async def remove(request: Request, client: NamedDependency[ClientRef]) -> None:
    """What was archived stays, and is there again when the account is added again. Managers only."""
    _managers_only(request.user)
    await remove_client(client, request.app.state.clock())


async def _save_notes(client: ClientRef, notes: str, version: int | UnsetType) -> None:
    if version is UNSET:
        now = await notes_of(client.team_id, client.id)
        version = now.version if now else 0
    if isinstance(await save_notes(client, notes, version), NotesConflict):
        raise Conflict(detail="The notes were changed in the meantime. Read the client again.")


def _managers_only(viewer: Viewer) -> None:
    if not viewer.may_manage:
        raise PermissionDeniedException("Only a manager of the team may do this.")


@contextlib.contextmanager
def _said_to_the_caller() -> Iterator[None]:
    try:
        yield
    except Refused as error:
        field = "custom_label" if error.field == "label" else error.field
        raise BadInput(field or "body", str(error)) from error


async def _facts_of(team_id: int, client_id: int) -> ClientFacts:
    rows = await client_facts(team_id, client_id)
    if not rows:
        # Removed since it was found.
        raise NotFoundException
    return _facts(rows[0])


def _facts(row: dict[str, Any]) -> ClientFacts:
    has_picture = row.pop("has_picture")
    return convert(row | {"profile_pic_url": f"/client/{row['id']}/avatar" if has_picture else None}, ClientFacts)


def _analytics(figures: Rates) -> Analytics:
    return Analytics(
        avg_likes=_float(figures.avg_likes),
        avg_comments=_float(figures.avg_comments),
        engagement_rate=_float(figures.engagement_rate),
        posts_per_day=_float(figures.posts_per_day),
    )


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


ROUTES = [list_clients, read_client, add, edit, remove]
