"""Very many open streams, as light as can be, that come back with their cursors as pages do."""

import asyncio
import contextlib
import random
import re
from collections.abc import Callable
from typing import cast
from urllib.parse import quote

SEEN = re.compile(rb"event: seen\r?\ndata: ([0-9a-f]{40}:\d+-\d+)\r?\n")
NUMBER = re.compile(rb"deploy no (\d+)")
AT_ONCE = 100
SHORTEST_WAIT, LONGEST_WAIT = 0.3, 10.0


class Streams:
    def __init__(self, port: int, cookie: str, pages: str, cursor: str) -> None:
        self.port = port
        self.cookie = cookie
        self.pages = pages
        self.reloads = 0
        """How many were told to load anew."""
        self._streams: list[_Stream] = []
        self._cursor = cursor
        self._is_over = False
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self, count: int) -> None:
        for _ in range(0, count, AT_ONCE):
            fresh = [_Stream(self, self._cursor) for _ in range(min(AT_ONCE, count - len(self._streams)))]
            self._streams += fresh
            await asyncio.gather(*(stream.connect() for stream in fresh))
        await self.until(lambda stream: stream.is_live, 60)

    def close(self) -> None:
        self._is_over = True
        for task in self._tasks:
            task.cancel()
        for stream in self._streams:
            if stream.transport is not None:
                stream.transport.abort()

    @property
    def live(self) -> int:
        return sum(stream.is_live for stream in self._streams)

    def behind(self, number: int) -> int:
        """How many have not heard of that change."""
        return sum(stream.number < number for stream in self._streams)

    async def until(self, holds: "Callable[[_Stream], bool]", within: float) -> None:
        async with asyncio.timeout(within):
            while not all(holds(stream) for stream in self._streams):  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    def lost(self, stream: "_Stream") -> None:
        if not self._is_over:
            task = asyncio.ensure_future(stream.come_back())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)


class _Stream(asyncio.Protocol):
    def __init__(self, streams: Streams, cursor: str) -> None:
        self._streams = streams
        self._cursor = cursor
        self._failures = 0
        self._tail = b""
        self.transport: asyncio.Transport | None = None
        self.is_live = False
        self.number = 0

    async def connect(self) -> None:
        await asyncio.get_running_loop().create_connection(lambda: self, "127.0.0.1", self._streams.port)

    async def come_back(self) -> None:
        """With the page's own waiting and jitter (`static/live/stream.js`)."""
        while True:
            longest = min(LONGEST_WAIT, SHORTEST_WAIT * 2**self._failures)
            self._failures += 1
            await asyncio.sleep(longest * random.uniform(0.5, 1))
            with contextlib.suppress(OSError):
                await self.connect()
                return

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self._tail = b""
        path = f"/live?{self._streams.pages}&since={quote(self._cursor)}"
        self.transport.write(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {self._streams.cookie}\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        data = self._tail + data
        if b"event: reload" in data:
            self._streams.reloads += 1
        for number in NUMBER.findall(data):
            self.number = max(self.number, int(number))
        if seen := SEEN.findall(data):
            self._cursor, self.is_live, self._failures = seen[-1].decode(), True, 0
        # What may be the beginning of something; never what was counted already.
        self._tail = data[data.rfind(b"\n\r\n") + 3 :] if b"\n\r\n" in data else data[-200_000:]

    def connection_lost(self, error: Exception | None) -> None:
        self.is_live = False
        self.transport = None
        self._streams.lost(self)
