from piccolo.columns import BigInt, BigSerial, Boolean, ForeignKey, Integer, Text, Timestamptz, Varchar
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table


class Profile(Table, tablename="profiles"):
    id = BigSerial(primary_key=True)
    platform = Varchar(length=16, default="instagram")
    external_id = Varchar(length=64, null=True, default=None)
    username = Varchar(length=64, index=True)
    full_name = Varchar(length=255, null=True, default=None)
    biography = Text(null=True, default=None)
    avatar_url = Text(null=True, default=None)
    avatar_storage_path = Varchar(length=255, null=True, default=None)
    followers_count = BigInt(null=True, default=None)
    following_count = BigInt(null=True, default=None)
    posts_count = BigInt(null=True, default=None)
    is_private = Boolean(null=True, default=None)
    is_verified = Boolean(null=True, default=None)
    state = Varchar(length=16, default="new")
    last_story_at = Timestamptz(default=None, null=True)
    stories_proved_at = Timestamptz(default=None, null=True)
    next_story_check_at = Timestamptz(default=None, null=True, index=True)
    next_post_check_at = Timestamptz(default=None, null=True, index=True)
    story_lease_until = Timestamptz(default=None, null=True)
    post_lease_until = Timestamptz(default=None, null=True)
    created_at = Timestamptz(default=TimestamptzNow())
    updated_at = Timestamptz(default=TimestamptzNow())


class Check(Table, tablename="checks"):
    id = BigSerial(primary_key=True)
    profile_id = ForeignKey(Profile, null=False)
    kind = Varchar(length=16)
    source = Varchar(length=32)
    run_id = Varchar(length=255, null=True, default=None)
    started_at = Timestamptz(default=None, null=True)
    finished_at = Timestamptz(default=None, null=True)
    outcome = Varchar(length=16, null=True, default=None)
    found = Integer(null=True, default=None)
    stored = Integer(null=True, default=None)
    error = Text(null=True, default=None)
