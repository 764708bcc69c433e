"""An open page without a browser: reads the page's own address of its stream, and the frames that come."""

import asyncio
import contextlib
import html
import re
from collections.abc import AsyncIterator

import httpx
import msgspec


class Frame(msgspec.Struct, frozen=True):
    event: str
    data: str
    id: str | None


class Listener:
    def __init__(self, response: httpx.Response) -> None:
        self._response = response
        self._frames = self._read()
        self.cursor: str | None = None

    async def next(self, within: float = 5) -> Frame:
        """The next frame. Raises `TimeoutError`, or `StopAsyncIteration` where the stream ended."""
        frame = await asyncio.wait_for(anext(self._frames), within)
        self.cursor = frame.id or self.cursor
        return frame

    async def seen(self, within: float = 5) -> str:
        """Skips to the end of a pass; the cursor."""
        return (await self._of_kind("seen", within)).data

    async def fragments(self, within: float = 5) -> str:
        return (await self._of_kind("fragments", within)).data

    async def until(self, event: str, within: float = 5) -> Frame:
        return await self._of_kind(event, within)

    async def collect(self, *texts: str, within: float = 5) -> str:
        """Everything up to the end of the pass that brings the last of the texts."""
        got = ""
        async with asyncio.timeout(within):
            while True:
                frame = await self.next(within)
                got += frame.data
                if frame.event == "seen" and all(text in got for text in texts):
                    return got

    async def _of_kind(self, event: str, within: float) -> Frame:
        async with asyncio.timeout(within):
            while (frame := await self.next(within)).event != event:
                pass
        return frame

    async def _read(self) -> AsyncIterator[Frame]:
        fields: dict[str, list[str]] = {}
        async for line in self._response.aiter_lines():
            if line.startswith(":"):
                continue
            if line:
                name, _, value = line.partition(": ")
                fields.setdefault(name, []).append(value)
            elif fields:
                yield Frame(
                    fields.get("event", ["message"])[0], "\n".join(fields.get("data", [])), fields.get("id", [None])[0]
                )
                fields = {}


async def stream_address(visitor: httpx.AsyncClient, path: str) -> str:
    """Loads the page, and reads where its stream is."""
    answer = await visitor.get(path)
    assert answer.status_code == 200, answer.text
    found = re.search(r'data-stream="([^"]*)"', answer.text)
    assert found, "the page has no stream"
    return html.unescape(found[1])


@contextlib.asynccontextmanager
async def listen_to(visitor: httpx.AsyncClient, path: str) -> AsyncIterator[Listener]:
    """Opens a page and its stream."""
    async with open_stream(visitor, await stream_address(visitor, path)) as listener:
        yield listener


@contextlib.asynccontextmanager
async def open_stream(visitor: httpx.AsyncClient, address: str) -> AsyncIterator[Listener]:
    async with visitor.stream("GET", address, timeout=30) as response:
        assert response.status_code == 200
        yield Listener(response)
