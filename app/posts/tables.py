from piccolo.columns import Array, BigInt, BigSerial, Boolean, ForeignKey, Text, Timestamptz, Varchar
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.constraints import Unique
from piccolo.table import Table

from app.profiles.tables import Profile


class Post(Table, tablename="posts"):
    id = BigSerial(primary_key=True)
    profile_id = ForeignKey(Profile, null=False)
    instagram_post_id = Varchar(length=64)
    shortcode = Varchar(length=64, null=True, default=None)
    post_url = Text(null=True, default=None)
    media_type = Varchar(length=16)
    thumbnail_url = Text(null=True, default=None)
    thumbnail_storage_path = Varchar(length=255, null=True, default=None)
    likes_count = BigInt(null=True, default=None)
    comments_count = BigInt(null=True, default=None)
    caption = Text(null=True, default=None)
    hashtags = Array(base_column=Text(), default=list)
    is_pinned = Boolean(default=False)
    posted_at = Timestamptz(default=None)
    fetched_at = Timestamptz(default=TimestamptzNow())
    created_at = Timestamptz(default=TimestamptzNow())

    one_post = Unique([profile_id, instagram_post_id])
