"""What a team says of itself: its name, its days, and from when on an account counts as silent."""

from datetime import datetime

import msgspec
from msgspec import UNSET, UnsetType

from app.alerts.inactivity import evaluate_team
from app.analytics.days import day_of
from app.analytics.zone import rebuild_days
from app.clients.edit import THRESHOLDS
from app.clients.queries import hold_profiles, recount_last_days
from app.database import transaction
from app.live.events import TeamEdited
from app.live.publish import publish
from app.refused import N_, Refused
from app.teams.people import checked_name
from app.teams.queries import knows_zone, lock_team, note_day, team_facts, update_team
from app.teams.zones import is_zone


class TeamChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be different; what is absent stays as it is."""

    name: str | UnsetType = UNSET
    time_zone: str | UnsetType = UNSET
    inactive_after_days: int | UnsetType = UNSET


async def edit_team(team_id: int, changes: TeamChanges, now: datetime) -> None:
    """All of it or nothing. Another zone counts all days of the team anew, which may take seconds. Raises `Refused`."""
    columns = await _checked(changes)
    async with transaction():
        await lock_team(team_id)
        before = await team_facts(team_id)
        if not await update_team(team_id, columns):
            return
        zone = str(columns.get("time_zone", before.time_zone))
        if zone != before.time_zone:
            await hold_profiles(team_id)
            await rebuild_days(team_id, before.time_zone, zone, now)
            await recount_last_days(team_id)
            await note_day(team_id, day_of(now, zone))
        if columns.get("inactive_after_days", before.inactive_after_days) != before.inactive_after_days:
            await evaluate_team(team_id, now)
        await publish(TeamEdited(team_id=team_id))


async def _checked(changes: TeamChanges) -> dict[str, str | int]:
    """The columns of `teams` that are asked to change."""
    columns: dict[str, str | int] = {}
    if changes.name is not UNSET:
        columns["name"] = checked_name(changes.name)
    if changes.time_zone is not UNSET:
        columns["time_zone"] = await checked_zone(changes.time_zone)
    if changes.inactive_after_days is not UNSET:
        if changes.inactive_after_days not in THRESHOLDS:
            raise Refused(
                N_("The threshold is a whole number of days from %(least)s to %(most)s."),
                field="inactive_after_days",
                least=THRESHOLDS[0],
                most=THRESHOLDS[-1],
            )
        columns["inactive_after_days"] = changes.inactive_after_days
    return columns


async def checked_zone(text: str) -> str:
    """Raises `Refused`."""
    zone = text.strip().replace(" ", "_")
    if not is_zone(zone) or not await knows_zone(zone):
        raise Refused(N_("'%(zone)s' is not a time zone: choose one of the list."), field="time_zone", zone=text[:60])
    return zone
