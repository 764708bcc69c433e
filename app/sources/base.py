"""What a source of social accounts answers, whichever network or service stands behind it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

import msgspec


class Outcome(StrEnum):
    """How one attempt to read one account ended (`checks.outcome`)."""

    OK = "ok"
    EMPTY = "empty"
    """The source said explicitly that there is nothing. A handle that is merely missing is `FAILED`."""
    PRIVATE = "private"
    NOT_FOUND = "not_found"
    RESTRICTED = "restricted"
    RATE_LIMITED = "rate_limited"
    FAILED = "failed"

    @property
    def proves(self) -> bool:
        """Whether the attempt really saw the account, so that it counts as coverage."""
        return self in (Outcome.OK, Outcome.EMPTY)

    @property
    def profile_state(self) -> str | None:
        """What the attempt says of the account (`profiles.state`); None: it tells of the source only."""
        return {
            Outcome.OK: "ok",
            Outcome.EMPTY: "ok",
            Outcome.PRIVATE: "private",
            Outcome.NOT_FOUND: "not_found",
            Outcome.RESTRICTED: "restricted",
        }.get(self)


class Target(msgspec.Struct, frozen=True):
    """An account to be read: its handle, and the network's own id once that is known."""

    username: str
    external_id: str | None = None


class FoundStory(msgspec.Struct, frozen=True, kw_only=True):
    story_id: str
    """The media id alone, without the owner's part."""
    story_type: str
    """`image` or `video`."""
    posted_at: datetime
    expires_at: datetime
    expiry_estimated: bool = False
    thumbnail_url: str | None = None


class FoundPost(msgspec.Struct, frozen=True, kw_only=True):
    post_id: str
    shortcode: str | None
    url: str | None
    media_type: str
    """`image`, `video` or `carousel`."""
    posted_at: datetime
    thumbnail_url: str | None = None
    likes_count: int | None = None
    """None where the owner hides it."""
    comments_count: int | None = None
    caption: str | None = None
    hashtags: tuple[str, ...] = ()
    """Lower-case, without the sign."""
    is_pinned: bool = False


class FoundProfile(msgspec.Struct, frozen=True, kw_only=True):
    external_id: str | None
    username: str
    full_name: str | None = None
    biography: str | None = None
    avatar_url: str | None = None
    followers_count: int | None = None
    following_count: int | None = None
    posts_count: int | None = None
    is_private: bool | None = None
    is_verified: bool | None = None


class StoriesRead(msgspec.Struct, frozen=True, kw_only=True):
    """What was learned of one handle's stories; `stories` is filled only with outcome `OK`."""

    username: str
    """The handle that was asked for."""
    outcome: Outcome
    external_id: str | None = None
    """The owner's id, where the rows told it."""
    stories: tuple[FoundStory, ...] = ()
    error: str | None = None
    """For operators: at most 500 characters, never a token."""


class PostsRead(msgspec.Struct, frozen=True, kw_only=True):
    """What was learned of one handle's profile and newest posts."""

    username: str
    outcome: Outcome
    profile: FoundProfile | None = None
    posts: tuple[FoundPost, ...] = ()
    error: str | None = None


class Run(msgspec.Struct):
    """The paid runs behind one batch, by role (`stories`, `profile`, `posts`).

    A source calls `start` as soon as a run exists, so that whoever comes after a kill finds its id in `ids` and
    fetches that run instead of paying for another.
    """

    ids: dict[str, str] = {}
    note: Callable[["Run"], Awaitable[None]] | None = None

    async def start(self, role: str, run_id: str) -> None:
        self.ids[role] = run_id
        if self.note is not None:
            await self.note(self)

    def __str__(self) -> str:
        return " ".join(f"{role}:{run_id}" for role, run_id in sorted(self.ids.items()))

    @classmethod
    def parse(cls, text: str) -> "Run":
        """The reverse of `str()`."""
        return cls(ids=dict(pair.split(":", 1) for pair in text.split()))


class Rhythm(msgspec.Struct, frozen=True, kw_only=True):
    """How often a source is asked, and how patiently."""

    stories_every: timedelta
    """The longest time between good story checks; each next one is spread over the fifth before it."""
    posts_every: timedelta
    retry_first: timedelta
    retry_most: timedelta
    lease: timedelta
    """How far a claim moves the next check ahead: after a kill the profile is due again that much later."""
    spacing: timedelta
    """Least time between story requests, over all workers together."""
    batch: int
    """Most handles per request."""


class PictureUnavailable(Exception):
    """A picture can't be had; the message says why in a few words.

    `permanent` is False where another try may succeed while the address lives.
    """

    def __init__(self, reason: str, *, permanent: bool) -> None:
        super().__init__(reason)
        self.permanent = permanent


class Source(Protocol):
    name: str
    rhythm: Rhythm

    def read_stories(self, targets: Sequence[Target], run: Run) -> AsyncIterator[StoriesRead]:
        """Yields exactly one result for each target, in any order. Raises nothing but cancellation."""
        ...

    def read_posts(self, targets: Sequence[Target], run: Run) -> AsyncIterator[PostsRead]:
        """Profile and up to 20 newest posts; yields exactly one result for each target. Raises nothing."""
        ...

    async def picture(self, url: str) -> bytes:
        """The picture behind a story's, post's or profile's address, as it is; at most 20 MB.

        Raises `PictureUnavailable`.
        """
        ...

    async def close(self) -> None: ...
