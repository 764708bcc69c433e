from piccolo.columns import BigSerial, Boolean, ForeignKey, Integer, Timestamptz, Varchar
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table

from app.clients.tables import Client
from app.teams.tables import User


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
    created_at = Timestamptz(default=TimestamptzNow())
