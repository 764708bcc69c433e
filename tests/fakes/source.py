"""A source that says what the test tells it to say."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from io import BytesIO

from PIL import Image

from app.sources.base import (
    FoundPost,
    FoundStory,
    Outcome,
    PictureUnavailable,
    PostsRead,
    Rhythm,
    Run,
    StoriesRead,
    Target,
)


class ScriptedSource:
    name = "scripted"
    rhythm = Rhythm(
        stories_every=timedelta(hours=20),
        posts_every=timedelta(hours=24),
        retry_first=timedelta(minutes=5),
        retry_most=timedelta(hours=1),
        lease=timedelta(minutes=10),
        spacing=timedelta(0),
        batch=50,
    )

    def __init__(self) -> None:
        self.stories: dict[str, StoriesRead] = {}
        self.posts: dict[str, PostsRead] = {}
        self.pictures: dict[str, bytes | PictureUnavailable] = {}
        self.asked: list[list[str]] = []

    def shows(self, username: str, *stories: FoundStory, external_id: str | None = None) -> None:
        self.stories[username] = StoriesRead(
            username=username,
            outcome=Outcome.OK if stories else Outcome.EMPTY,
            stories=stories,
            external_id=external_id,
        )

    def ends(self, username: str, outcome: Outcome, error: str | None = None) -> None:
        self.stories[username] = StoriesRead(username=username, outcome=outcome, error=error)

    async def read_stories(self, targets: Sequence[Target], run: Run) -> AsyncIterator[StoriesRead]:
        self.asked.append([target.username for target in targets])
        for target in targets:
            unknown = StoriesRead(username=target.username, outcome=Outcome.NOT_FOUND)
            yield self.stories.get(target.username, unknown)

    async def read_posts(self, targets: Sequence[Target], run: Run) -> AsyncIterator[PostsRead]:
        self.asked.append([target.username for target in targets])
        for target in targets:
            unknown = PostsRead(username=target.username, outcome=Outcome.NOT_FOUND)
            yield self.posts.get(target.username, unknown)

    async def picture(self, url: str) -> bytes:
        picture = self.pictures.get(url) or drawn()
        if isinstance(picture, PictureUnavailable):
            raise picture
        return picture

    async def close(self) -> None: ...


def story(story_id: str, posted_at: datetime, *, kind: str = "image") -> FoundStory:
    return FoundStory(
        story_id=story_id,
        story_type=kind,
        posted_at=posted_at,
        expires_at=posted_at + timedelta(hours=24),
        thumbnail_url=f"https://pictures.example/{story_id}.jpg",
    )


def post(post_id: str, posted_at: datetime, *, likes: int | None = 10, comments: int | None = 2) -> FoundPost:
    return FoundPost(
        post_id=post_id,
        shortcode=f"code{post_id}",
        url=None,
        media_type="image",
        posted_at=posted_at,
        likes_count=likes,
        comments_count=comments,
    )


def drawn(size: tuple[int, int] = (270, 480)) -> bytes:
    data = BytesIO()
    Image.new("RGB", size, "#3b82f6").save(data, "JPEG")
    return data.getvalue()
