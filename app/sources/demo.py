"""A source without a network: made-up accounts that post now and then, so that a newcomer sees living pages.

Everything is a function of seed, account and moment. Two processes agree, and a later question only adds.
"""

import asyncio
import base64
import math
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from itertools import islice
from random import Random

import msgspec

from app.clock import Clock
from app.sources.base import (
    FoundPost,
    FoundProfile,
    FoundStory,
    Outcome,
    PictureUnavailable,
    PostsRead,
    Rhythm,
    Run,
    StoriesRead,
    Target,
)
from app.sources.demo_accounts import BY_HANDLE, CAST, Account
from app.sources.demo_pictures import draw

SEED = "alrt"
STORY_LIFE = timedelta(hours=24)
SILENT_FOR = timedelta(days=5)
NEWEST_POSTS = 20

EVERY = 5
"""Seconds between two things that appear somewhere."""

# In each round every lively account shows a story, so that nobody watches a page for more than a minute in vain.
POSTS_IN_ROUND = 2
# A page that is left open overnight would drown in slot stories: older ones vanish before their 24 hours.
SLOT_STORIES = 8
# Were all 20 newest posts minutes old, every average would rest on posts that hardly anyone has seen.
SLOT_POSTS = 4

FIGURES_FROM = datetime(2025, 1, 1, tzinfo=UTC)
PINNED_AT = datetime(2025, 3, 8, 10, 12, 40, tzinfo=UTC)
# Ids hold their moment in the upper bits, as the network's own do, so that they sort by time.
IDS_FROM = datetime(2011, 8, 24, tzinfo=UTC)


ADDRESS = re.compile(r"demo://(?:avatar|(?P<what>story|post))/(?P<handle>[a-z0-9._]+)(?(what)/(?P<id>[0-9]{1,20}))")


class DemoSource:
    name = "demo"

    def __init__(self, clock: Clock, *, seed: str = SEED, every: int = EVERY) -> None:
        self._clock = clock
        self._seed = seed
        self._every = every
        self.rhythm = Rhythm(
            stories_every=timedelta(seconds=every + 1),
            posts_every=timedelta(seconds=2 * every + 2),
            retry_first=timedelta(seconds=2),
            retry_most=timedelta(seconds=10),
            lease=timedelta(seconds=15),
            spacing=timedelta(0),
            batch=20,
        )

    # No run is noted: reading costs nothing, so there is nothing to fetch again after a kill.
    async def read_stories(self, targets: Sequence[Target], run: Run) -> AsyncIterator[StoriesRead]:  # noqa: ARG002
        for target in targets:
            yield stories_at(target.username, self._clock(), seed=self._seed, every=self._every)

    async def read_posts(self, targets: Sequence[Target], run: Run) -> AsyncIterator[PostsRead]:  # noqa: ARG002
        for target in targets:
            yield posts_at(target.username, self._clock(), seed=self._seed, every=self._every)

    async def picture(self, url: str) -> bytes:
        account, what, picture_id = _parse(url)
        return await asyncio.to_thread(draw, account.kind, what, f"{account.handle}/{picture_id}")

    async def close(self) -> None:
        pass


def _parse(url: str) -> tuple[Account, str, str]:
    match = ADDRESS.fullmatch(url)
    account = BY_HANDLE.get(match["handle"]) if match else None
    if match is None or account is None:
        raise PictureUnavailable("not an address of the demo", permanent=True)
    return account, match["what"] or "avatar", match["id"] or ""


def stories_at(username: str, now: datetime, *, seed: str = SEED, every: int = EVERY) -> StoriesRead:
    account = BY_HANDLE.get(username.lower())
    if account is None:
        return StoriesRead(username=username, outcome=Outcome.NOT_FOUND)
    if account.is_private:
        return StoriesRead(username=username, outcome=Outcome.PRIVATE, external_id=account.external_id)
    stories = (*base_stories(account, now - STORY_LIFE, now, seed=seed), *_slot_stories(seed, every, account, now))
    return StoriesRead(
        username=username,
        outcome=Outcome.OK if stories else Outcome.EMPTY,
        external_id=account.external_id,
        stories=tuple(sorted(stories, key=lambda story: story.posted_at)),
    )


def posts_at(username: str, now: datetime, *, seed: str = SEED, every: int = EVERY) -> PostsRead:
    account = BY_HANDLE.get(username.lower())
    if account is None:
        return PostsRead(username=username, outcome=Outcome.NOT_FOUND)
    profile = profile_at(account, now, seed=seed)
    if account.is_private:
        return PostsRead(username=username, outcome=Outcome.PRIVATE, profile=profile)
    pinned = _pinned(seed, account, now)
    fresh = [as_of(post, now) for post in _slot_posts(seed, every, account, now)]
    posts = fresh + list(islice(_base_posts_backwards(seed, account, now), NEWEST_POSTS))
    newest = sorted(posts, key=lambda post: post.posted_at, reverse=True)[: NEWEST_POSTS - len(pinned)]
    return PostsRead(username=username, outcome=Outcome.OK, profile=profile, posts=(*pinned, *newest))


def profile_at(account: Account, at: datetime, *, seed: str = SEED) -> FoundProfile:
    """The figures of the account's own rhythm; what appears in slots is not counted among its posts."""
    weeks = (at - FIGURES_FROM) / timedelta(weeks=1)
    return FoundProfile(
        external_id=account.external_id,
        username=account.handle,
        full_name=account.full_name,
        biography=account.biography,
        avatar_url=f"demo://avatar/{account.handle}",
        followers_count=followers_at(account, at, seed=seed),
        following_count=max(0, account.following + round(3 * math.sin(weeks / 3 + account.following))),
        posts_count=max(0, 240 + int(weeks * account.posts_a_week)),
        is_private=account.is_private,
        is_verified=account.is_verified,
    )


def followers_at(account: Account, at: datetime, *, seed: str = SEED) -> int:
    """Grows over the years, sways over the weeks, and moves by a few within hours."""
    days = (at - FIGURES_FROM) / timedelta(days=1)
    phase = _number(seed, account.handle, "followers") % 100
    growth = account.growth * days / 365
    sway = 0.012 * math.sin(days / 17 + phase) + 0.004 * math.sin(days / 5.3 + 2 * phase)
    ripple = 0.0006 * math.sin(days * 9 + phase)
    return max(1, round(account.followers * (1 + growth + sway + ripple)))


# What an account shows by its own rhythm


def base_stories(account: Account, since: datetime, until: datetime, *, seed: str = SEED) -> tuple[FoundStory, ...]:
    """The stories posted after `since`, up to `until`, oldest first; a private account's too."""
    until = _quiet_until(account, until)
    return tuple(
        story
        for day in _days(since, until)
        for story in _stories_of_day(seed, account, day)
        if since < story.posted_at <= until
    )


def base_posts(
    account: Account, since: datetime, until: datetime, *, at: datetime | None = None, seed: str = SEED
) -> tuple[FoundPost, ...]:
    """The posts made after `since`, up to `until`, oldest first, with their counts at the moment `at`."""
    at = at or until
    until = min(_quiet_until(account, until), at)
    return tuple(
        as_of(post, at)
        for week in range(_week(since) - 1, _week(until) + 2)
        for post in _posts_of_week(seed, account, week)
        if since < post.posted_at <= until
    )


def _quiet_until(account: Account, until: datetime) -> datetime:
    return until - SILENT_FOR if account.is_silent else until


def _days(since: datetime, until: datetime) -> Iterator[date]:
    # The accounts' days are local: one may begin a UTC day earlier, or end one later.
    first = since.date() - timedelta(days=1)
    for number in range((until.date() - first).days + 2):
        yield first + timedelta(days=number)


@lru_cache(maxsize=16_384)
def _stories_of_day(seed: str, account: Account, day: date) -> tuple[FoundStory, ...]:
    rng = Random(f"{seed}/{account.handle}/stories/{day}")
    busy = account.stories_a_day * account.weekdays[day.weekday()] * _mood(seed, account, day)
    count = min(12, int(busy * rng.uniform(0.45, 1.55) + rng.random()))
    if busy == 0:
        return ()
    moments = sorted({_moment(rng, account, day) for _ in range(count)})
    return tuple(_story(seed, account, moment) for moment in moments)


@lru_cache(maxsize=4096)
def _posts_of_week(seed: str, account: Account, week: int) -> tuple[FoundPost, ...]:
    """With the counts on which they settle."""
    monday = FIGURES_FROM.date() + timedelta(weeks=week, days=-2)
    rng = Random(f"{seed}/{account.handle}/posts/{monday}")
    mood = _mood(seed, account, monday)
    count = min(5, int(account.posts_a_week * mood * rng.uniform(0.6, 1.4) + rng.random()))
    days = [monday + timedelta(days=rng.randrange(7)) for _ in range(count)]
    moments = sorted({_moment(rng, account, day) for day in days})
    return tuple(_post(seed, account, moment) for moment in moments)


def _week(moment: datetime) -> int:
    return (moment - FIGURES_FROM) // timedelta(weeks=1)


@lru_cache(maxsize=4096)
def _mood(seed: str, account: Account, day: date) -> float:
    """Busy weeks and thin ones; now and then a holiday."""
    year, week, _ = day.isocalendar()
    rng = Random(f"{seed}/{account.handle}/mood/{year}-{week}")
    return 0.15 if rng.random() < 0.06 else rng.uniform(0.6, 1.3)


def _moment(rng: Random, account: Account, day: date) -> datetime:
    minutes = rng.gauss(rng.choice(account.peaks) * 60, 65) % 1440
    local = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(seconds=round(minutes * 60))
    return local - timedelta(hours=account.utc_offset)


def _base_posts_backwards(seed: str, account: Account, now: datetime) -> Iterator[FoundPost]:
    until = _quiet_until(account, now)
    for week in range(_week(until) + 1, _week(until) - 60, -1):
        for post in reversed(_posts_of_week(seed, account, week)):
            if post.posted_at <= until:
                yield as_of(post, now)


def _pinned(seed: str, account: Account, now: datetime) -> tuple[FoundPost, ...]:
    if not account.has_pinned or now < PINNED_AT:
        return ()
    return (msgspec.structs.replace(as_of(_post(seed, account, PINNED_AT), now), is_pinned=True),)


# What appears every few seconds, somewhere


class Slot(msgspec.Struct, frozen=True):
    account: Account
    is_story: bool
    posted_at: datetime


def _slot_stories(seed: str, every: int, account: Account, now: datetime) -> tuple[FoundStory, ...]:
    return tuple(
        _story(seed, account, slot.posted_at)
        for slot in islice(_slots_of(seed, every, account, now, is_story=True), SLOT_STORIES)
    )


def _slot_posts(seed: str, every: int, account: Account, now: datetime) -> tuple[FoundPost, ...]:
    return tuple(
        _post(seed, account, slot.posted_at)
        for slot in islice(_slots_of(seed, every, account, now, is_story=False), SLOT_POSTS)
    )


def _slots_of(seed: str, every: int, account: Account, now: datetime, *, is_story: bool) -> Iterator[Slot]:
    """Newest first, at most a day old."""
    if account not in (_lively_with_stories() if is_story else _lively()):
        return
    newest = int(now.timestamp()) // every
    for number in range(newest, newest - 24 * 3600 // every, -1):
        slot = _slot(seed, every, number)
        if slot.account is account and slot.is_story == is_story and slot.posted_at <= now:
            yield slot


@lru_cache(maxsize=32_768)
def _slot(seed: str, every: int, number: int) -> Slot:
    rolled = _number(seed, "slot", number)
    turn = number % (len(_lively_with_stories()) + POSTS_IN_ROUND)
    is_story = turn < len(_lively_with_stories())
    account = _lively_with_stories()[turn] if is_story else Random(rolled).choice(_lively())
    # An odd millisecond is never a whole second, which is what the accounts' own rhythm keeps to.
    offset = timedelta(milliseconds=rolled % (every * 800) | 1)
    return Slot(account, is_story, datetime.fromtimestamp(number * every, UTC) + offset)


@lru_cache
def _lively() -> tuple[Account, ...]:
    return tuple(account for account in CAST if account.is_live)


@lru_cache
def _lively_with_stories() -> tuple[Account, ...]:
    return tuple(account for account in _lively() if account.stories_a_day > 0)


# One story, one post


def _story(seed: str, account: Account, posted_at: datetime) -> FoundStory:
    story_id = _id(seed, account, "story", posted_at)
    return FoundStory(
        story_id=story_id,
        story_type="video" if _number(story_id, "type") % 10 < 3 else "image",
        posted_at=posted_at,
        expires_at=posted_at + STORY_LIFE,
        thumbnail_url=f"demo://story/{account.handle}/{story_id}",
    )


def _post(seed: str, account: Account, posted_at: datetime) -> FoundPost:
    """With the counts on which it settles, and no address: there is no page behind it."""
    post_id = _id(seed, account, "post", posted_at)
    rng = Random(f"{seed}/{account.handle}/{post_id}")
    likes = followers_at(account, posted_at, seed=seed) * account.engagement * rng.lognormvariate(0, 0.4)
    caption = rng.choice(account.captions)
    return FoundPost(
        post_id=post_id,
        shortcode=_shortcode(post_id),
        url=None,
        media_type=rng.choices(("image", "carousel", "video"), (5, 3, 3))[0],
        posted_at=posted_at,
        thumbnail_url=f"demo://post/{account.handle}/{post_id}",
        likes_count=None if account.hides_likes else round(likes),
        comments_count=round(likes * rng.uniform(0.015, 0.05)),
        caption=str(caption),
        hashtags=caption.hashtags,
    )


def as_of(post: FoundPost, at: datetime) -> FoundPost:
    """The post with as many likes and comments as it had by then, of those on which it settles."""
    part = _reached(at - post.posted_at)
    return msgspec.structs.replace(
        post,
        likes_count=None if post.likes_count is None else round(post.likes_count * part),
        comments_count=None if post.comments_count is None else round(post.comments_count * part),
    )


def _reached(age: timedelta) -> float:
    """Half of the likes come within minutes, so that a viewer sees them rise; the rest within two days."""
    seconds = max(0.0, age.total_seconds())
    return 1 - 0.5 * math.exp(-seconds / 240) - 0.5 * math.exp(-seconds / 32_400)


def _id(seed: str, account: Account, what: str, posted_at: datetime) -> str:
    milliseconds = (posted_at - IDS_FROM) // timedelta(milliseconds=1)
    low = _number(seed, account.handle, what, milliseconds) % (1 << 23)
    return str((milliseconds << 23) + low)


def _shortcode(post_id: str) -> str:
    # The prefix keeps anyone from opening a stranger's post on the real network.
    return "demo-" + base64.urlsafe_b64encode(int(post_id).to_bytes(8)).decode().rstrip("=")


def _number(*parts: object) -> int:
    """Spread evenly over 64 bits, and the same in every process, unlike `hash`."""
    text = "/".join(map(str, parts))
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest())
