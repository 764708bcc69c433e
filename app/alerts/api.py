"""The caller's alerts for programs."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from litestar import get, put
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct, convert

from app.alerts.queries import alerts_of, mark_dismissed, mark_read, snooze, unread_alerts
from app.web.api import BadInput, failures
from app.web.http import Request

UNTIL_THE_NEXT_STORY = datetime(9999, 1, 1, tzinfo=UTC)
"""A new story resolves the alert, so that it needs no other end."""
LONGEST_SNOOZE = timedelta(days=366)


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
    return AlertList(await _unread(request))


@put("/alerts/read-all", summary="Mark all alerts read", tags=["alerts"], responses=failures(403))
async def read_all(request: Request) -> AlertList:
    """Answers the alerts that were unread."""
    alert_ids = [alert.id for alert in await _unread(request)]
    await mark_read(alert_ids)
    rows = await alerts_of(request.user.team_id, request.user.user_id, alert_ids)
    return AlertList(convert(rows, list[Alert]))


@put("/alerts/{alert_id:int}/read", summary="Mark an alert read", tags=["alerts"], responses=failures(403, 404))
async def read_alert(request: Request, alert_id: FromPath[int]) -> AlertAnswer:
    await mark_read([(await _own(request, alert_id)).id])
    return AlertAnswer(await _own(request, alert_id))


@put("/alerts/{alert_id:int}/dismiss", summary="Dismiss an alert", tags=["alerts"], responses=failures(403, 404))
async def dismiss_alert(request: Request, alert_id: FromPath[int]) -> AlertAnswer:
    await mark_dismissed((await _own(request, alert_id)).id)
    return AlertAnswer(await _own(request, alert_id))


@put(
    "/alerts/{alert_id:int}/snooze",
    summary="Snooze an alert",
    tags=["alerts"],
    responses=failures(403, 404, 413, 415),
)
async def snooze_alert(request: Request, alert_id: FromPath[int], data: JSONBody[Snooze]) -> AlertAnswer:
    """Until the next story, `snoozed_until` lies in the year 9999."""
    alert = await _own(request, alert_id)
    now = request.app.state.clock()
    if data.until is not None and not now < data.until <= now + LONGEST_SNOOZE:
        raise BadInput("until", "This moment is over, or more than a year away.")
    await snooze(alert.id, data.until or UNTIL_THE_NEXT_STORY)
    return AlertAnswer(await _own(request, alert_id))


async def _unread(request: Request) -> list[Alert]:
    rows = await unread_alerts(request.user.team_id, request.user.user_id, request.app.state.clock())
    return convert(rows, list[Alert])


async def _own(request: Request, alert_id: int) -> Alert:
    """The caller's alert; another member's is not found, like one that does not exist."""
    rows: list[dict[str, Any]] = []
    if 0 < alert_id < 2**63:
        rows = await alerts_of(request.user.team_id, request.user.user_id, [alert_id])
    if not rows:
        raise NotFoundException
    return convert(rows[0], Alert)


ROUTES = [list_alerts, read_all, read_alert, dismiss_alert, snooze_alert]
