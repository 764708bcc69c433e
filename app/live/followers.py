"""Programs that follow a team's events, by long poll or stream."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Iterator

from app.live.events import AccessEnded, AnyEvent
from app.live.open_stream import StreamViewer

MOST_OF_ONE = 10
"""Polls and streams of one token or session that one web process holds open at a time."""


class Follower:
    def __init__(self, viewer: StreamViewer) -> None:
        self.viewer = viewer
        self.ended = asyncio.Event()
        self.has_access = True
        self._news = asyncio.Event()

    def listen(self) -> None:
        """From now on news count. Comes before reading, so that none falls between the two."""
        self._news.clear()

    async def news(self, within: float) -> None:
        """Returns when something may have come, at the latest after so many seconds."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._news.wait(), within)

    def wake(self) -> None:
        self._news.set()

    def end(self, *, has_access: bool = True) -> None:
        self.has_access &= has_access
        self.ended.set()
        self.wake()


class Followers:
    """Of one web process."""

    def __init__(self) -> None:
        self._of_team: defaultdict[int, set[Follower]] = defaultdict(set)

    def __iter__(self) -> Iterator[Follower]:
        return iter([follower for team in self._of_team.values() for follower in team])

    def has_room_for(self, viewer: StreamViewer) -> bool:
        others = self._of_team.get(viewer.team_id, ())
        return sum(other.viewer.session == viewer.session for other in others) < MOST_OF_ONE

    @contextlib.contextmanager
    def admitted(self, follower: Follower) -> Iterator[None]:
        team_id = follower.viewer.team_id
        self._of_team[team_id].add(follower)
        try:
            yield
        finally:
            self._of_team[team_id].discard(follower)
            if not self._of_team[team_id]:
                del self._of_team[team_id]

    def tell(self, event: AnyEvent) -> None:
        for follower in list(self._of_team.get(event.team_id, ())):
            if not isinstance(event, AccessEnded):
                follower.wake()
            elif event.ends(follower.viewer.user_id, follower.viewer.session):
                follower.end(has_access=False)

    def wake_all(self) -> None:
        for follower in self:
            follower.wake()

    def end_all(self) -> None:
        for follower in self:
            follower.end()
