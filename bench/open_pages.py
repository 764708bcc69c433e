"""Many open streams on plain sockets: cheap enough that the server is what is measured."""

import asyncio
import time
from typing import cast
from urllib.parse import urlsplit

AT_ONCE = 100


class OpenPages:
    def __init__(self, address: str, path: str, cookie: str) -> None:
        parts = urlsplit(address)
        self._host, self._port = parts.hostname or "", parts.port or 80
        self._request = f"GET {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nCookie: {cookie}\r\n\r\n".encode()
        self._pages: list[_Page] = []
        self._awaited = b"event: seen"
        self._missing = 0
        self._arrived: asyncio.Future[float] | None = None

    async def open(self, count: int) -> None:
        """Returns when each of them has joined."""
        joined = self.expect("event: seen", count)
        for start in range(0, count, AT_ONCE):
            await asyncio.gather(*(self._open_one() for _ in range(min(AT_ONCE, count - start))))
        await asyncio.wait_for(joined, 60)

    def expect(self, text: str, count: int | None = None) -> "asyncio.Future[float]":
        """When the last page received the text, by `time.perf_counter()`."""
        self._awaited = text.encode()
        self._missing = count if count is not None else len(self._pages)
        self._arrived = asyncio.get_running_loop().create_future()
        for page in self._pages:
            page.is_waiting = True
        return self._arrived

    def close(self) -> None:
        for page in self._pages:
            page.transport.close()

    async def _open_one(self) -> None:
        loop = asyncio.get_running_loop()
        _, page = await loop.create_connection(lambda: _Page(self), self._host, self._port)
        self._pages.append(page)
        page.transport.write(self._request)

    def received(self, page: "_Page", data: bytes) -> None:
        # Frames are small and arrive whole here; the tail covers one that was cut in two.
        page.tail = (page.tail + data)[-4096:] if len(data) < 4096 else data
        if page.is_waiting and self._awaited in page.tail:
            page.is_waiting = False
            self._missing -= 1
            if self._missing == 0 and self._arrived and not self._arrived.done():
                self._arrived.set_result(time.perf_counter())


class _Page(asyncio.Protocol):
    transport: asyncio.Transport

    def __init__(self, pages: OpenPages) -> None:
        self._pages = pages
        self.is_waiting = True
        self.tail = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._pages.received(self, data)
