"""uvicorn, with two things that open streams need: small kernel buffers, and an end."""

import socket

import uvicorn
from litestar import Litestar

from app.live.hub import Hub
from app.live.stream import Streams

SEND_BUFFER = 64 * 1024
"""Bytes that the kernel holds for a page that stalls; without a limit it holds megabytes for each."""


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


def listen(host: str, port: int) -> socket.socket:
    """Raises `OSError` where the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named, because asyncio else leaves small frames waiting for an acknowledgement.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Connections inherit it.
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
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
        log_level=log_level,
        access_log=False,
        timeout_graceful_shutdown=3,
        timeout_keep_alive=30,
        lifespan="on",
        server_header=False,
    )
    return Server(config, application)
