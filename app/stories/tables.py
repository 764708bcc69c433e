from piccolo.columns import BigSerial, Boolean, ForeignKey, Integer, Text, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.constraints import Unique
from piccolo.table import Table

from app.clients.tables import Client
from app.profiles.tables import Profile
from app.teams.tables import User


class Story(Table, tablename="stories"):
    id = BigSerial(primary_key=True)
    profile_id = ForeignKey(Profile, null=False)
    instagram_story_id = Varchar(length=64)
    thumbnail_url = Text(null=True, default=None)
    thumbnail_storage_path = Varchar(length=255, null=True, default=None)
    thumbnail_bytes = Integer(null=True, default=None)
    story_type = Varchar(length=16)
    posted_at = Timestamptz(default=None)
    expires_at = Timestamptz(default=None)
    expiry_estimated = Boolean(default=False)
    fetched_at = Timestamptz(default=TimestamptzNow())
    created_at = Timestamptz(default=TimestamptzNow())

    one_story = Unique([profile_id, instagram_story_id])


class HiddenStory(Table, tablename="hidden_stories"):
    """A manager hid the story for his team. It changes no count and no silence."""

    id = BigSerial(primary_key=True)
    client_id = ForeignKey(Client, null=False)
    story_id = ForeignKey(Story, null=False, index=True)
    hidden_by = ForeignKey(User, null=True, on_delete=OnDelete.set_null, index=True)
    created_at = Timestamptz(default=TimestamptzNow())

    once = Unique([client_id, story_id])
