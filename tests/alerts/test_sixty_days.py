"""Sixty days of everything at once, against a model that counts minutes.

The model knows what happened (who was checked when and with what answer, what people did, and when) and works out
by itself what must follow. It imports none of the rules. Whatever the order in which things that happened at once
took effect, the database must hold what the model says for one of these orders.
"""

import asyncio
import contextlib
import itertools
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from app.alerts.inactivity import evaluate_team
from app.alerts.queries import forget_alerts_of
from app.clients.add import add_client
from app.clients.edit import ClientChanges, edit_client, remove_client, restore_client
from app.clients.queries import ClientRef, client_of
from app.database import query, transaction
from app.reading.batch import check_profiles
from app.sources.base import FoundProfile, FoundStory, Outcome, PostsRead, Run, StoriesRead, Target
from app.stories.hide import hide_story
from app.teams.queries import delete_member, insert_member
from tasks.clock import turn_of_the_clock
from tasks.inactivity import NET, check_inactivity, watch
from tests.cast import NOW, Cast
from tests.fakes.source import ScriptedSource
from tests.worker import Worker

DAYS = 60
DAY = 24 * 60
RETRY = 4 * 60
"""Minutes between two attempts while a source fails, at most."""

BEFORE = 2 * DAY
"""Minutes that the model counts before the first one: a check looks back a day."""


def at(minute: int) -> datetime:
    return NOW + timedelta(minutes=minute)


def minute_of(moment: datetime | None) -> int | None:
    if moment is None:
        return None
    minutes, rest = divmod(moment - NOW, timedelta(minutes=1))
    assert not rest, f"{moment} is between two minutes"
    return minutes


# --- the world ------------------------------------------------------------------------------------------------


@dataclass
class Account:
    """What really goes on; nobody who has not looked knows it."""

    name: str
    posted: list[int]
    out_of_sight: list[tuple[int, int, Outcome]]

    def falls_silent(self, starts: int, ends: int) -> None:
        self.posted = [minute for minute in self.posted if not starts <= minute < ends]
        self.posted.append(starts)
        self.posted.sort()

    def answer(self, minute: int) -> tuple[Outcome, list[int]]:
        for starts, ends, outcome in self.out_of_sight:
            if starts <= minute < ends:
                return outcome, []
        alive = [posted for posted in self.posted if posted <= minute < posted + DAY]
        return (Outcome.OK if alive else Outcome.EMPTY), alive


def made_up(name: str, chance: random.Random) -> Account:
    """It posts in spells, with silences of all lengths in between, and is out of sight now and then."""
    posted, spells, minute = [], [], -DAY
    while minute < DAYS * DAY:
        if chance.random() < 0.7:
            minute += chance.randint(1, 8 * DAY)
        for _ in range(chance.randint(1, 5)):
            posted.append(minute)
            minute += chance.randint(1, 30 * 60)
    for _ in range(2):
        starts = chance.randint(0, DAYS * DAY)
        outcome = chance.choice([Outcome.PRIVATE, Outcome.NOT_FOUND, Outcome.RESTRICTED])
        spells.append((starts, starts + chance.randint(60, 6 * DAY), outcome))
    return Account(name, sorted(set(posted)), spells)


class WorldSource(ScriptedSource):
    """Answers what can be seen of the world, takes a few minutes for it, and fails as it likes."""

    rhythm = msgspec.structs.replace(ScriptedSource.rhythm, retry_most=timedelta(minutes=RETRY))

    def __init__(self, world: "World", worker: Worker) -> None:
        super().__init__()
        self.world, self.worker = world, worker

    async def read_stories(self, targets: Sequence[Target], run: Run) -> AsyncIterator[StoriesRead]:
        self.worker.later(minutes=self.world.takes)
        for target in targets:
            yield self.world.seen(target.username, self._now())

    async def read_posts(self, targets: Sequence[Target], run: Run) -> AsyncIterator[PostsRead]:
        for target in targets:
            outcome, _ = self.world.accounts[target.username].answer(self._now())
            is_seen = outcome in (Outcome.OK, Outcome.EMPTY)
            profile = FoundProfile(external_id=None, username=target.username) if is_seen else None
            yield PostsRead(username=target.username, outcome=Outcome.OK if is_seen else outcome, profile=profile)

    def _now(self) -> int:
        minute = minute_of(self.worker.now)
        assert minute is not None
        return minute


@dataclass
class Outage:
    """The source answers about one account alone, and about others now and then."""

    starts: int
    ends: int
    spared: str

    def hides(self, name: str, minute: int) -> bool:
        is_lost = name != self.spared and random.Random(f"{name} {minute}").random() < 0.9
        return is_lost and self.starts <= minute < self.ends


@dataclass
class World:
    accounts: dict[str, Account]
    outages: list["Outage"]
    chance: random.Random
    takes: int = 1
    """Minutes that a check takes."""
    fails: dict[str, Outcome] = field(default_factory=dict)
    """Accounts whose next check fails by itself."""

    def seen(self, name: str, minute: int) -> StoriesRead:
        if any(outage.hides(name, minute) for outage in self.outages):
            return StoriesRead(username=name, outcome=Outcome.FAILED, error="the source is down")
        if name in self.fails:
            return StoriesRead(username=name, outcome=self.fails[name], error="not this time")
        outcome, alive = self.accounts[name].answer(minute)
        return StoriesRead(username=name, outcome=outcome, stories=tuple(found(name, posted) for posted in alive))


def found(name: str, posted: int) -> FoundStory:
    return FoundStory(
        story_id=f"{name}{posted}",
        story_type="image",
        posted_at=at(posted),
        expires_at=at(posted + DAY),
    )


# --- the model ------------------------------------------------------------------------------------------------


@dataclass
class Alert:
    raised: int
    days: int
    resolved: int | None = None
    why: str | None = None
    is_read: bool = False
    snoozed: int | None = None


@dataclass
class Profile:
    state: str = "new"
    observed: bytearray = field(default_factory=lambda: bytearray(BEFORE + (DAYS + 3) * DAY))
    """One byte a minute."""
    good: list[int] = field(default_factory=list)
    """When the good checks began."""
    known: set[int] = field(default_factory=set)
    """When the stories were posted that were seen."""


@dataclass
class Client:
    team: str
    profile: str
    since: int
    """Tracked since then."""
    own_threshold: int | None = None
    is_tracked: bool = True
    signal: str = "GREY"
    days: int | None = None
    silence_began: int | None = None
    suspected: int | None = None
    alerts: dict[str, list[Alert]] = field(default_factory=dict)

    def open_alerts(self) -> list[Alert]:
        return [alert for alerts in self.alerts.values() for alert in alerts if alert.resolved is None]


@dataclass
class Model:
    profiles: dict[str, Profile]
    clients: dict[tuple[str, str], Client]
    members: dict[str, set[str]]
    thresholds: dict[str, int]
    is_down: bool = False

    # What happens.

    def checked(self, name: str, began: int, ended: int, outcome: str, shown: Sequence[int]) -> None:
        if outcome in ("failed", "rate_limited"):
            return
        profile = self.profiles[name]
        if outcome not in ("ok", "empty"):
            profile.state = outcome
            self.judge_profile(name, ended)
            return
        profile.state = "ok"
        profile.good.append(began)
        profile.known |= set(shown)
        for minute in range(min(ended - DAY, began), began):
            profile.observed[BEFORE + minute] = 1
        self.judge_profile(name, ended, began)

    def posts_checked(self, name: str, minute: int, outcome: Outcome) -> None:
        was, profile = self.profiles[name].state, self.profiles[name]
        profile.state = outcome.value
        if profile.state != was:
            self.judge_profile(name, minute)

    def net(self, minute: int) -> None:
        for name in self.profiles:
            self.judge_profile(name, minute)

    def set_own_threshold(self, key: tuple[str, str], days: int | None, minute: int) -> None:
        client = self.clients[key]
        if client.is_tracked and client.own_threshold != days:
            client.own_threshold = days
            self.judge(client, minute)

    def set_team_threshold(self, team: str, days: int, minute: int) -> None:
        self.thresholds[team] = days
        for client in self.clients.values():
            if client.team == team and client.own_threshold is None and client.is_tracked:
                self.judge(client, minute)

    def remove(self, key: tuple[str, str], minute: int) -> None:
        client = self.clients[key]
        if client.is_tracked:
            self._resolve(client, "archived", minute)
            client.is_tracked, client.suspected = False, None

    def restore(self, key: tuple[str, str], minute: int) -> None:
        client = self.clients[key]
        if not client.is_tracked:
            client.is_tracked = True
            self.judge(client, minute)

    def leave(self, team: str, user: str) -> None:
        self.members[team].discard(user)
        for client in self.clients.values():
            if client.team == team:
                client.alerts.pop(user, None)

    def wake(self, minute: int) -> None:
        for client in self.clients.values():
            for alert in client.open_alerts():
                if alert.snoozed is not None and alert.snoozed <= minute:
                    alert.snoozed, alert.is_read = None, False

    # What follows.

    def judge_profile(self, name: str, minute: int, began: int | None = None) -> None:
        for client in self.clients.values():
            if client.profile == name and client.is_tracked:
                self.judge(client, minute, began)

    def silent(self, client: Client, minute: int) -> tuple[int, int | None]:
        """Since when, and for how many observed minutes; None: nobody has looked."""
        profile = self.profiles[client.profile]
        visible = [posted for posted in profile.known if posted + DAY > client.since]
        began = max(visible) if visible else client.since
        if not visible and not any(check > began for check in profile.good):
            return began, None
        return began, sum(profile.observed[BEFORE + began : BEFORE + max(began, minute)])

    def judge(self, client: Client, minute: int, fresh: int | None = None) -> None:
        began, silent = self.silent(client, minute)
        days = client.own_threshold or self.thresholds[client.team]
        has_new = client.silence_began is not None and began > client.silence_began
        client.silence_began = began
        if client.suspected is not None and client.suspected > minute + 1:
            client.suspected = None  # By a worker whose clock is minutes ahead.
        client.days = None if silent is None else silent // DAY
        if self.profiles[client.profile].state not in ("new", "ok"):
            client.signal, client.suspected = "GREY", None
            self._resolve(client, "unreadable", minute)
            return
        if has_new:
            client.suspected = None
            self._resolve(client, "story", minute)
        if silent is None or silent < days * DAY:
            client.signal = "GREY" if silent is None else "YELLOW" if silent > DAY else "RED"
            client.suspected = None
            self._resolve(client, "threshold", minute)
            return
        client.signal = "GREEN"
        if client.open_alerts():
            client.suspected = None
            for alert in client.open_alerts():
                alert.days = max(alert.days, silent // DAY)
        elif client.suspected is None:
            client.suspected = minute
        elif fresh is not None and fresh > client.suspected and not self.is_down:
            client.suspected = None
            for user in self.members[client.team]:
                client.alerts.setdefault(user, []).append(Alert(minute, silent // DAY))

    @staticmethod
    def _resolve(client: Client, why: str, minute: int) -> None:
        for alert in client.open_alerts():
            alert.resolved, alert.why, alert.snoozed = minute, why, None

    def told(self) -> dict[Any, Any]:
        """All that is compared."""
        told: dict[Any, Any] = {}
        for key, client in self.clients.items():
            told[key] = (client.is_tracked, client.signal, client.days, client.suspected)
            for user, alerts in client.alerts.items():
                told[(*key, user)] = [
                    (alert.raised, alert.days, alert.resolved, alert.why, alert.is_read, alert.snoozed)
                    for alert in alerts
                ]
        return told


# --- the test -------------------------------------------------------------------------------------------------


class Queue:
    """What the timetable would be asked for."""

    def __init__(self) -> None:
        self.jobs: list[str] = []

    async def enqueue_job(self, name: str, **options: Any) -> None:
        self.jobs.append(name)


class SixtyDays:
    def __init__(self, cast: Cast, folder: Path, seed: int) -> None:
        self.chance = chance = random.Random(seed)
        self.cast = cast
        self.users = {"alice": cast.alice.id, "bob": cast.bob.id, "charlie": cast.charlie.id}
        self.teams = {"acme": cast.alice.team_id, "globex": cast.charlie.team_id}
        names = ["bakery", "florist", "barber", "tailor"]
        accounts = {name: made_up(name, chance) for name in names}
        outages = []
        for starts in (4 * DAY, 24 * DAY, 44 * DAY):
            starts += chance.randint(0, 12 * DAY)
            outage = Outage(starts, starts + chance.randint(50, 90) * 60, chance.choice(names))
            outages.append(outage)
            # Who is spared falls silent, of all times, now: it must not be alerted about before the source is up.
            accounts[outage.spared].falls_silent(starts - chance.randint(20, 70) * 60, outage.ends)
        self.world = World(accounts, outages, chance)
        self.model = Model(
            {name: Profile() for name in names},
            {},
            {"acme": {"alice", "bob"}, "globex": {"charlie"}},
            {"acme": 3, "globex": 3},
        )
        self.clients: dict[tuple[str, str], ClientRef] = {}
        self.folder = folder
        self.now = 0
        self.noted: set[int] = set()
        """Checks that the model knows of."""
        self.proved: set[tuple[tuple[str, str], int]] = set()
        """Alerts that the world has been asked about."""
        self.down_since = 0
        self.queue = Queue()
        self.workers = [self._worker(), self._worker()]
        self.tally: dict[str, int] = {}

    def _worker(self) -> Worker:
        worker = Worker(self.folder)
        source = WorldSource(self.world, worker)
        worker.scripted = source
        worker.tools = type(worker.tools)(source, worker.storage, worker.tools.spacing, lambda: worker.now)
        return worker

    async def run(self) -> None:
        await query("UPDATE profiles SET next_story_check_at = {}, next_post_check_at = {}", at(0), at(0))
        await query("DELETE FROM clients")
        for team, name in [("acme", "bakery"), ("globex", "bakery"), ("globex", "florist"), ("acme", "barber")]:
            await self.add(team, name)
        late = self.chance.randint(5, 30) * DAY
        rounds = 0
        while self.now < DAYS * DAY:
            await self.let_time_pass()
            if self.now > late and ("acme", "tailor") not in self.clients:
                await self.add("acme", "tailor")
                await self.add("acme", "florist")
            await self.check_due()
            for happens in self.chance.choices(
                [self.people, self.posts, self.nightly, self.nothing], [0.25, 0.15, 0.05, 0.55]
            ):
                await happens()
            rounds += 1
            if rounds % 4 == 0:
                await self.minute()
            await self.compare()

    # Time.

    async def let_time_pass(self) -> None:
        """To the next check that is due, or some hours beyond it where no worker runs."""
        rows = await query(
            "SELECT min(next_story_check_at) AS due FROM profiles p"
            " WHERE EXISTS (SELECT FROM clients c WHERE c.profile_id = p.id AND c.archived_at IS NULL)"
        )
        due = rows[0]["due"] or at(self.now + DAY)
        self.now = max(self.now + 1, -(-(due - NOW) // timedelta(minutes=1)))
        if self.chance.random() < 0.01:
            self.now += self.chance.randint(1, 2 * DAY)

    async def check_due(self) -> None:
        rows = await query(
            "SELECT id, username FROM profiles p WHERE next_story_check_at <= {}"
            " AND EXISTS (SELECT FROM clients c WHERE c.profile_id = p.id AND c.archived_at IS NULL) ORDER BY id",
            at(self.now),
        )
        names = {row["id"]: row["username"] for row in rows}
        if not names:
            return
        self.world.takes = self.chance.randint(1, 4)
        failing = [name for name in names.values() if self.chance.random() < 0.08]
        self.world.fails = {name: self.chance.choice([Outcome.FAILED, Outcome.RATE_LIMITED]) for name in failing}
        for worker in self.workers:
            worker.now = at(self.now)
        how = self.chance.random()
        checking = self._check(self.workers[0], list(names))
        if how < 0.1:
            await self.at_once(names, checking, self._check(self.workers[1], list(names)), killed=how < 0.04)
        elif how < 0.35:
            key = self.chance.choice(list(self.clients))
            person = self.chance.choice([self.threshold_of, self.team_threshold, self.remove_or_restore, self.net])
            happens, follows = person(key, self.now)
            await self.at_once(names, checking, happens, also=[follows])
        elif how < 0.43:
            await self.at_once(names, checking, killed=True)
        else:
            await self.at_once(names, checking)
        self.now += self.world.takes
        await self.watched()

    async def _check(self, worker: Worker, profile_ids: list[int]) -> None:
        await check_profiles("stories", profile_ids, worker.tools)

    async def at_once(
        self,
        names: dict[int, str],
        *happens: Awaitable[Any],
        also: Sequence[Callable[[Model], None]] = (),
        killed: bool = False,
    ) -> None:
        """All of it at the same time; where *killed*, the first is cancelled at any await."""
        tasks = [asyncio.ensure_future(one) for one in happens]
        if killed:
            await asyncio.sleep(self.chance.random() ** 2 * 0.05)
            tasks[0].cancel()
            self.count("kills")
        for task in tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task
        took_effect = [*(await self._checks_that_ended(names)), *also]
        self.count("at once", len(happens) - 1)
        await self.follow(took_effect)

    async def _checks_that_ended(self, names: dict[int, str]) -> list[Callable[[Model], None]]:
        """Which checks were committed is the database's to tell; what follows from them is not."""
        rows = await query(
            "SELECT * FROM checks WHERE finished_at IS NOT NULL AND kind = 'stories' AND id > {} ORDER BY id",
            max(self.noted, default=0) - 50,
        )
        ended: list[Callable[[Model], None]] = []
        for row in rows:
            if row["id"] in self.noted:
                continue
            self.noted.add(row["id"])
            began, finished = minute_of(row["started_at"]), minute_of(row["finished_at"])
            assert began is not None
            assert finished is not None
            name = names[row["profile_id"]]
            shown = [int(str(story.story_id)[len(name) :]) for story in self.world.seen(name, finished).stories]
            if row["outcome"] not in ("ok", "empty"):
                shown = []
            self.count(row["outcome"])

            ended.append(
                partial(Model.checked, name=name, began=began, ended=finished, outcome=row["outcome"], shown=shown)
            )
        return ended

    async def follow(self, happened: Sequence[Callable[[Model], None]]) -> None:
        """The model goes the way of one of the orders in which this may have taken effect."""
        stored = await self.stored()
        told = None
        for order in itertools.islice(itertools.permutations(happened), 720):
            model = deepcopy(self.model) if len(happened) > 1 else self.model
            for one in order:
                one(model)
            told = model.told()
            if told == stored:
                self.model = model
                return
        assert told == stored

    async def watched(self) -> None:
        """After a batch: two workers look whether the source fails, and what follows is done."""
        at_now = self.now
        for worker in self.workers:
            worker.now = at(at_now)
        contexts = [{"tools": worker.tools, "redis": self.queue} for worker in self.workers]
        how = self.chance.random()
        if how < 0.1:
            await self.kill(watch(contexts[0]))
        await asyncio.gather(*(watch(context) for context in contexts[: 2 if how < 0.3 else 1]))
        await self._incident(at_now)
        if self.queue.jobs:
            assert self.queue.jobs == [NET]
            self.queue.jobs.clear()
            await self.nightly()

    async def _incident(self, minute: int) -> None:
        rows = await query("SELECT * FROM source_incidents ORDER BY id")
        is_open = [row for row in rows if row["ended_at"] is None]
        assert len(is_open) <= 1
        assert all(row["began_at"] <= row["ended_at"] for row in rows if row["ended_at"])
        was_down, self.model.is_down = self.model.is_down, await self._fails(minute)
        assert bool(is_open) == self.model.is_down, f"at {minute}: {was_down} → {self.model.is_down}"
        if self.model.is_down and not was_down:
            self.count("incidents")
            told = {row["user_id"] for row in await query("SELECT user_id FROM source_notices")}
            owners = {"alice": "acme", "charlie": "globex"}
            held = {key[0] for key, client in self.model.clients.items() if client.is_tracked}
            assert {self.users[user] for user, team in owners.items() if team in held} <= told
            assert self.users["bob"] not in told
            self.down_since = minute

    async def _fails(self, minute: int) -> bool:
        """By the checks as they are recorded."""
        held = {client.profile for client in self.model.clients.values() if client.is_tracked}
        now = self.down_since if self.model.is_down else minute
        rows = await query(
            "SELECT p.username, k.outcome, k.finished_at FROM checks k JOIN profiles p ON p.id = k.profile_id"
            " WHERE k.kind = 'stories' AND k.finished_at > {} ORDER BY k.id DESC",
            at(now - 2 * DAY),
        )
        counted = {True: 0, False: 0}
        broken = 0
        for name in held:
            checks = [(row["outcome"], minute_of(row["finished_at"]) or 0) for row in rows if row["username"] == name]
            recent = [check for check in checks if check[1] > now - 2 * RETRY]
            if not recent:
                continue
            streak = list(itertools.takewhile(lambda check: check[0] in ("failed", "rate_limited"), checks))
            if streak and min(ended for _, ended in streak) <= now - DAY:
                broken += 1
            else:
                counted[bool(streak)] += 1
        tried, accounts = counted[True] + counted[False], len(held) - broken
        if self.model.is_down:
            return tried < min(3, accounts) or counted[True] * 3 > tried
        return tried >= min(5, accounts) and counted[True] >= 3 and counted[True] * 2 >= tried

    # What people and clocks do. Each gives what happens, and what follows from it.

    def threshold_of(self, key: tuple[str, str], minute: int) -> tuple[Awaitable[Any], Callable[[Model], None]]:
        days = self.chance.choice([None, None, None, 1, 2, 4, 60])
        happens = edit_client(self.clients[key], ClientChanges(inactive_after_days=days), at(minute))
        return happens, lambda model: model.set_own_threshold(key, days, minute)

    def team_threshold(self, key: tuple[str, str], minute: int) -> tuple[Awaitable[Any], Callable[[Model], None]]:
        team, days = key[0], self.chance.choice([1, 2, 3, 4])

        async def happens() -> None:
            async with transaction():
                await query("UPDATE teams SET inactive_after_days = {} WHERE id = {}", days, self.teams[team])
                await evaluate_team(self.teams[team], at(minute))

        return happens(), lambda model: model.set_team_threshold(team, days, minute)

    def remove_or_restore(self, key: tuple[str, str], minute: int) -> tuple[Awaitable[Any], Callable[[Model], None]]:
        client = self.clients[key]
        if self.model.clients[key].is_tracked:
            return remove_client(client, at(minute)), lambda model: model.remove(key, minute)
        if self.chance.random() < 0.5:
            return add_client(client.team_id, key[1], at(minute)), lambda model: model.restore(key, minute)
        return restore_client(client.team_id, client.id, at(minute)), lambda model: model.restore(key, minute)

    def net(self, key: tuple[str, str], minute: int) -> tuple[Awaitable[Any], Callable[[Model], None]]:
        self.workers[1].now = at(minute)
        return check_inactivity({"tools": self.workers[1].tools}), lambda model: model.net(minute)

    def comings(self, key: tuple[str, str], minute: int) -> tuple[Awaitable[Any], Callable[[Model], None]]:
        """Bob leaves Acme, or is back."""
        team_id, bob = self.teams["acme"], self.users["bob"]

        async def leaves() -> None:
            async with transaction():
                await delete_member(team_id, bob)
                await forget_alerts_of(team_id, bob)

        if "bob" in self.model.members["acme"]:
            return leaves(), lambda model: model.leave("acme", "bob")
        return insert_member(team_id, bob, "member"), lambda model: model.members["acme"].add("bob")

    def hides(self, key: tuple[str, str], minute: int) -> tuple[Awaitable[Any], Callable[[Model], None]]:
        """A hidden story changes no silence."""

        async def happens() -> None:
            client = self.clients[key]
            rows = await query("SELECT id FROM stories WHERE profile_id = {} ORDER BY id DESC", client.profile_id)
            if rows:
                await hide_story(client, rows[0]["id"], self.users["alice"])

        return happens(), lambda model: None

    def reads(self, key: tuple[str, str], minute: int) -> tuple[Awaitable[Any], Callable[[Model], None]]:
        """Somebody reads or snoozes an alert."""
        until = self.chance.choice([None, minute + self.chance.randint(1, 4 * DAY)])
        user = self.chance.choice(sorted(self.users))

        def follows(model: Model) -> None:
            for alert in model.clients[key].alerts.get(user, []):
                if alert.resolved is None:
                    alert.is_read, alert.snoozed = True, until

        return query(
            "UPDATE inactivity_alerts SET is_read = true, snoozed_until = {}"
            " WHERE client_id = {} AND user_id = {} AND resolved_at IS NULL",
            until and at(until),
            self.clients[key].id,
            self.users[user],
        ), follows

    async def people(self) -> None:
        key = self.chance.choice(list(self.clients))
        person = self.chance.choices(
            [self.threshold_of, self.team_threshold, self.remove_or_restore, self.comings, self.hides, self.reads],
            [2, 4, 2, 1, 1, 3],
        )[0]
        self.count(person.__name__)
        happens, follows = person(key, self.now)
        await happens
        await self.follow([follows])
        await self.asked_again()
        self.now += 1

    async def asked_again(self) -> None:
        """Whoever is suspected is looked at within minutes, unless the source fails."""
        for key, client in self.model.clients.items():
            if client.suspected == self.now and not self.model.is_down:
                rows = await query(
                    "SELECT next_story_check_at AS due FROM profiles WHERE id = {}", self.clients[key].profile_id
                )
                assert rows[0]["due"] <= at(self.now + 5)

    async def posts(self) -> None:
        """A check of posts tells whether an account is out of sight, too."""
        name = self.chance.choice(sorted(self.world.accounts))
        rows = await query("SELECT id FROM profiles WHERE username = {}", name)
        if not rows:
            return
        self.workers[0].now = at(self.now)
        await check_profiles("posts", [rows[0]["id"]], self.workers[0].tools)
        outcome, _ = self.world.accounts[name].answer(self.now)
        seen = Outcome.OK if outcome is Outcome.EMPTY else outcome
        await self.follow([partial(Model.posts_checked, name=name, minute=self.now, outcome=seen)])
        self.now += 1

    async def nightly(self) -> None:
        """The net: killed somewhere, begun again, and by two workers at once."""
        for worker in self.workers:
            worker.now = at(self.now)
        contexts = [{"tools": worker.tools} for worker in self.workers]
        if self.chance.random() < 0.3:
            await self.kill(check_inactivity(contexts[0]))
        await asyncio.gather(*(check_inactivity(context) for context in contexts))
        await self.follow([partial(Model.net, minute=self.now)])
        await self.asked_again()
        self.now += 1

    async def nothing(self) -> None:
        pass

    async def minute(self) -> None:
        for worker in self.workers:
            worker.now = at(self.now)
        contexts = [{"tools": worker.tools, "redis": self.queue} for worker in self.workers]
        if self.chance.random() < 0.2:
            await self.kill(turn_of_the_clock(contexts[0]))
        await asyncio.gather(*(turn_of_the_clock(context) for context in contexts))
        self.model.wake(self.now)
        await self._incident(self.now)
        if self.queue.jobs:
            self.queue.jobs.clear()
            await self.nightly()
        self.now += 1

    async def kill(self, happens: Awaitable[Any]) -> None:
        task = asyncio.ensure_future(happens)
        await asyncio.sleep(self.chance.random() ** 2 * 0.03)
        task.cancel()
        self.count("kills")
        with contextlib.suppress(asyncio.CancelledError):
            await task

    async def add(self, team: str, name: str) -> None:
        client_id, _ = await add_client(self.teams[team], name, at(self.now))
        client = await client_of(self.teams[team], client_id)
        assert client is not None
        self.clients[team, name] = client
        self.model.clients[team, name] = Client(team, name, self.now)
        if self.model.profiles[name].state != "new":
            self.model.judge(self.model.clients[team, name], self.now)

    # What is compared.

    async def stored(self) -> dict[Any, Any]:
        keys = {client.id: key for key, client in self.clients.items()}
        users = {user_id: name for name, user_id in self.users.items()}
        stored: dict[Any, Any] = {}
        for row in await query("SELECT * FROM clients"):
            suspected = minute_of(row["silence_suspected_at"])
            days = row["stories_inactive_days"]
            stored[keys[row["id"]]] = (row["archived_at"] is None, row["status_signal"], days, suspected)
        for row in await query("SELECT * FROM inactivity_alerts ORDER BY id"):
            stored.setdefault((*keys[row["client_id"]], users[row["user_id"]]), []).append(
                (
                    minute_of(row["created_at"]),
                    row["days_inactive"],
                    minute_of(row["resolved_at"]),
                    row["resolution"],
                    row["is_read"],
                    minute_of(row["snoozed_until"]),
                )
            )
        return stored

    async def compare(self) -> None:
        assert await self.stored() == self.model.told()
        for key, client in self.model.clients.items():
            for alerts in client.alerts.values():
                assert sum(alert.resolved is None for alert in alerts) <= 1
                for alert in alerts:
                    self.is_true(key, client, alert)

    def is_true(self, key: tuple[str, str], client: Client, alert: Alert) -> None:
        """By the world itself: in the observed time that the alert tells of nothing was posted."""
        if (key, alert.raised) in self.proved:
            return
        self.proved.add((key, alert.raised))
        self.count("alerts")
        account, profile = self.world.accounts[client.profile], self.model.profiles[client.profile]
        posted = [minute for minute in account.posted if client.since - DAY < minute < alert.raised]
        quiet = 0
        for minute in range(alert.raised - 1, client.since - DAY, -1):
            # The minute that began with a story is quiet from then on.
            quiet += profile.observed[BEFORE + minute]
            if minute in posted and profile.observed[BEFORE + minute]:
                break
        assert quiet >= alert.days * DAY

    def count(self, what: str, by: int = 1) -> None:
        self.tally[what] = self.tally.get(what, 0) + by


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5])
async def test_sixty_days_end_as_the_model_says(cast: Cast, tmp_path: Path, seed: int) -> None:
    assert datetime(2026, 3, 10, 12, tzinfo=UTC) == NOW
    days = SixtyDays(cast, tmp_path, seed)
    await days.run()
    for what, least in {"alerts": 4, "kills": 20, "at once": 10, "failed": 20, "ok": 20, "empty": 20}.items():
        assert days.tally.get(what, 0) >= least, days.tally
