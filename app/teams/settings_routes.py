"""The team and its people, as they are decided about. What others change meanwhile is pushed."""

from litestar import get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar_htmx import ClientRedirect
from markupsafe import Markup
from msgspec import UNSET

from app.clients.edit import THRESHOLDS
from app.live.hub import Hub
from app.live.pages import SETTINGS
from app.live.parts import Part
from app.refused import N_, Refused
from app.teams.account import AccountChanges, change_password, edit_account
from app.teams.fragments import members_partial, team_facts_partial
from app.teams.invitations import LIFE, invite, withdraw
from app.teams.members import change_role, leave_team, remove_member
from app.teams.passwords import SHORTEST
from app.teams.roles import ROLES
from app.teams.team import TeamChanges, edit_team
from app.teams.tokens import create_own_token, revoke_shown, tokens_for
from app.teams.zones import zones
from app.web.answers import html_answer, partial_answer, refusal, typed, whole_number
from app.web.attempts import Attempts
from app.web.auth import Viewer, administering, signed_in
from app.web.http import Request, Response, address_of
from app.web.pages import live_page
from app.web.templates import render

LARGEST_ID = 2**63 - 1


@get("/settings", guards=[signed_in])
async def show_settings(request: Request) -> Response:
    hub: Hub = request.app.state.hub
    cursor = hub.cursor
    viewer: Viewer = request.user
    names = ("team_facts", "members", "walls")
    parts = await hub.shown([Part(name, viewer.team_id) for name in names], viewer.language)
    return await live_page(
        request,
        "teams/settings.html",
        live=SETTINGS,
        cursor=cursor,
        **dict(zip(names, parts, strict=True)),
        tokens=await tokens_for(viewer),
        roles=invitable(viewer),
        zones=zones(),
        thresholds=THRESHOLDS,
        shortest=SHORTEST,
    )


def invitable(viewer: Viewer) -> tuple[str, ...]:
    """Roles into which the viewer may invite, the least powerful first."""
    return tuple(role for role in reversed(ROLES) if viewer.role == "owner" or role != "owner")


# --- the team -------------------------------------------------------------------------------------------------


@post("/settings/team", guards=[signed_in, administering], status_code=200)
async def save_team(request: Request) -> Response:
    """Only the fields that are sent change."""
    form = await request.form()
    name, zone, days = (typed(form, field) for field in ("name", "time_zone", "inactive_after_days"))
    changes = TeamChanges(
        name=UNSET if name is None else name,
        time_zone=UNSET if zone is None else zone,
        inactive_after_days=UNSET if days is None else whole_number(days),
    )
    try:
        await edit_team(request.user.team_id, changes, request.app.state.clock())
    except Refused as refused:
        return refusal(request, refused)
    return html_answer(_whole(await team_facts_partial(request.user.team_id, request.user.language)))


# --- its members ----------------------------------------------------------------------------------------------


@post("/settings/members/{user_id:int}/role", guards=[signed_in, administering], status_code=200)
async def save_role(request: Request, user_id: FromPath[int]) -> Response:
    role = typed(await request.form(), "role") or ""
    try:
        if not 0 < user_id <= LARGEST_ID or not await change_role(request.user, user_id, role):
            raise NotFoundException
    except Refused as refused:
        return refusal(request, refused)
    return await _members(request)


@post("/settings/members/{user_id:int}/remove", guards=[signed_in, administering], status_code=200)
async def remove(request: Request, user_id: FromPath[int]) -> Response:
    try:
        if not 0 < user_id <= LARGEST_ID or not await remove_member(request.user, user_id):
            raise NotFoundException
    except Refused as refused:
        return refusal(request, refused)
    return await _members(request)


@post("/settings/leave", guards=[signed_in], status_code=200)
async def leave(request: Request) -> Response:
    try:
        stays = await leave_team(request.user, request.app.state.sessions)
    except Refused as refused:
        return refusal(request, refused)
    return ClientRedirect("/" if stays else "/login")


@post("/settings/invitations", guards=[signed_in, administering], status_code=200)
async def send_invitation(request: Request) -> Response:
    """The link, this once, and the members with the invitation among them."""
    form = await request.form()
    email, role = typed(form, "email") or "", typed(form, "role") or ""
    try:
        token = await invite(request.user, email, role, request.app.state.clock())
    except Refused as refused:
        return refusal(request, refused)
    made = render(
        "teams/_invited.html",
        request.user.language,
        email=email.strip(),
        link=f"/invitation/{token}",
        days=LIFE.days,
    )
    members = await members_partial(request.user.team_id, request.user.language)
    return html_answer(made + _whole(members))


@post("/settings/invitations/{invitation_id:int}/withdraw", guards=[signed_in, administering], status_code=200)
async def withdraw_invitation(request: Request, invitation_id: FromPath[int]) -> Response:
    if not 0 < invitation_id <= LARGEST_ID or not await withdraw(request.user.team_id, invitation_id):
        return refusal(request, Refused(N_("This invitation is not open any more.")))
    return await _members(request)


async def _members(request: Request) -> Response:
    return html_answer(_whole(await members_partial(request.user.team_id, request.user.language)))


def _whole(html: Markup | None) -> Markup:
    if html is None:
        raise RuntimeError("no answer without its partial")
    return html


# --- tokens ---------------------------------------------------------------------------------------------------


@post("/settings/tokens", guards=[signed_in], status_code=200)
async def make_token(request: Request) -> Response:
    """The token, this once, and the list with it."""
    form = await request.form()
    try:
        name, can_write = typed(form, "name") or "", typed(form, "access") == "write"
        token = await create_own_token(request.user, name, can_write=can_write)
    except Refused as refused:
        return refusal(request, refused)
    return await _tokens(request, token)


@post("/settings/tokens/{token_id:int}/revoke", guards=[signed_in], status_code=200)
async def revoke_token(request: Request, token_id: FromPath[int]) -> Response:
    now = request.app.state.clock()
    if not 0 < token_id <= LARGEST_ID or not await revoke_shown(request.user, token_id, now):
        raise NotFoundException
    return await _tokens(request)


async def _tokens(request: Request, made_token: str | None = None) -> Response:
    tokens = await tokens_for(request.user)
    return partial_answer(request, "teams/_tokens.html", tokens=tokens, viewer=request.user, made_token=made_token)


# --- oneself --------------------------------------------------------------------------------------------------


@post("/settings/you", guards=[signed_in], status_code=200)
async def save_account(request: Request) -> Response:
    form = await request.form()
    name, language, zone = (typed(form, field) for field in ("full_name", "language", "time_zone"))
    changes = AccountChanges(
        full_name=UNSET if name is None else name,
        language=UNSET if language is None else language,
        time_zone=UNSET if zone is None else zone,
    )
    try:
        await edit_account(request.user, changes)
    except Refused as refused:
        return refusal(request, refused)
    return html_answer("")


@post("/settings/password", guards=[signed_in], status_code=200)
async def save_password(request: Request) -> Response:
    """Guessing is limited as at the login, and counted with it."""
    form = await request.form()
    attempts: Attempts = request.app.state.attempts
    address = address_of(request)
    current, new = ((typed(form, field) or "")[:2000] for field in ("current", "new"))
    try:
        if wait := await attempts.wait(request.user.email, address):
            raise Refused(N_("Too many attempts. Try again in %(minutes)s min."), minutes=-(-wait // 60))
        await change_password(request.user, current, new, request.app.state.sessions)
    except Refused as refused:
        return refusal(request, refused)
    await attempts.forgive(request.user.email, address)
    return html_answer("")


ROUTES = [
    show_settings,
    save_team,
    save_role,
    remove,
    leave,
    send_invitation,
    withdraw_invitation,
    make_token,
    revoke_token,
    save_account,
    save_password,
]
