from piccolo.columns import JSONB, BigInt, BigSerial, ForeignKey, Integer, Timestamptz, Varchar
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.constraints import Unique
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
    went_silent_at = Timestamptz(default=None, null=True)
    revoked_at = Timestamptz(default=None, null=True)
    created_at = Timestamptz(default=TimestamptzNow())


class WallCode(Table, tablename="wall_codes"):
    """A screen without a team waits to be paired: it holds the token, and shows the code."""

    id = BigSerial(primary_key=True)
    code = Varchar(length=8, unique=True)
    token_hash = Varchar(length=64, unique=True)
    expires_at = Timestamptz(default=None)
    created_at = Timestamptz(default=TimestamptzNow())


class WallScreen(Table, tablename="wall_screens"):
    """A browser that holds a wall's token: one, unless the token was copied."""

    id = BigSerial(primary_key=True)
    wall_id = ForeignKey(Wall, null=False)
    screen = Varchar(length=40)
    version = Varchar(length=64)
    width = Integer()
    height = Integer()
    lag_ms = Integer(null=True, default=None)
    nodes = Integer()
    heap_bytes = BigInt(null=True, default=None)
    loaded_at = Timestamptz(default=None)
    last_seen_at = Timestamptz(default=TimestamptzNow())

    one_screen = Unique([wall_id, screen])


class Listening(Table, tablename="listening"):
    """One row: since when heartbeats could be received without a longer gap, and when that was last so."""

    id = BigSerial(primary_key=True)
    since = Timestamptz(default=None)
    until = Timestamptz(default=None)
