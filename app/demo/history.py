"""The year before the demo began: what would be known today, had the accounts been watched all along."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

import msgspec

from app.analytics.rates import NEWEST, PostCounts, rates
from app.analytics.snapshot import Figures
from app.sources.base import FoundPost, FoundStory, Outcome
from app.sources.demo import SEED, as_of, base_posts, base_stories, profile_at
from app.sources.demo_accounts import Account

YEAR = timedelta(days=365)
CHECK_EVERY = timedelta(hours=19)
CHECK_JITTER = timedelta(minutes=30)
CHECK_TAKES = timedelta(seconds=5)
OUTAGE_EVERY = timedelta(days=73)
# A silence that the demo wants to show must rest on observed days.
NO_OUTAGE_LATELY = timedelta(days=10)
FRESH = tuple(timedelta(minutes=minutes) for minutes in (2, 7, 12, 17))
BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)


class PastCheck(msgspec.Struct, frozen=True):
    """A check of the stories."""

    started_at: datetime
    finished_at: datetime
    outcome: Outcome


class AccountYear(msgspec.Struct, frozen=True, kw_only=True):
    """All of it oldest first; a story that nobody could have seen is absent."""

    stories: tuple[FoundStory, ...]
    posts: tuple[FoundPost, ...]
    checks: tuple[PastCheck, ...]


def year_of(account: Account, now: datetime, *, seed: str = SEED) -> AccountYear:
    since = now - YEAR
    moments = tuple(_check_moments(account, since, now, seed))
    outages = tuple(_outages(since, now, seed))
    if account.is_private:
        checks = tuple(_check(moment, _outcome(moment, outages, Outcome.PRIVATE)) for moment in moments)
        return AccountYear(stories=(), posts=(), checks=checks)
    stories = base_stories(account, since - timedelta(days=1), now, seed=seed)
    seeing = [moment for moment in moments if not _within(moment, outages)]
    return AccountYear(
        stories=tuple(story for story in stories if story.posted_at > since and _was_seen(story, seeing)),
        posts=base_posts(account, since, now, seed=seed),
        checks=tuple(_check(moment, _outcome(moment, outages, _found(moment, stories))) for moment in moments),
    )


def snapshots_of(account: Account, year: AccountYear, now: datetime, *, seed: str = SEED) -> Iterator[Figures]:
    """One for each UTC day on which the account could be read, as its last check of the day would have found it."""
    last_of_day = {check.started_at.date(): check.started_at for check in year.checks if check.outcome.proves}
    # With the counts on which they settle; the oldest snapshots rest on posts from before the year.
    posts = base_posts(account, now - 2 * YEAR, now, at=now + YEAR, seed=seed)
    for moment in last_of_day.values():
        made = bisect_right(posts, moment, key=lambda post: post.posted_at)
        newest = [
            as_of(post, min(moment, post.posted_at + age))
            for post, age in zip(reversed(posts[max(0, made - NEWEST) : made]), _ages(), strict=False)
        ]
        profile = profile_at(account, moment, seed=seed)
        counts = [
            PostCounts(likes=post.likes_count, comments=post.comments_count, posted_at=post.posted_at)
            for post in newest
        ]
        yield Figures(
            day=moment.date(),
            followers_count=profile.followers_count,
            following_count=profile.following_count,
            posts_count=profile.posts_count,
            rates=rates(counts, profile.followers_count, moment),
        )


def _ages() -> Iterator[timedelta]:
    """Of the newest post first: the source shows a few that are minutes old at any time, and likes still missing
    from those must not look like a fall on the day when the demo began."""
    yield from FRESH
    while True:
        yield YEAR


def _check_moments(account: Account, since: datetime, now: datetime, seed: str) -> Iterator[datetime]:
    """Every 18 to 20 hours, each account at its own hour."""
    phase = Random(f"{seed}/{account.handle}/checks").random() * CHECK_EVERY
    for number in range((since - BEGINNING) // CHECK_EVERY - 1, (now - BEGINNING) // CHECK_EVERY + 1):
        jitter = Random(f"{seed}/{account.handle}/check/{number}").uniform(-1, 1) * CHECK_JITTER
        moment = BEGINNING + number * CHECK_EVERY + phase + jitter
        if since < moment and moment + CHECK_TAKES <= now:
            yield moment.replace(microsecond=0)


def _outages(since: datetime, now: datetime, seed: str) -> Iterator[tuple[datetime, datetime]]:
    """The same for all accounts: it is the source that is away."""
    for number in range((since - BEGINNING) // OUTAGE_EVERY - 1, (now - BEGINNING) // OUTAGE_EVERY + 1):
        rng = Random(f"{seed}/outage/{number}")
        begin = BEGINNING + (number + rng.uniform(0, 0.9)) * OUTAGE_EVERY
        end = begin + timedelta(days=rng.uniform(2, 4.5))
        if end < now - NO_OUTAGE_LATELY:
            yield begin, end


def _within(moment: datetime, outages: tuple[tuple[datetime, datetime], ...]) -> bool:
    return any(begin <= moment <= end for begin, end in outages)


def _outcome(moment: datetime, outages: tuple[tuple[datetime, datetime], ...], usual: Outcome) -> Outcome:
    return Outcome.FAILED if _within(moment, outages) else usual


def _found(moment: datetime, stories: tuple[FoundStory, ...]) -> Outcome:
    newest = bisect_right(stories, moment, key=lambda story: story.posted_at) - 1
    lives = newest >= 0 and stories[newest].expires_at > moment
    return Outcome.OK if lives else Outcome.EMPTY


def _was_seen(story: FoundStory, seeing: list[datetime]) -> bool:
    first = bisect_left(seeing, story.posted_at)
    return first < len(seeing) and seeing[first] < story.expires_at


def _check(moment: datetime, outcome: Outcome) -> PastCheck:
    return PastCheck(moment, moment + CHECK_TAKES, outcome)
