"""Stands in for worker and people: changes things without pause by the product's own verbs, and says what it committed.

A process of its own (`python -m tests.faults.writer SOCKET`), told by a socket to go and to pause.
"""

import asyncio
import contextlib
import itertools
import os
import random
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import asyncpg
import msgspec
from redis.asyncio import Redis

from app.clients.edit import ClientChanges, edit_client, remove_client, restore_client, save_notes
from app.clients.queries import ClientRef, client_of, notes_of
from app.clock import system_clock
from app.database import database, query, transaction
from app.live.events import ClientEdited, DayBegan
from app.live.publish import publish
from app.reading.batch import Tools, check_profiles
from app.settings import WrongSetting
from app.sources.base import FoundProfile, Outcome, PostsRead
from app.sources.limits import Spacing
from app.storage.local import LocalStorage
from app.stories.hide import hide_story, show_story
from tests.fakes.source import ScriptedSource, post, story

HANDS = 4
"""Writers at a time; each has clients of its own, so that what it commits has an order."""
PAUSE = (0.0, 0.08)
NEVER = "unheard-of"
"""In everything that is rolled back."""
SPARE = "spare"
"""In the handles of clients that may be removed."""

AWAY = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError)


class Writer:
    def __init__(self, say: Callable[[str], None], folder: Path) -> None:
        self._say = say
        self._source = ScriptedSource()
        self._tools = Tools(self._source, LocalStorage(folder), Spacing(Redis()), system_clock)
        # Larger than any number of an earlier life.
        self._numbers = itertools.count(time.time_ns() // 1_000_000)
        self.may_write = asyncio.Event()
        self.busy = 0

    async def write_for_ever(self, hand: int) -> None:
        verbs: list[tuple[Callable[[ClientRef, str], Awaitable[None]], int]] = [
            (self._label, 6),
            (self._status, 3),
            (self._notes, 4),
            (self._label_slowly, 3),
            (self._several_at_once, 2),
            (self._roll_back, 2),
            (self._archive_story, 6),
            (self._track_post, 4),
            (self._hide_or_show, 3),
            (self._remove_or_restore, 2),
            (self._begin_a_day, 1),
        ]
        choices, weights = zip(*verbs, strict=True)
        while True:
            await self.may_write.wait()
            self.busy += 1
            try:
                client, team = await self._some_client(hand)
                await random.choices(choices, weights)[0](client, team)
            except AWAY:
                await asyncio.sleep(0.05)
            finally:
                self.busy -= 1
            await asyncio.sleep(random.uniform(*PAUSE))

    async def pause(self) -> None:
        """When it returns, nothing is under way."""
        self.may_write.clear()
        while self.busy:  # noqa: ASYNC110, the hands have no event in common
            await asyncio.sleep(0.005)

    async def _some_client(self, hand: int) -> tuple[ClientRef, str]:
        rows = await query(
            "SELECT c.id, c.team_id, lower(t.name) AS team FROM clients c JOIN teams t ON t.id = c.team_id"
            " WHERE c.archived_at IS NULL AND c.id % {} = {}",
            HANDS,
            hand,
        )
        row = random.choice(rows)
        client = await client_of(row["team_id"], row["id"])
        assert client is not None, "only this hand removes it"
        return client, row["team"]

    def _told(self, client: ClientRef, what: str, number: int) -> None:
        self._say(f"committed {client.id} {what} {number}")

    async def _label(self, client: ClientRef, team: str) -> None:
        number = next(self._numbers)
        await edit_client(client, ClientChanges(label=f"{team} {number}"), system_clock())
        self._told(client, "label", number)

    async def _label_slowly(self, client: ClientRef, team: str) -> None:
        """Commits long after it took the number of its event: later numbers are committed, and relayed, before."""
        number = next(self._numbers)
        async with transaction():
            await _set_label(client, f"{team} {number}")
            await publish(ClientEdited(team_id=client.team_id, client_id=client.id))
            await asyncio.sleep(random.uniform(0.02, 0.3))
        self._told(client, "label", number)

    async def _several_at_once(self, client: ClientRef, team: str) -> None:
        number = next(self._numbers)
        async with transaction():
            await query("UPDATE clients SET lead_status = 'CONTACTED' WHERE id = {}", client.id)
            await publish(ClientEdited(team_id=client.team_id, client_id=client.id))
            await _set_label(client, f"{team} {number}")
            await publish(*[ClientEdited(team_id=client.team_id, client_id=client.id)] * 3)
        self._told(client, "label", number)

    async def _roll_back(self, client: ClientRef, team: str) -> None:
        with contextlib.suppress(ZeroDivisionError):
            async with transaction():
                await _set_label(client, f"{team} {NEVER}")
                await publish(ClientEdited(team_id=client.team_id, client_id=client.id))
                1 / 0  # noqa: B018

    async def _status(self, client: ClientRef, team: str) -> None:
        status = random.choice(("NEW_LEAD", "CONTACTED", "NEGOTIATING", "CLIENT", "LOST"))
        await edit_client(client, ClientChanges(lead_status=status), system_clock())

    async def _notes(self, client: ClientRef, team: str) -> None:
        number = next(self._numbers)
        before = await notes_of(client.team_id, client.id)
        if before and isinstance(await save_notes(client, f"{team} {number}", before.version), int):
            self._told(client, "notes", number)

    async def _archive_story(self, client: ClientRef, team: str) -> None:
        number = next(self._numbers)
        found = story(str(3_800_000_000_000_000_000 + number), system_clock() - timedelta(minutes=1))
        # Drawing pictures would only cost time here.
        self._source.shows(client.username, msgspec.structs.replace(found, thumbnail_url=None))
        await check_profiles("stories", [client.profile_id], self._tools)
        self._told(client, "story", number)

    async def _track_post(self, client: ClientRef, team: str) -> None:
        now = system_clock().replace(microsecond=0)
        posts = tuple(
            post(f"{client.profile_id}{age}", now - timedelta(days=age), likes=random.randrange(999))
            for age in range(1, 4)
        )
        profile = FoundProfile(
            external_id=None, username=client.username, followers_count=random.randrange(1000), is_private=False
        )
        self._source.posts[client.username] = PostsRead(
            username=client.username, outcome=Outcome.OK, profile=profile, posts=posts
        )
        await check_profiles("posts", [client.profile_id], self._tools)

    async def _hide_or_show(self, client: ClientRef, team: str) -> None:
        hidden = await query("SELECT story_id FROM hidden_stories WHERE client_id = {} LIMIT 1", client.id)
        if hidden and random.random() < 0.6:
            await show_story(client, hidden[0]["story_id"])
            return
        newest = await query(
            "SELECT id FROM stories WHERE profile_id = {} ORDER BY posted_at DESC, id DESC LIMIT 20", client.profile_id
        )
        if newest:
            (owner,) = await query(
                "SELECT user_id FROM team_members WHERE team_id = {} AND role = 'owner' LIMIT 1", client.team_id
            )
            await hide_story(client, random.choice(newest)["id"], owner["user_id"])

    async def _remove_or_restore(self, client: ClientRef, team: str) -> None:
        """Only those whose own pages nobody looks at."""
        removed = await query(
            "SELECT id FROM clients WHERE team_id = {} AND archived_at IS NOT NULL AND id % {} = {} LIMIT 1",
            client.team_id,
            HANDS,
            client.id % HANDS,
        )
        if removed:
            await restore_client(client.team_id, removed[0]["id"], system_clock())
        elif SPARE in client.username:
            await remove_client(client, system_clock())

    async def _begin_a_day(self, client: ClientRef, team: str) -> None:
        async with transaction():
            await publish(DayBegan(team_id=client.team_id, day=system_clock().date()))


async def _set_label(client: ClientRef, label: str) -> None:
    await query("UPDATE clients SET custom_label = {} WHERE id = {}", label, client.id)


async def main(socket: str) -> None:
    reader, writer = await asyncio.open_unix_connection(socket)
    async with contextlib.AsyncExitStack() as stack:
        await _connect(stack)
        work = Writer(lambda line: writer.write(f"{line}\n".encode()), Path(os.environ["DATA_DIR"]) / "media")
        hands = [asyncio.create_task(work.write_for_ever(hand)) for hand in range(HANDS)]
        writer.write(b"ready\n")
        while line := (await reader.readline()).decode().strip():
            if line == "go":
                work.may_write.set()
            else:
                await work.pause()
                writer.write(f"{line}\n".encode())
        for hand in hands:
            hand.cancel()


async def _connect(stack: contextlib.AsyncExitStack) -> None:
    while True:
        try:
            await stack.enter_async_context(database(os.environ["DATABASE_URL"], pool=HANDS + 2))
        except WrongSetting:
            await asyncio.sleep(0.1)
        else:
            return


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
