"""uvicorn, with two things that open streams need: small kernel buffers, and an end."""

import gc
import socket

import uvicorn
from litestar import Litestar
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.live.hub import Hub
from app.live.stream import Streams

STREAMS = ("/live", "/api/events", "/ops/stream")
SEND_BUFFER = 64 * 1024
"""Bytes that the kernel holds for a page that stalls; without a limit it holds megabytes for each."""


class _Protocol(HttpToolsProtocol):
    """Streams alone have the small buffer: the answer with a whole page would wait in it for the other end's word."""

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        if self.scope["path"] in STREAMS:
            connection: socket.socket = self.transport.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)


class Server(uvicorn.Server):
    """Lets the streams go before it waits for open requests, which else would never end."""

    def __init__(self, config: uvicorn.Config, application: Litestar) -> None:
        super().__init__(config)
        self._application = application

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        hub: Hub | None = self._application.state.get("hub")
        if hub is not None:
            hub.end_all()
        await super().shutdown(sockets)


def collect_rarely() -> None:
    """Has Python look at all objects a hundredth as often as it would: with 5,000 open pages that takes a tenth of a
    second and more, in which nobody is served.

    What dies young is found as soon as ever, and a page that is closed leaves nothing that this look would find.
    What was imported stays: it is never looked at.
    """
    gc.freeze()
    gc.set_threshold(700, 10, 1000)


def listen(host: str, port: int) -> socket.socket:
    """Raises `OSError` where the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named, because asyncio else leaves small frames waiting for an acknowledgement.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(2048)
    except OSError:
        listening.close()
        raise
    return listening


def server(application: Litestar, *, log_level: str = "warning") -> Server:
    config = uvicorn.Config(
        Streams(application),
        http=_Protocol,
        log_level=log_level,
        access_log=False,
        timeout_graceful_shutdown=3,
        timeout_keep_alive=30,
        lifespan="on",
        server_header=False,
    )
    return Server(config, application)
