"""The demo team and its year of history, so that a newcomer sees living pages at once."""

import random
from datetime import datetime, timedelta

from app.alerts.silence import signal_of, silence
from app.analytics.coverage import observed_minutes, proved_span
from app.analytics.days import day_bounds, days_between
from app.analytics.queries import seed_days
from app.analytics.snapshot import store_snapshots
from app.clients.queries import ClientRef, clients_of_profile, describe, recount_totals, set_silence, track
from app.database import query, transaction
from app.demo.history import AccountYear, snapshots_of, year_of
from app.posts.queries import store_posts
from app.profiles.queries import profile_named
from app.sources.base import FoundPost, FoundStory, Outcome
from app.sources.demo import DemoSource, profile_at
from app.sources.demo_accounts import CAST, Account
from app.storage.base import Storage
from app.storage.thumbnails import thumbnail
from app.teams.passwords import hash_password
from app.teams.people import DEMO_EMAIL
from app.teams.queries import insert_member, insert_team, insert_user, make_operator, user_by_email

PICTURES = 12
"""Pictures drawn for each account's past; its stories share them, since a year of drawing takes minutes."""

LABELS = {
    "saffron.kitchen": "Restaurant",
    "ironlark.gym": "Gym",
    "noor.sweets": "حلويات",
    "harbourlight.hotel": "Hotel",
}
STATUSES = ("CLIENT", "NEW_LEAD", "CONTACTED", "CLIENT", "NEGOTIATING", "LOST")


async def seed_demo(source: DemoSource, storage: Storage, now: datetime) -> bool:
    """Whether there was anything to do: whole or not at all, and only once."""
    if await user_by_email(DEMO_EMAIL):
        return False
    pictures = {account.handle: await _draw(account, source, storage) for account in CAST}
    password_hash = await hash_password("demo")
    async with transaction():
        user_id = await insert_user(DEMO_EMAIL, "Dana Demo", password_hash)
        if user_id is None:
            return False
        team_id = await insert_team("Demo agency")
        await insert_member(team_id, user_id, "owner")
        await make_operator(user_id)
        for number, account in enumerate(CAST):
            await _seed_account(team_id, account, number, pictures[account.handle], now)
    return True


async def _draw(account: Account, source: DemoSource, storage: Storage) -> list[tuple[str, int]]:
    """Storage keys and sizes."""
    drawn = []
    for number in range(PICTURES):
        data = await thumbnail(await source.picture(f"demo://story/{account.handle}/{number}"))
        key = f"demo/{account.handle}/{number}.jpg"
        await storage.put(key, data)
        drawn.append((key, len(data)))
    return drawn


async def _seed_account(
    team_id: int, account: Account, number: int, pictures: list[tuple[str, int]], now: datetime
) -> None:
    year = year_of(account, now)
    began = now - timedelta(days=365)
    profile = await profile_named(account.handle)
    client_id, _ = await track(team_id, profile.id, began)
    await describe(team_id, client_id, LABELS.get(account.handle), STATUSES[number % len(STATUSES)])
    found = profile_at(account, now)
    is_read = not any(check.outcome == Outcome.PRIVATE for check in year.checks[-1:])
    await query(
        "UPDATE profiles SET external_id = {}, full_name = {}, biography = {}, followers_count = {},"
        " following_count = {}, posts_count = {}, is_private = {}, is_verified = {}, state = {},"
        " next_story_check_at = {}, next_post_check_at = {} WHERE id = {}",
        found.external_id,
        found.full_name,
        found.biography,
        found.followers_count,
        found.following_count,
        found.posts_count,
        found.is_private,
        found.is_verified,
        "ok" if is_read else "private",
        now,
        now,
        profile.id,
    )
    await _store_stories(profile.id, year.stories, pictures)
    await _store_posts(profile.id, year.posts, pictures, now)
    await _store_checks(profile.id, year, now)
    client = (await clients_of_profile(profile.id))[0]
    await _store_days(client, year, now)
    await store_snapshots(profile.id, snapshots_of(account, year, now))


async def _store_stories(profile_id: int, stories: tuple[FoundStory, ...], pictures: list[tuple[str, int]]) -> None:
    chosen = [random.Random(story.story_id).choice(pictures) for story in stories]
    await query(
        "INSERT INTO stories (profile_id, instagram_story_id, thumbnail_storage_path, thumbnail_bytes, story_type,"
        " posted_at, expires_at, fetched_at)"
        " SELECT {}, s.id, s.key, s.size, s.type, s.posted_at, s.expires_at, s.posted_at"
        " FROM unnest({}::text[], {}::text[], {}::int[], {}::text[], {}::timestamptz[], {}::timestamptz[])"
        " AS s (id, key, size, type, posted_at, expires_at)",
        profile_id,
        [story.story_id for story in stories],
        [key for key, _ in chosen],
        [size for _, size in chosen],
        [story.story_type for story in stories],
        [story.posted_at for story in stories],
        [story.expires_at for story in stories],
    )


async def _store_posts(
    profile_id: int, posts: tuple[FoundPost, ...], pictures: list[tuple[str, int]], now: datetime
) -> None:
    keys = {post.post_id: random.Random(post.post_id).choice(pictures)[0] for post in posts}
    await store_posts(profile_id, posts, keys, now)


async def _store_checks(profile_id: int, year: AccountYear, now: datetime) -> None:
    recent = [check for check in year.checks if check.started_at > now - timedelta(days=90)]
    await query(
        "INSERT INTO checks (profile_id, kind, source, started_at, finished_at, outcome, found, stored)"
        " SELECT {}, 'stories', 'demo', c.started_at, c.finished_at, c.outcome, 0, 0"
        " FROM unnest({}::timestamptz[], {}::timestamptz[], {}::text[]) AS c (started_at, finished_at, outcome)",
        profile_id,
        [check.started_at for check in recent],
        [check.finished_at for check in recent],
        [str(check.outcome) for check in recent],
    )


async def _store_days(client: ClientRef, year: AccountYear, now: datetime) -> None:
    spans = [proved_span(check.started_at, check.finished_at) for check in year.checks if Outcome(check.outcome).proves]
    days = days_between(client.tracking_started_at, now, client.time_zone)
    bounds = {day: day_bounds(day, client.time_zone) for day in days}
    await seed_days(client, [(day, observed_minutes(spans, *bounds[day])) for day in days])
    await recount_totals(client)
    newest = max((story.posted_at for story in year.stories), default=client.tracking_started_at)
    silent = silence(spans, newest, now)
    signal = signal_of(
        state="ok" if spans else "private",
        was_checked=bool(spans),
        silent=silent,
        inactive_after_days=client.inactive_after_days,
    )
    await set_silence(client, signal, silent if spans else None, newest)
