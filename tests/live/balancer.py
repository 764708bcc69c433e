"""One address for several servers: passes connections on in turn, and leaves out who does not answer."""

import asyncio
import contextlib
import itertools
from collections import Counter


class Balancer:
    def __init__(self, ports: list[int]) -> None:
        self._turns = itertools.cycle(ports)
        self._count = len(ports)
        self.passed_to: Counter[int] = Counter()
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self) -> str:
        """Its address."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        assert self._server
        self._server.close()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._connections.add(task)
        try:
            for _ in range(self._count):
                port = next(self._turns)
                with contextlib.suppress(OSError):
                    back = await asyncio.open_connection("127.0.0.1", port)
                    self.passed_to[port] += 1
                    await _join((reader, writer), back)
                    break
        finally:
            writer.close()
            self._connections.discard(task)


Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _join(front: Connection, back: Connection) -> None:
    """Until either side closes: a server that was killed cuts its pages off."""
    ways = [asyncio.create_task(_copy(front[0], back[1])), asyncio.create_task(_copy(back[0], front[1]))]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        back[1].close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
