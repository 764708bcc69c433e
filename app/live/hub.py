"""One per web process: takes events from Redis, runs the passes, lets pages join.

The invariant: what a page shows contains every event up to its cursor. Take first, then read.
`tests/live/test_protocol_model.py` plays this protocol and its nearby wrong variants.
"""

import asyncio
import contextlib
import logging
import random
import time
from bisect import bisect_right
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from itertools import chain
from typing import NamedTuple, cast

import msgspec
from markupsafe import Markup
from redis.asyncio import ConnectionPool, Redis
from redis.exceptions import RedisError, ResponseError

from app.live import frames
from app.live.channel import KEPT, LIVE, START, TICK
from app.live.cursor import START as BEGINNING
from app.live.cursor import Cursor, StreamId, id_text, stream_id
from app.live.events import AccessEnded, AnyEvent, age_of, decode
from app.live.followers import Follower, Followers
from app.live.fragments import NEVER_KEPT, drop_touched, parts_for
from app.live.measures import Measures
from app.live.open_stream import OpenStream, Shown, StreamViewer
from app.live.pages import Page
from app.live.parts import Part, Parts, Render, Rendered

log = logging.getLogger("alrt.hub")

PASS_EVERY = 0.04
HEARTBEAT_EVERY = 15.0
LOOK_EVERY = 5.0
SILENT_AFTER = 12.0
"""Seconds without an entry (ticks come every 5) after which the road to Redis counts as broken."""
CHECK_EVERY = 30.0
CHECKED_AT_ONCE = 500
ANSWERS_WITHIN = 2.0
"""Seconds after which a connection to Redis counts as one whose other end is gone."""
RETRY = 0.3
AHEAD_WAIT = 2.0
REPORTS_A_SECOND = 10
"""That this process wants of all its pages together, about what they painted."""
SLICE = 200
"""Pages written to before others get their turn on the event loop: some 2 ms of work. A small request needs about four
turns, so that it is answered within 10 ms while a pass goes to 10,000 pages."""


_now = time.monotonic

Allowed = Callable[[set[StreamViewer]], Awaitable[set[StreamViewer]]]
"""Which of the viewers may still look."""


class Missed(NamedTuple):
    events: list[tuple[Cursor, AnyEvent]]
    """Each with its own cursor."""
    cursor: Cursor
    """Everything up to it is among the events."""
    is_all: bool


class Team:
    """The open streams of one team, and what is out of date on them."""

    def __init__(self) -> None:
        self.streams: set[OpenStream] = set()
        self.dirty: set[AnyEvent] = set()
        self.recorded: int | None = None
        """When the oldest of them was recorded, in milliseconds of Redis's clock."""
        self.heartbeat = False
        self.between_passes = asyncio.Lock()
        self.runner: asyncio.Task[None] | None = None
        self.last_pass = 0.0


class Hub:
    def __init__(self, redis_url: str, render: Render, allowed: Allowed) -> None:
        self._commands = Redis.from_url(redis_url, socket_timeout=ANSWERS_WITHIN, socket_connect_timeout=2)
        self._redis_url = redis_url
        self._allowed = allowed
        self.parts = Parts(render, NEVER_KEPT)
        self.followers = Followers()
        self.measures = Measures()
        self._run_id: str | None = None
        self._taken: StreamId = BEGINNING
        self._floor: StreamId = BEGINNING
        self._order: deque[tuple[StreamId, int]] = deque()
        self._ring: defaultdict[int, deque[tuple[StreamId, AnyEvent]]] = defaultdict(deque)
        self._teams: dict[int, Team] = {}
        self._last_entry = 0.0
        self._moved = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self.ready = asyncio.Event()

    # --- life -------------------------------------------------------------------------------------------------

    async def start(self, wait: float = 10.0) -> None:
        """Begins to take events; waits a while for Redis, and goes on trying if it is away."""
        self._tasks = [asyncio.create_task(work()) for work in (self._take_for_ever, self._check_for_ever)]
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.ready.wait(), wait)

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.end_all()
        await self._commands.aclose()

    def end_all(self) -> None:
        """Lets every stream go, so that the process can stop; the pages come back by themselves."""
        for stream in list(self.streams()):
            stream.end()
        self.followers.end_all()

    def streams(self) -> Iterable[OpenStream]:
        return [stream for team in self._teams.values() for stream in team.streams]

    @property
    def cursor(self) -> Cursor | None:
        """Where this process stands. A page notes it before its first read. None before Redis was ever reached."""
        return Cursor(self._run_id, self._taken) if self._run_id else None

    async def clock(self) -> int:
        """Milliseconds, by the one clock that all processes share: Redis's."""
        seconds, microseconds = await self._commands.time()
        return int(seconds) * 1000 + int(microseconds) // 1000

    @property
    def is_hearing(self) -> bool:
        """Whether entries arrive; ticks come every 5 seconds."""
        return _now() - self._last_entry < SILENT_AFTER

    async def shown(self, parts: Sequence[Part], language: str) -> list[Markup]:
        """For a page that is loaded: the parts as they are kept for pushes too, in the order of asking.

        Raises where a template failed.
        """
        if not self.is_hearing:
            # Changes are not heard of now: at least a page that is loaded anew shows them.
            self.parts.clear()
        rendered = await self.parts.rendered(parts, language)
        shown = [rendered[part] for part in parts]
        if None in shown:
            raise RuntimeError(f"no page without {[part.name for part, html in rendered.items() if html is None]}")
        return cast("list[Markup]", shown)

    # --- taking events ----------------------------------------------------------------------------------------

    async def _take_for_ever(self) -> None:
        while True:
            try:
                await self._subscribe_and_take()
            except (OSError, RedisError, TimeoutError) as error:
                log.warning("hub waits for Redis: %s", error or type(error).__name__)
            except Exception:
                log.exception("the hub begins anew")
                self._forget()
            await asyncio.sleep(RETRY)

    async def _subscribe_and_take(self) -> None:
        # A connection of its own: redis-py's `PubSub` takes a timer and much else for each message.
        async with asyncio.timeout(ANSWERS_WITHIN):
            connection = await ConnectionPool.from_url(self._redis_url).get_connection()
        try:
            async with asyncio.timeout(ANSWERS_WITHIN):
                await connection.send_command("SUBSCRIBE", LIVE)
                await connection.read_response()
            await self._catch_up()
            self.ready.set()
            heard = _now()
            while _now() - heard < SILENT_AFTER:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_EVERY):
                        while True:
                            _, _, message = await connection.read_response(disconnect_on_error=False)
                            heard = _now()
                            await self._take_message(message)
                await self._catch_up()
            raise TimeoutError("the subscription is silent")
        finally:
            await connection.disconnect(nowait=True)

    async def _take_message(self, message: bytes) -> None:
        before, position, entry = message.split(b"|", 2)
        if stream_id(position.decode()) <= self._taken:
            return
        if stream_id(before.decode()) == self._taken and entry != START.encode():
            self._take(stream_id(position.decode()), entry)
        else:
            await self._catch_up()

    async def _catch_up(self) -> None:
        """Takes what the stream holds after *taken*; where that can't be all of it, everything begins anew."""
        async with self._commands.pipeline(transaction=True) as look:
            look.info("server")
            look.xinfo_stream(LIVE)
            look.xrange(LIVE, min=f"({id_text(self._taken)}" if self._run_id else "-")
            server, stream, entries = await look.execute(raise_on_error=False)
        for answer in (server, stream, entries):
            if isinstance(answer, Exception) and "no such key" not in str(answer):
                raise answer
        if isinstance(stream, ResponseError):
            # No relay has run since Redis was emptied.
            raise TimeoutError("the stream of events has no beginning yet")
        if self._run_id is not None and self._is_lost(server["run_id"], stream):
            self._forget()
            await self._catch_up()
            return
        if self._run_id is None:
            self._run_id = server["run_id"]
            self._floor = stream_id(stream["first-entry"][0].decode())
            self._taken = BEGINNING
        for position, fields in entries:
            if fields[b"e"] == START.encode() and self._taken > BEGINNING:
                self._forget()
                await self._catch_up()
                return
            self._take(stream_id(position.decode()), fields[b"e"])

    def _is_lost(self, run_id: str, stream: dict[str, object]) -> bool:
        first, last = stream["first-entry"], stream["last-generated-id"]
        return (
            run_id != self._run_id
            or stream_id(first[0].decode()) > self._taken  # type: ignore[index]
            or stream_id(last.decode()) < self._taken  # type: ignore[attr-defined]
        )

    def _take(self, position: StreamId, entry: bytes) -> None:
        self._last_entry = _now()
        if entry not in (TICK.encode(), START.encode()):
            try:
                event = decode(entry)
            except msgspec.DecodeError:
                log.warning("an event of another version, pages load anew: %r", entry[:200])
                self._begin_at(position)
            else:
                self._note(position, event, _recorded(position, entry))
        self._taken = position
        self._moved.set()
        self._moved = asyncio.Event()

    def _begin_at(self, position: StreamId) -> None:
        """What this event made out of date is not known here: nobody may go on from before it."""
        run_id = self._run_id
        self._forget()
        self._run_id, self._floor = run_id, position

    def _note(self, position: StreamId, event: AnyEvent, recorded: int | None) -> None:
        self._order.append((position, event.team_id))
        self._ring[event.team_id].append((position, event))
        self._trim()
        drop_touched(self.parts, event)
        self._mark(event, recorded)
        self.followers.tell(event)

    def _trim(self) -> None:
        while len(self._order) > KEPT:
            self._floor, team_id = self._order.popleft()
            ring = self._ring[team_id]
            ring.popleft()
            if not ring:
                del self._ring[team_id]

    def _mark(self, event: AnyEvent, recorded: int | None) -> None:
        team = self._teams.get(event.team_id)
        if team is None:
            return
        if isinstance(event, AccessEnded):
            for stream in list(team.streams):
                if event.ends(stream.viewer.user_id, stream.viewer.session):
                    stream.end("access")
            return
        team.dirty.add(event)
        team.recorded = _older(team.recorded, recorded)
        self._run_passes(event.team_id, team)

    def _forget(self) -> None:
        """Nothing that was known can be trusted: every page loads anew, spread over some seconds."""
        self._run_id = None
        self._taken = self._floor = BEGINNING
        self._order.clear()
        self._ring.clear()
        self.parts.clear()
        for team in self._teams.values():
            team.dirty.clear()
            team.recorded = None
        for stream in self.streams():
            self._reload(stream)
        self.followers.wake_all()

    # --- passes -----------------------------------------------------------------------------------------------

    def _run_passes(self, team_id: int, team: Team) -> None:
        if team.runner is None:
            team.runner = asyncio.create_task(self._passes(team_id, team))

    async def _passes(self, team_id: int, team: Team) -> None:
        try:
            while team.dirty or team.heartbeat:
                if (early := team.last_pass + PASS_EVERY - _now()) > 0:
                    await asyncio.sleep(early)
                try:
                    async with team.between_passes:
                        began = _now()
                        await self._pass(team)
                        self.measures.passes.add(_now() - began)
                except Exception:
                    log.exception("a pass for team %s is repeated", team_id)
                    await asyncio.sleep(RETRY)
                team.last_pass = _now()
        finally:
            team.runner = None
            self._forget_team(team_id, team)

    async def _pass(self, team: Team) -> None:
        """One round of reading, rendering and writing: everything that is dirty now, with the cursor of now."""
        cursor = self.cursor
        dirty, team.dirty = team.dirty, set()
        recorded, team.recorded = team.recorded, None
        heartbeat, team.heartbeat = team.heartbeat, False
        members = [stream for stream in team.streams if stream.is_member]
        if cursor is None or not members:
            return
        try:
            written = await self._frames(dirty, set(chain(*{stream.shown for stream in members})))
        except BaseException:
            team.dirty |= dirty
            team.recorded = _older(team.recorded, recorded)
            team.heartbeat |= heartbeat
            raise
        if cursor.run_id != self._run_id:
            return
        last = frames.seen(cursor)
        if recorded is not None:
            last = frames.committed(recorded, len(members) / REPORTS_A_SECOND) + last
        bodies = _Bodies(written, last, even_if_nothing=heartbeat)
        for count, stream in enumerate(members, start=1):
            if count % SLICE == 0:
                await asyncio.sleep(0)
                if cursor.run_id != self._run_id:
                    return
            if stream.is_member:
                self._write(stream, bodies[stream.shown], cursor)

    async def _frames(self, events: Iterable[AnyEvent], shown: Iterable[Shown]) -> dict[Shown, bytes | None]:
        """The frame of each page and language that the events touch; None where a template failed."""
        wanted: dict[str, dict[Page, list[Part]]] = defaultdict(dict)
        for page, language in shown:
            parts = list(dict.fromkeys(part for event in events for part in parts_for(event, page)))
            if parts:
                wanted[language][page] = parts
        written: dict[Shown, bytes | None] = {}
        for language, pages in wanted.items():
            rendered = await self.parts.rendered({part for parts in pages.values() for part in parts}, language)
            for page, parts in pages.items():
                written[page, language] = _frame(page, parts, rendered)
        return written

    def _write(self, stream: OpenStream, body: bytes | None, cursor: Cursor) -> None:
        if body is None:
            self._reload(stream)
        elif not body:
            return
        elif stream.write(body):
            stream.cursor = cursor
        else:
            self.measures.skips += 1
            stream.is_member = False
            stream.when_writable(self.join)

    # --- joining ----------------------------------------------------------------------------------------------

    def admit(self, stream: OpenStream) -> None:
        """Makes a stream known, so that an end of access reaches it while it is still joining."""
        team_id = stream.viewer.team_id
        if team_id not in self._teams:
            team = self._teams[team_id] = Team()
            # Each team at a moment of its own: a thousand passes at once would hold everybody up.
            self._beat_after(HEARTBEAT_EVERY * random.random(), team_id, team)
        self._teams[team_id].streams.add(stream)

    def dismiss(self, stream: OpenStream) -> None:
        team = self._teams[stream.viewer.team_id]
        team.streams.discard(stream)
        self._forget_team(stream.viewer.team_id, team)

    def _forget_team(self, team_id: int, team: Team) -> None:
        if not team.streams and team.runner is None and self._teams.get(team_id) is team:
            del self._teams[team_id]

    async def is_allowed(self, stream: OpenStream | Follower) -> bool:
        return stream.viewer in await self._allowed({stream.viewer})

    async def join(self, stream: OpenStream) -> None:
        """New, returning and woken pages alike: what they missed, whole, and then they are members."""
        team = self._teams[stream.viewer.team_id]
        await self._wait_for(stream.cursor)
        async with team.between_passes:
            now = self.cursor
            if now is None or not self._can_replay(stream.cursor, now):
                self._reload(stream)
                return
            missed = self._events_after(stream.cursor.position, stream.viewer.team_id)  # type: ignore[union-attr]
            try:
                written = await self._frames(missed, stream.shown)
            except Exception:
                log.exception("a page could not join")
                stream.end()  # It comes back from its own cursor.
                return
            if now.run_id != self._run_id:
                self._reload(stream)
                return
            self.measures.joins += 1
            self.measures.replays += bool(missed)
            stream.is_member = True
            self._write(stream, _Bodies(written, frames.seen(now), even_if_nothing=True)[stream.shown], now)

    def _reload(self, stream: OpenStream) -> None:
        self.measures.reloads += 1
        stream.reload()

    async def _wait_for(self, cursor: Cursor | None) -> None:
        """Another web process may have taken more than this one: waits until this one has caught up."""
        deadline = _now() + AHEAD_WAIT
        while (
            cursor is not None
            and (self._run_id is None or cursor.run_id == self._run_id)
            and cursor.position > self._taken
            and _now() < deadline
        ):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._moved.wait(), deadline - _now())

    def _can_replay(self, cursor: Cursor | None, now: Cursor) -> bool:
        return cursor is not None and cursor.run_id == now.run_id and self._floor <= cursor.position <= now.position

    def _events_after(self, position: StreamId, team_id: int) -> list[AnyEvent]:
        return [event for _, event in self._entries_after(position, team_id)]

    def _entries_after(self, position: StreamId, team_id: int) -> list[tuple[StreamId, AnyEvent]]:
        ring = self._ring.get(team_id)
        if not ring or ring[-1][0] <= position:
            return []
        return list(ring)[bisect_right(ring, position, key=lambda entry: entry[0]) :]

    async def missed(self, cursor: Cursor, team_id: int, most: int) -> "Missed | None":
        """For programs: the team's events after the cursor, oldest first; None where they can't be told whole."""
        await self._wait_for(cursor)
        now = self.cursor
        if now is None or not self._can_replay(cursor, now):
            return None
        entries = self._entries_after(cursor.position, team_id)
        events = [(Cursor(now.run_id, position), event) for position, event in entries[:most]]
        return Missed(events, now, True) if len(entries) <= most else Missed(events, events[-1][0], False)

    # --- heartbeat --------------------------------------------------------------------------------------------

    def _beat(self, team_id: int, team: Team) -> None:
        """Only while ticks arrive, so that relay, Redis, hub and stream are all proved alive.

        A heartbeat is a pass that writes to every page, so that its cursor is as sound as any other's.
        """
        if self._teams.get(team_id) is not team:
            return
        self._beat_after(HEARTBEAT_EVERY * random.uniform(0.9, 1.0), team_id, team)
        if self.is_hearing:
            team.heartbeat = True
            self._run_passes(team_id, team)

    def _beat_after(self, seconds: float, team_id: int, team: Team) -> None:
        asyncio.get_running_loop().call_later(seconds, self._beat, team_id, team)

    # --- access -----------------------------------------------------------------------------------------------

    async def _check_for_ever(self) -> None:
        """The net under `AccessEnded`: asks again for everybody, hundreds at a time."""
        while True:
            await asyncio.sleep(CHECK_EVERY)
            try:
                viewers = list({one.viewer for one in (*self.streams(), *self.followers)})
                refused: set[StreamViewer] = set()
                for start in range(0, len(viewers), CHECKED_AT_ONCE):
                    some = set(viewers[start : start + CHECKED_AT_ONCE])
                    refused |= some - await self._allowed(some)
            except Exception as error:
                log.warning("access can't be checked now: %s", error or type(error).__name__)
                continue
            for stream in self.streams():
                if stream.viewer in refused:
                    stream.end("access")
            for follower in self.followers:
                if follower.viewer in refused:
                    follower.end(has_access=False)


class _Bodies(dict[tuple[Shown, ...], bytes | None]):
    """What a pass writes, by what a stream shows: put together once, however many streams show the same.

    None where a template failed; empty where there is nothing to write.
    """

    def __init__(self, written: Mapping[Shown, bytes | None], last: bytes, *, even_if_nothing: bool) -> None:
        self._written = written
        self._last = last
        self._even_if_nothing = even_if_nothing

    def __missing__(self, shown: tuple[Shown, ...]) -> bytes | None:
        mine = [self._written[one] for one in shown if one in self._written]
        if None in mine:
            self[shown] = None
        else:
            self[shown] = b"".join((*mine, self._last)) if mine or self._even_if_nothing else b""  # type: ignore[arg-type]
        return self[shown]


def _frame(page: Page, parts: Iterable[Part], rendered: Rendered) -> bytes | None:
    found = [rendered[part] for part in parts]
    return None if None in found else frames.fragments(page, found)  # type: ignore[arg-type]


def _recorded(position: StreamId, entry: bytes) -> int | None:
    age = age_of(entry)
    return None if age is None else position[0] - age


def _older(one: int | None, other: int | None) -> int | None:
    return min((moment for moment in (one, other) if moment is not None), default=None)
