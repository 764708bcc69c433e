"""The caller's alerts for programs."""

from datetime import datetime
from typing import Annotated

from litestar import get, put
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct, convert

from app.alerts.handle import dismiss, read, snooze
from app.alerts.handle import read_all as read_all_of
from app.alerts.queries import MOST, AlertRef, alert_of, alerts_of, unread_alerts
from app.refused import Refused
from app.web.api import BadInput, failures
from app.web.http import Request


class Alert(Struct, frozen=True, kw_only=True):
    """A client fell silent."""

    id: int
    client_id: int
    username: str
    custom_label: str | None
    alert_type: Annotated[str, Meta(examples=["STORIES_INACTIVE"])]
    days_inactive: int
    is_read: bool
    is_dismissed: bool
    snoozed_until: datetime | None
    resolved_at: datetime | None
    created_at: datetime


class AlertList(Struct, frozen=True):
    alerts: list[Alert]


class AlertAnswer(Struct, frozen=True):
    alert: Alert


class Snooze(Struct, frozen=True, forbid_unknown_fields=True):
    until: Annotated[
        Annotated[datetime, Meta(tz=True)] | None,
        Meta(description="A moment to come, within a year; null: until the next story."),
    ]


@get("/alerts", summary="List unread alerts", tags=["alerts"], responses=failures())
async def list_alerts(request: Request) -> AlertList:
    """The caller's own, newest first: neither read, dismissed, resolved nor snoozed."""
    rows = await unread_alerts(request.user.team_id, request.user.user_id, request.app.state.clock())
    return AlertList(convert(rows, list[Alert]))


@put("/alerts/read-all", summary="Mark all alerts read", tags=["alerts"], responses=failures(403))
async def read_all(request: Request) -> AlertList:
    """Answers the alerts that were unread, the newest 500 of them."""
    alert_ids = await read_all_of(request.user.team_id, request.user.user_id, request.app.state.clock())
    rows = await alerts_of(request.user.team_id, request.user.user_id, alert_ids[:MOST])
    return AlertList(convert(rows, list[Alert]))


@put("/alerts/{alert_id:int}/read", summary="Mark an alert read", tags=["alerts"], responses=failures(403, 404))
async def read_alert(request: Request, alert_id: FromPath[int]) -> AlertAnswer:
    await read(await _own(request, alert_id))
    return await _answer(request, alert_id)


@put("/alerts/{alert_id:int}/dismiss", summary="Dismiss an alert", tags=["alerts"], responses=failures(403, 404))
async def dismiss_alert(request: Request, alert_id: FromPath[int]) -> AlertAnswer:
    await dismiss(await _own(request, alert_id))
    return await _answer(request, alert_id)


@put(
    "/alerts/{alert_id:int}/snooze",
    summary="Snooze an alert",
    tags=["alerts"],
    responses=failures(403, 404, 413, 415),
)
async def snooze_alert(request: Request, alert_id: FromPath[int], data: JSONBody[Snooze]) -> AlertAnswer:
    """Until the next story, `snoozed_until` lies in the year 9999. An alert that was read is unread again when the
    snooze is over."""
    try:
        await snooze(await _own(request, alert_id), data.until, request.app.state.clock())
    except Refused as refused:
        raise BadInput("until", str(refused)) from refused
    return await _answer(request, alert_id)


async def _own(request: Request, alert_id: int) -> AlertRef:
    """The caller's alert; another member's is not found, like one that does not exist."""
    alert = None
    if 0 < alert_id < 2**63:
        alert = await alert_of(request.user.team_id, request.user.user_id, alert_id)
    if alert is None:
        raise NotFoundException
    return alert


async def _answer(request: Request, alert_id: int) -> AlertAnswer:
    rows = await alerts_of(request.user.team_id, request.user.user_id, [alert_id])
    if not rows:
        # Removed since it was found.
        raise NotFoundException
    return AlertAnswer(convert(rows[0], Alert))


ROUTES = [list_alerts, read_all, read_alert, dismiss_alert, snooze_alert]
