"""What a member does in his bell. Answers are the bell itself, which enters the page like a push."""

from datetime import date, datetime, timedelta

from litestar import post
from litestar.datastructures import FormMultiDict
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from app.alerts.fragments import bells_of
from app.alerts.handle import LONGEST_SNOOZE, dismiss, morning_of, read, read_all, read_notice, read_wall, snooze
from app.alerts.queries import AlertRef, alert_of
from app.analytics.days import day_of
from app.refused import N_, Refused
from app.teams.zones import is_zone
from app.web.answers import partial_answer
from app.web.auth import signed_in
from app.web.http import Request, Response
from app.web.languages import gettext_in

DAYS = {"1": 1, "3": 3, "7": 7}


@post("/alerts/read-all", guards=[signed_in], status_code=200)
async def read_all_alerts(request: Request) -> Response:
    await read_all(request.user.team_id, request.user.user_id, request.app.state.clock())
    return await _bell(request)


@post("/alerts/{alert_id:int}/read", guards=[signed_in], status_code=200)
async def read_alert(request: Request, alert_id: FromPath[int]) -> Response:
    await read(await _own(request, alert_id))
    return await _bell(request)


@post("/alerts/{alert_id:int}/dismiss", guards=[signed_in], status_code=200)
async def dismiss_alert(request: Request, alert_id: FromPath[int]) -> Response:
    await dismiss(await _own(request, alert_id))
    return await _bell(request)


@post("/alerts/{alert_id:int}/snooze", guards=[signed_in], status_code=200)
async def snooze_alert(request: Request, alert_id: FromPath[int]) -> Response:
    """`until`: `story`, a number of days, or `date` with the field of that name. Days end in the member's morning."""
    alert = await _own(request, alert_id)
    now = request.app.state.clock()
    form = await request.form()
    try:
        await snooze(alert, _end_of(form, request.user.time_zone or _text(form, "zone"), now), now)
    except Refused as refused:
        message = refused.said(gettext_in(request.user.language).gettext)
        return partial_answer(request, "shared/_refused.html", status=422, message=message, field="date")
    return await _bell(request)


def _end_of(form: FormMultiDict, zone: str, now: datetime) -> datetime | None:
    """None: the next story. Raises `Refused`."""
    zone = zone if is_zone(zone) else "UTC"
    chosen = _text(form, "until")
    today = day_of(now, zone)
    if chosen == "story":
        return None
    if chosen in DAYS:
        return morning_of(today + timedelta(days=DAYS[chosen]), zone)
    day = _day(_text(form, "date"))
    if not today < day < today + LONGEST_SNOOZE:
        raise Refused(N_("Choose a day from tomorrow on, within a year."), field="date")
    return morning_of(day, zone)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Refused(N_("Choose a day from tomorrow on, within a year."), field="date") from error


def _text(form: FormMultiDict, name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


@post("/alerts/incidents/{notice_id:int}/read", guards=[signed_in], status_code=200)
async def read_incident(request: Request, notice_id: FromPath[int]) -> Response:
    if 0 < notice_id < 2**63:
        await read_notice(request.user.team_id, request.user.user_id, notice_id)
    return await _bell(request)


@post("/alerts/walls/{wall_id:int}/read", guards=[signed_in], status_code=200)
async def read_silent_wall(request: Request, wall_id: FromPath[int]) -> Response:
    if 0 < wall_id < 2**63:
        await read_wall(request.user.team_id, request.user.user_id, wall_id)
    return await _bell(request)


async def _own(request: Request, alert_id: int) -> AlertRef:
    """The viewer's alert; another member's is not found, like one that does not exist."""
    alert = None
    if 0 < alert_id < 2**63:
        alert = await alert_of(request.user.team_id, request.user.user_id, alert_id)
    if alert is None:
        raise NotFoundException
    return alert


async def _bell(request: Request) -> Response:
    user_id = request.user.user_id
    bells = await bells_of(request.user.team_id, [user_id], request.app.state.clock())
    return partial_answer(request, "alerts/_bell.html", bell=bells[user_id])


ROUTES = [read_all_alerts, read_alert, dismiss_alert, snooze_alert, read_incident, read_silent_wall]
