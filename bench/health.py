"""How long the server takes to say that it is well, while it has much to do. Asked from a process of its own."""

import contextlib
import socket
import time
from collections.abc import Iterator
from multiprocessing import get_context
from multiprocessing.connection import Connection

EVERY = 0.02
REQUEST = b"GET /health HTTP/1.1\r\nHost: bench\r\n\r\n"


@contextlib.contextmanager
def probing(port: int) -> Iterator[list[float]]:
    """The list is filled at the end, with the seconds that each answer took."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_probe, args=(port, theirs))
    process.start()
    answers: list[float] = []
    ours.recv()
    try:
        yield answers
    finally:
        ours.send("enough")
        answers += ours.recv()
        process.join()


def _probe(port: int, pipe: Connection) -> None:
    answers: list[float] = []
    with socket.create_connection(("127.0.0.1", port)) as connection:
        _ask(connection)
        pipe.send("ready")
        while not pipe.poll(EVERY):
            answers.append(_ask(connection))
    pipe.send(answers)


def _ask(connection: socket.socket) -> float:
    began = time.perf_counter()
    connection.sendall(REQUEST)
    answer = b""
    while not answer.endswith(b"ok"):
        part = connection.recv(4096)
        assert part, "the server closed"
        answer += part
    return time.perf_counter() - began
