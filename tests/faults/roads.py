"""Roads between processes: TCP proxies whose traffic can be cut or held up."""

import asyncio
import contextlib
from random import Random
from typing import cast


class Road:
    def __init__(self, name: str, *targets: int) -> None:
        self.name = name
        self.targets = list(targets)
        """Ports on this machine, taken in turn."""
        self.port = 0
        self._pairs: set[_Pair] = set()
        self._turn = 0
        self.is_held = False
        self.is_broken = False
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Pair(self).near, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    def close(self) -> None:
        if self._server is not None:
            self._server.close()
        self.cut()

    @property
    def connections(self) -> int:
        return len(self._pairs)

    def next_target(self) -> int:
        self._turn += 1
        return self.targets[self._turn % len(self.targets)]

    def cut(self, share: float = 1.0, random: Random | None = None) -> None:
        """Ends some of its connections at once, with whatever was under way."""
        for pair in list(self._pairs):
            if share >= 1.0 or (random is not None and random.random() < share):
                pair.abort()

    def cut_within(self, share: float, random: Random) -> None:
        """Ends connections in the middle of what they carry next."""
        for pair in self._pairs:
            pair.is_doomed = pair.is_doomed or random.random() < share

    def hold(self) -> None:
        """Nothing moves any more, and nobody is told; it is not lost either."""
        self.is_held = True
        for pair in self._pairs:
            pair.pause()

    def release(self) -> None:
        self.is_held = False
        for pair in self._pairs:
            pair.resume()

    def swallow(self) -> None:
        """The connections that are open now stay open and carry nothing for ever; new ones work."""
        for pair in list(self._pairs):
            self._pairs.discard(pair)
            pair.swallow()

    def join(self, pair: "_Pair") -> None:
        self._pairs.add(pair)
        if self.is_held:
            pair.pause()

    def leave(self, pair: "_Pair") -> None:
        self._pairs.discard(pair)


class _Pair:
    """The two connections that stand for one."""

    def __init__(self, road: Road) -> None:
        self.road = road
        self.near, self.far = _End(self), _End(self)
        self.near.other, self.far.other = self.far, self.near
        self.is_doomed = False

    def begin(self) -> None:
        if self.road.is_broken:
            self.abort()
            return
        self.road.join(self)
        self._connecting = asyncio.get_running_loop().create_task(self._connect())

    async def _connect(self) -> None:
        try:
            await asyncio.get_running_loop().create_connection(lambda: self.far, "127.0.0.1", self.road.next_target())
        except OSError:
            self.abort()

    def pause(self) -> None:
        self.near.pause()
        self.far.pause()

    def resume(self) -> None:
        self.near.resume()
        self.far.resume()

    def swallow(self) -> None:
        self.near.is_silent = self.far.is_silent = True

    def abort(self) -> None:
        self.road.leave(self)
        for end in (self.near, self.far):
            if end.transport is not None:
                end.transport.abort()


class _End(asyncio.Protocol):
    other: "_End"

    def __init__(self, pair: _Pair) -> None:
        self._pair = pair
        self.transport: asyncio.Transport | None = None
        self.is_silent = False
        self._waiting: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        if self is self._pair.near:
            self._pair.begin()
        elif self.other.transport is None or self.other.transport.is_closing():
            self.transport.abort()
        else:
            for data in self._waiting:
                self.transport.write(data)
            if self._pair.road.is_held:
                self.pause()

    def data_received(self, data: bytes) -> None:
        if self.is_silent:
            return
        if self._pair.is_doomed:
            self.other.write(data[: len(data) // 2])
            asyncio.get_running_loop().call_soon(self._pair.abort)
        else:
            self.other.write(data)

    def write(self, data: bytes) -> None:
        if self.transport is None:
            self._waiting.append(data)
        elif not self.transport.is_closing():
            self.transport.write(data)

    def pause(self) -> None:
        if self.transport is not None:
            with contextlib.suppress(RuntimeError):
                self.transport.pause_reading()

    def resume(self) -> None:
        if self.transport is not None:
            with contextlib.suppress(RuntimeError):
                self.transport.resume_reading()

    # A page that stalls must stall the server behind the road too, not fill our memory.

    def pause_writing(self) -> None:
        self.other.pause()

    def resume_writing(self) -> None:
        if not self._pair.road.is_held:
            self.other.resume()

    def connection_lost(self, error: Exception | None) -> None:
        self._pair.road.leave(self._pair)
        if self.is_silent:
            return
        other = self.other.transport
        if other is not None and not other.is_closing():
            if error is None:
                other.close()
            else:
                other.abort()
