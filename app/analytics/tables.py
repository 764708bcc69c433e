from piccolo.columns import BigInt, BigSerial, Boolean, Date, ForeignKey, Integer, Numeric, Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.constraints import Unique
from piccolo.table import Table

from app.clients.tables import Client
from app.profiles.tables import Profile


class Snapshot(Table, tablename="analytics_snapshots"):
    id = BigSerial(primary_key=True)
    profile_id = ForeignKey(Profile, null=False)
    followers_count = BigInt(null=True, default=None)
    following_count = BigInt(null=True, default=None)
    posts_count = BigInt(null=True, default=None)
    avg_likes = Numeric(digits=(10, 2), null=True, default=None)
    avg_comments = Numeric(digits=(10, 2), null=True, default=None)
    engagement_rate = Numeric(digits=(9, 2), null=True, default=None)
    posts_per_day = Numeric(digits=(5, 2), null=True, default=None)
    snapshot_date = Date(default=None)
    created_at = Timestamptz(default=TimestamptzNow())

    one_a_day = Unique([profile_id, snapshot_date])


class ActivityDay(Table, tablename="activity_calendar"):
    id = BigSerial(primary_key=True)
    client_id = ForeignKey(Client, null=False)
    activity_date = Date(default=None)
    stories_count = Integer(default=0)
    posts_count = Integer(default=0)
    has_activity = Boolean(default=False)
    observed_minutes = Integer(default=0)
    created_at = Timestamptz(default=TimestamptzNow())

    one_row_a_day = Unique([client_id, activity_date])
