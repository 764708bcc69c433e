from piccolo.columns import JSONB, BigSerial, ForeignKey, Timestamptz, Varchar
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table

from app.teams.tables import Team


class Wall(Table, tablename="walls"):
    id = BigSerial(primary_key=True)
    team_id = ForeignKey(Team, null=False, index=True)
    name = Varchar(length=200)
    token_hash = Varchar(length=64, unique=True)
    language = Varchar(length=8, default="en")
    time_zone = Varchar(length=64, null=True, default=None)
    shows = JSONB(default="{}")
    version = Varchar(length=64, null=True, default=None)
    last_seen_at = Timestamptz(default=None, null=True)
    revoked_at = Timestamptz(default=None, null=True)
    created_at = Timestamptz(default=TimestamptzNow())
