"""A thousand accounts in as few paid runs as their times allow."""

import asyncio
import random
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from app.database import query
from app.profiles.due import Due, claim_due
from app.sources.base import Source
from app.sources.cost import stories_cost
from app.sources.demo import DemoSource
from tasks.due import batches
from tests.cast import NOW, Cast
from tests.fakes.source import ScriptedSource

SOURCE = ScriptedSource()
RHYTHM = SOURCE.rhythm
EVERY = RHYTHM.stories_every
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


async def accounts(cast: Cast, due_at: list[datetime], state: str = "ok") -> list[int]:
    """Profiles that Acme watches, one for each moment at which one is due."""
    rows = await query(
        "INSERT INTO profiles (platform, username, state, stories_proved_at, next_story_check_at, next_post_check_at)"
        " SELECT 'instagram', {} || at || n, {}, at - interval '18 hours', at, at"
        " FROM unnest({}::timestamptz[]) WITH ORDINALITY AS due (at, n) RETURNING id",
        state,
        state,
        due_at,
    )
    ids = [row["id"] for row in rows]
    await query("INSERT INTO clients (team_id, profile_id) SELECT {}, unnest({}::bigint[])", cast.alice.team_id, ids)
    # The cast's own would be claimed first.
    await query("UPDATE clients SET archived_at = now() WHERE NOT profile_id = ANY({}::bigint[])", ids)
    return ids


async def claim(now: datetime = NOW, kind: str = "stories", source: Source = SOURCE, limit: int = 1000) -> list[int]:
    return [due.profile_id for due in await claim_due(kind, source, now, limit)]


async def test_a_thousand_accounts_go_in_full_batches(cast: Cast) -> None:
    """A day of claims, every minute: 28 runs and 7 dollars; without filling it would be 870 runs and 90 dollars."""
    rng = random.Random(7)
    await accounts(cast, [NOW + EVERY * rng.uniform(0, 0.9) for _ in range(1000)])
    runs = names = 0
    now = NOW
    while now < NOW + timedelta(days=1):
        claimed = await claim_due("stories", SOURCE, now)
        made = list(batches(claimed, RHYTHM.batch))
        runs += len(made)
        names += sum(len(batch) for batch in made)
        await _finish(claimed, now, rng)
        now += MINUTE
    assert names < 1000 * 24 / 18 * 1.1
    assert runs < 1.15 * names / RHYTHM.batch
    assert stories_cost(runs, names) < 8 < 100 < stories_cost(names, names)


async def _finish(claimed: list[Due], now: datetime, rng: random.Random) -> None:
    if claimed:
        await query(
            "UPDATE profiles SET next_story_check_at = d.at, stories_proved_at = {}"
            " FROM unnest({}::bigint[], {}::timestamptz[]) AS d (id, at) WHERE profiles.id = d.id",
            now,
            [due.profile_id for due in claimed],
            [now + EVERY * rng.uniform(0.8, 1) for _ in claimed],
        )


async def test_those_that_are_due_next_fill_the_batch(cast: Cast) -> None:
    """One is due: of the others those of the next two hours come along, the soonest first, and no more than fit."""
    ids = await accounts(cast, [NOW, *(NOW + (11 + 2 * n) * MINUTE for n in range(70))])
    assert await claim() == ids[: RHYTHM.batch]
    assert await claim() == []


async def test_nobody_comes_earlier_than_a_tenth_of_the_way(cast: Cast) -> None:
    ids = await accounts(cast, [NOW, NOW + 2 * HOUR, NOW + 2 * HOUR + MINUTE])
    assert await claim() == ids[:2]


async def test_posts_are_filled_up_too(cast: Cast) -> None:
    ids = await accounts(cast, [NOW, NOW + 2.4 * HOUR, NOW + 2.5 * HOUR])
    assert await claim(kind="posts") == ids[:2]


async def test_while_nobody_is_due_nobody_comes_early(cast: Cast) -> None:
    await accounts(cast, [NOW + MINUTE] * 10)
    assert await claim() == []


@pytest.mark.parametrize("state", ["private", "not_found", "restricted"])
async def test_accounts_out_of_sight_never_come_early(cast: Cast, state: str) -> None:
    unseen = await accounts(cast, [NOW + HOUR] * 3, state)
    seen = await accounts(cast, [NOW, NOW + HOUR])
    await query("UPDATE clients SET archived_at = NULL WHERE profile_id = ANY({}::bigint[])", unseen)
    assert await claim() == seen


async def test_vanished_accounts_alone_call_nobody(cast: Cast) -> None:
    gone = await accounts(cast, [NOW], "not_found")
    seen = await accounts(cast, [NOW + HOUR])
    await query("UPDATE clients SET archived_at = NULL WHERE profile_id = ANY({}::bigint[])", gone)
    assert await claim() == gone
    assert seen


async def test_what_another_worker_has_at_hand_is_not_due_next(cast: Cast) -> None:
    """Its lease ends in ten minutes, as if it were due then; one that really is due then comes along."""
    ids = await accounts(cast, [NOW - MINUTE, NOW, NOW + RHYTHM.lease])
    assert await claim(NOW - MINUTE, limit=1) == ids[:1]
    assert await claim() == ids[1:]


async def test_two_that_fill_at_once_get_nothing_twice(cast: Cast) -> None:
    ids = await accounts(cast, [*[NOW] * 4, *[NOW + HOUR] * 200])
    got = [one for part in await asyncio.gather(*(claim() for _ in range(4))) for one in part]
    assert len(got) == len(set(got)) <= 4 * RHYTHM.batch
    assert set(ids[:4]) <= set(got)


async def test_while_the_source_fails_nobody_comes_early(cast: Cast) -> None:
    ids = await accounts(cast, [NOW, NOW + HOUR])
    await query("INSERT INTO source_incidents (source, checks, failed) VALUES ('scripted', 9, 9)")
    assert await claim() == ids[:1]


async def test_the_demo_fills_nothing(cast: Cast) -> None:
    demo = DemoSource(lambda: NOW)
    ids = await accounts(cast, [NOW, NOW + timedelta(seconds=0.1)])
    assert await claim(source=demo) == ids[:1]


async def test_who_could_lose_a_story_soonest_comes_first(cast: Cast) -> None:
    """Not who is overdue for longest: a new account may show a story in its last hour, one out of sight has none."""
    at = NOW - HOUR
    proved = {"old": NOW - 23 * HOUR, "new": None, "fresh": NOW - 5 * HOUR, "private": NOW - 90 * HOUR}
    ids = dict(zip(proved, await accounts(cast, [at, at + MINUTE, at - MINUTE, at]), strict=True))
    for name, moment in proved.items():
        await query("UPDATE profiles SET stories_proved_at = {} WHERE id = {}", moment, ids[name])
    await query("UPDATE profiles SET state = 'private' WHERE id = {}", ids["private"])
    assert await claim() == [ids["new"], ids["old"], ids["fresh"], ids["private"]]


def test_the_price_of_a_thousand_accounts() -> None:
    """What DESIGN.md reckons: about 5 dollars in batches of 50, 102 one by one."""
    assert stories_cost(20, 1000) == Decimal("4.980")
    assert stories_cost(1000, 1000) == Decimal("102.000")
