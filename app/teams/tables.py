from piccolo.columns import JSONB, BigSerial, Boolean, Date, ForeignKey, Integer, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.constraints import Unique
from piccolo.table import Table


class User(Table, tablename="users"):
    id = BigSerial(primary_key=True)
    email = Varchar(length=254, unique=True)
    full_name = Varchar(length=200)
    password_hash = Varchar(length=255, null=True, default=None)
    role = Varchar(length=16, default="user")
    status = Varchar(length=16, default="active")
    language = Varchar(length=8, default="en")
    time_zone = Varchar(length=64, null=True, default=None)
    preferences = JSONB(default="{}")
    supabase_user_id = Varchar(length=64, null=True, default=None, unique=True)
    created_at = Timestamptz(default=TimestamptzNow())


class Team(Table, tablename="teams"):
    id = BigSerial(primary_key=True)
    name = Varchar(length=200)
    time_zone = Varchar(length=64, default="UTC")
    inactive_after_days = Integer(default=3)
    day_began = Date(null=True, default=None)
    created_at = Timestamptz(default=TimestamptzNow())


class TeamMember(Table, tablename="team_members"):
    id = BigSerial(primary_key=True)
    team_id = ForeignKey(Team, null=False)
    user_id = ForeignKey(User, null=False, index=True)
    role = Varchar(length=16)
    created_at = Timestamptz(default=TimestamptzNow())

    one_membership = Unique([team_id, user_id])


class TeamInvitation(Table, tablename="team_invitations"):
    id = BigSerial(primary_key=True)
    team_id = ForeignKey(Team, null=False, index=True)
    email = Varchar(length=254)
    role = Varchar(length=16)
    token_hash = Varchar(length=64, unique=True)
    expires_at = Timestamptz(default=None, null=True)
    invited_by = ForeignKey(User, null=True, on_delete=OnDelete.set_null, index=True)
    used_at = Timestamptz(default=None, null=True)
    created_at = Timestamptz(default=TimestamptzNow())


class ApiToken(Table, tablename="api_tokens"):
    id = BigSerial(primary_key=True)
    team_id = ForeignKey(Team, null=False, index=True)
    user_id = ForeignKey(User, null=False, index=True)
    name = Varchar(length=200)
    token_hash = Varchar(length=64, unique=True)
    can_write = Boolean(default=False)
    last_used_at = Timestamptz(default=None, null=True)
    revoked_at = Timestamptz(default=None, null=True)
    created_at = Timestamptz(default=TimestamptzNow())
