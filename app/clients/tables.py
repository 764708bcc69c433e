from piccolo.columns import BigSerial, Date, ForeignKey, Integer, Text, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.constraints import Unique
from piccolo.table import Table

from app.profiles.tables import Profile
from app.teams.tables import Team, User


class Client(Table, tablename="clients"):
    id = BigSerial(primary_key=True)
    team_id = ForeignKey(Team, null=False)
    profile_id = ForeignKey(Profile, null=False, index=True)
    custom_label = Varchar(length=200, null=True, default=None)
    lead_status = Varchar(length=16, default="NEW_LEAD")
    status_signal = Varchar(length=8, default="GREY")
    notes = Text(null=True, default=None)
    notes_version = Integer(default=0)
    tracking_started_at = Timestamptz(default=TimestamptzNow())
    last_story_date = Date(default=None, null=True)
    stories_inactive_days = Integer(null=True, default=None)
    silent_minutes = Integer(null=True, default=None)
    silent_since = Timestamptz(default=None, null=True)
    silence_suspected_at = Timestamptz(default=None, null=True)
    usual_gap_minutes = Integer(null=True, default=None)
    unusual_after_minutes = Integer(null=True, default=None)
    rhythm_weeks = Integer(null=True, default=None)
    total_stories_archived = Integer(default=0)
    total_posts_tracked = Integer(default=0)
    inactive_after_days = Integer(null=True, default=None)
    assigned_to = ForeignKey(User, null=True, on_delete=OnDelete.set_null, index=True)
    archived_at = Timestamptz(default=None, null=True)
    created_at = Timestamptz(default=TimestamptzNow())

    one_client_per_profile = Unique([team_id, profile_id])
