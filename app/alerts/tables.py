from piccolo.columns import BigSerial, Boolean, ForeignKey, Integer, Text, Timestamptz, Varchar
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.constraints import Unique
from piccolo.table import Table

from app.clients.tables import Client
from app.teams.tables import User
from app.wall.tables import Wall


class InactivityAlert(Table, tablename="inactivity_alerts"):
    id = BigSerial(primary_key=True)
    client_id = ForeignKey(Client, null=False, index=True)
    user_id = ForeignKey(User, null=False)
    alert_type = Varchar(length=32, default="STORIES_INACTIVE")
    days_inactive = Integer()
    is_read = Boolean(default=False)
    is_dismissed = Boolean(default=False)
    snoozed_until = Timestamptz(default=None, null=True)
    resolved_at = Timestamptz(default=None, null=True)
    resolution = Varchar(length=16, null=True, default=None)
    created_at = Timestamptz(default=TimestamptzNow())


class SourceIncident(Table, tablename="source_incidents"):
    """A source failed broadly; at most one is open per source."""

    id = BigSerial(primary_key=True)
    source = Varchar(length=32)
    began_at = Timestamptz(default=TimestamptzNow())
    ended_at = Timestamptz(default=None, null=True)
    checks = Integer()
    failed = Integer()
    error = Text(null=True, default=None)


class SourceNotice(Table, tablename="source_notices"):
    """What an operator or an owner is told of an incident."""

    id = BigSerial(primary_key=True)
    incident_id = ForeignKey(SourceIncident, null=False)
    user_id = ForeignKey(User, null=False, index=True)
    is_read = Boolean(default=False)
    created_at = Timestamptz(default=TimestamptzNow())

    once_each = Unique([incident_id, user_id])


class WallSilenceRead(Table, tablename="wall_silence_reads"):
    """A manager knows of a wall's silence: of the one that began then, the next is news again."""

    id = BigSerial(primary_key=True)
    wall_id = ForeignKey(Wall, null=False)
    user_id = ForeignKey(User, null=False, index=True)
    went_silent_at = Timestamptz(default=None)

    one_per_manager = Unique([wall_id, user_id])
