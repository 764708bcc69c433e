"""A page that can't receive harms nobody, costs little, and is current again when it wakes."""

import asyncio
import socket
from collections.abc import Sequence
from urllib.parse import urlsplit

import pytest
from markupsafe import Markup

from app.clock import Clock
from app.database import transaction
from app.live import open_stream
from app.live.events import ClientEdited
from app.live.fragments import RENDERERS
from app.live.parts import Part, Rendered
from app.live.publish import publish
from tests.cast import Cast
from tests.listener import listen_to, stream_address
from tests.product import Product

LARGE = 100_000


class Counter:
    """Makes each fragment large, and numbers it."""

    def __init__(self) -> None:
        self.count = 0

    async def render(self, team_id: int, parts: Sequence[Part], language: str, clock: Clock) -> Rendered:
        self.count += 1
        return {part: Markup(f"<p id=large>{'x' * LARGE} number {self.count}.</p>") for part in parts}


class StalledPage:
    """Opens a stream with small buffers, and reads only when told to."""

    def __init__(self, address: str, path: str, cookie: str) -> None:
        parts = urlsplit(address)
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)
        self._socket.connect((parts.hostname, parts.port))
        self._socket.sendall(f"GET {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nCookie: {cookie}\r\n\r\n".encode())
        self._socket.setblocking(False)

    async def read_until(self, text: str) -> str:
        got = b""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(10):
            while text.encode() not in got:
                got += await loop.sock_recv(self._socket, 1 << 20)
        return got.decode(errors="replace")

    def close(self) -> None:
        self._socket.close()


async def push(product: Product, cast: Cast) -> None:
    async with transaction():
        await publish(ClientEdited(team_id=cast.alice.team_id, client_id=cast.bakery.id))


async def test_a_stalled_page_harms_nobody_and_is_current_again_after_it_wakes(
    product: Product, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    counter = Counter()
    async with product.signed_in(cast.alice) as alice:
        path = await stream_address(alice, "/")
        stalled = StalledPage(product.address, path, f"alrt_session={alice.cookies['alrt_session']}")
        async with listen_to(alice, "/") as healthy:
            await healthy.seen()
            monkeypatch.setitem(RENDERERS, "summary", counter.render)
            for number in range(1, 13):
                await push(product, cast)
                await healthy.collect(f"number {number}.")
            assert [stream.is_member for stream in product.hub.streams()].count(False) == 1
            held = await stalled.read_until(f"number {counter.count}.")
        # What the kernel and the process held back, not one frame for each push.
        assert held.count("number") < 8
        stalled.close()


async def test_a_page_that_stays_stalled_is_given_up(
    product: Product, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_stream, "STALLED_AFTER", 0.3)
    async with product.signed_in(cast.alice) as alice:
        path = await stream_address(alice, "/")
        stalled = StalledPage(product.address, path, f"alrt_session={alice.cookies['alrt_session']}")
        async with asyncio.timeout(5):
            while not any(stream.is_member for stream in product.hub.streams()):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        monkeypatch.setitem(RENDERERS, "summary", Counter().render)
        async with asyncio.timeout(10):
            while product.hub.streams():
                await push(product, cast)
                await asyncio.sleep(0.05)
        stalled.close()
