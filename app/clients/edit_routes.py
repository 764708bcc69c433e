"""What people change: one client, or which clients there are. Answers are partials that enter the page like a push."""

from litestar import post
from litestar.datastructures import FormMultiDict, UploadFile
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException, PermissionDeniedException
from litestar.params import FromPath
from msgspec import UNSET, UnsetType

from app.clients.add import add_clients, plan_adding
from app.clients.edit import ClientChanges, NotesConflict, edit_client, remove_client, restore_client, save_notes
from app.clients.lists import LONGEST, entries_of_file, entries_of_text
from app.clients.page import client_page_of
from app.clients.queries import ClientRef, notes_of
from app.profiles.handles import NotAHandle
from app.refused import N_, Refused
from app.web.answers import partial_answer, refusal, typed, whole_number
from app.web.auth import managing, signed_in
from app.web.http import Request, Response


@post("/client/{client_id:int}/edit", guards=[signed_in], status_code=200)
async def edit(request: Request, client: NamedDependency[ClientRef]) -> Response:
    """Only the fields that are sent change."""
    try:
        changes = _changes(await request.form())
        if changes.need_a_manager and not request.user.may_manage:
            raise PermissionDeniedException
        await edit_client(client, changes, request.app.state.clock())
    except Refused as refused:
        return refusal(request, refused)
    shown = await client_page_of(client.team_id, client.id, request.app.state.clock())
    if shown is None:
        raise NotFoundException
    return partial_answer(request, "clients/_client_header.html", page=shown)


def _changes(form: FormMultiDict) -> ClientChanges:
    return ClientChanges(
        lead_status=_text(form, "lead_status"),
        label=_text(form, "label"),
        assigned_to=_number(form, "assigned_to"),
        inactive_after_days=_number(form, "inactive_after_days"),
    )


def _text(form: FormMultiDict, name: str) -> str | UnsetType:
    value = typed(form, name)
    return UNSET if value is None else value


def _number(form: FormMultiDict, name: str) -> int | UnsetType | None:
    """None for an empty field, and what no rule allows for what is no number."""
    value = _text(form, name)
    if isinstance(value, UnsetType):
        return UNSET
    return whole_number(value) if value.strip() else None


@post("/client/{client_id:int}/notes", guards=[signed_in], status_code=200)
async def edit_notes(request: Request, client: NamedDependency[ClientRef]) -> Response:
    form = await request.form()
    text, version = _text(form, "notes"), _number(form, "version")
    if not isinstance(text, str) or not isinstance(version, int):
        return refusal(request, Refused(N_("The notes could not be read. Load the page anew and try again.")))
    try:
        saved = await save_notes(client, text, version)
    except Refused as refused:
        return refusal(request, refused)
    if isinstance(saved, NotesConflict):
        return partial_answer(request, "clients/_notes_conflict.html", status=409, conflict=saved, client_id=client.id)
    return partial_answer(request, "clients/_client_notes.html", notes=await notes_of(client.team_id, client.id))


@post("/client/{client_id:int}/remove", guards=[signed_in, managing], status_code=204)
async def remove(request: Request, client: NamedDependency[ClientRef]) -> None:
    await remove_client(client, request.app.state.clock())


@post("/client/{client_id:int}/restore", guards=[signed_in, managing], status_code=204)
async def restore(request: Request, client_id: FromPath[int]) -> None:
    now = request.app.state.clock()
    if not 0 < client_id < 2**63 or await restore_client(request.user.team_id, client_id, now) is None:
        raise NotFoundException


@post("/clients/dry-run", guards=[signed_in, managing], status_code=200)
async def dry_run(request: Request) -> Response:
    try:
        entries = await _entries(await request.form())
        plan = await plan_adding(request.user.team_id, entries, request.app.state.settings.apify.batch)
    except Refused as refused:
        return refusal(request, refused)
    return partial_answer(request, "clients/_plan.html", plan=plan)


async def _entries(form: FormMultiDict) -> list[str]:
    file = form.get("file")
    if isinstance(file, UploadFile) and file.filename:
        entries = entries_of_file(await file.read(LONGEST + 1))
    else:
        entries = entries_of_text(typed(form, "handles") or "")
    if not entries:
        raise Refused(N_("There is no account in it: paste handles or addresses, or choose a file."), field="handles")
    return entries


@post("/clients", guards=[signed_in, managing], status_code=200)
async def add(request: Request) -> Response:
    """All accounts of the form that are new, or none where one is no handle."""
    try:
        entries = await _entries(await request.form())
        added = await add_clients(request.user.team_id, entries, request.app.state.clock())
    except NotAHandle as error:
        return refusal(request, Refused(N_("%(what)s Nothing was added."), what=error))
    except Refused as refused:
        return refusal(request, refused)
    return partial_answer(request, "clients/_added.html", added=added)


ROUTES = [edit, edit_notes, remove, restore, dry_run, add]
