"""The load generator: open pages on plain sockets, read by one epoll loop in a process of its own.

It does as little as it can for each frame, and tells its share of a core, so that the server is what is measured.
"""

import contextlib
import select
import socket
import struct
import time
from array import array
from collections.abc import Callable, Iterator, Sequence

from bench.fragment import DIGITS, MARK
from bench.servers import Server

MARKED = MARK.encode()
JOINING_AT_ONCE = 200
EVENTS = 128
"""Sockets that one look at the kernel answers at most, so that arrival times are noted soon."""
CHUNK = 64 * 1024
STALLING_BUFFER = 16 * 1024


class Lost(Exception):
    """A server did not deliver what was published, or not in time."""


class OpenPage:
    __slots__ = ("_load", "carry", "newest", "read", "socket", "topic")

    def __init__(self, load: "Load", topic: int, *, stalls: bool) -> None:
        self._load = load
        self.topic = topic
        self.carry = b""
        """The end of what was received, where it may hold the begin of a mark."""
        self.newest = -1
        self.socket = socket.socket()
        if stalls:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, STALLING_BUFFER)
        # A reset at the end leaves no port waiting for the next run.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.read: Callable[[], None] = self._read_until_joined

    def _receive(self) -> bytes:
        data = self.socket.recv(CHUNK)
        if not data:
            raise Lost("a stream ended")
        return data

    def _read_until_joined(self) -> None:
        data = self.carry + self._receive()
        self.carry = data[-64:]
        if self._load.joined in data:
            self.carry = b""
            self.read = self.read_numbers
            self._load.joining -= 1
        elif not data.startswith(b"HTTP/1.1 200") and len(data) > 12 and data.startswith(b"HTTP/1.1 "):
            raise Lost(f"a page was answered {data[:60]!r}")

    def read_numbers(self) -> None:
        """Notes when each fragment arrived."""
        data = self._receive()
        now = time.perf_counter()
        if self.carry:
            data = self.carry + data
            self.carry = b""
        load = self._load
        at = data.find(MARKED)
        while at >= 0:
            digits = data[at + 1 : at + 1 + DIGITS]
            if len(digits) < DIGITS:
                self.carry = data[at:]
                return
            self.newest = int(digits)
            load.delivered += 1
            load.delays.append(now - load.sent[self.newest])
            at = data.find(MARKED, at + DIGITS)

    def read_counts(self) -> None:
        """Only counts fragments, for when there are very many."""
        self._load.delivered += self._receive().count(MARKED)


class Load:
    def __init__(self, server: Server) -> None:
        self.server = server
        self.joined = server.joined
        self.pages: list[OpenPage] = []
        self.joining = 0
        self.sent = array("d")
        """When each number was published."""
        self.expected = 0
        self.delivered = 0
        self.delays = array("d")
        """Of each delivery, in seconds."""
        self._audience: dict[int, int] = {}
        self._epoll = select.epoll()
        self._readers: dict[int, OpenPage | _Answers] = {}
        self._publisher = server.connect_publisher()
        self._register(self._publisher, _Answers(self._publisher))
        self._busy = self._elapsed = self._served = 0.0
        self._measured_deliveries = 0

    # --- pages ------------------------------------------------------------------------------------------------

    def open(self, topics: Sequence[int], stalling: int = 0) -> None:
        """One page for each topic; returns when all have joined. The first `stalling` can be stalled later."""
        self.server.prepare(list(topics))
        for number, topic in enumerate(topics):
            page = OpenPage(self, topic, stalls=number < stalling)
            page.socket.connect(("127.0.0.1", self.server.port))
            page.socket.sendall(self.server.request(number, topic))
            self._register(page.socket, page)
            self.pages.append(page)
            self._audience[topic] = self._audience.get(topic, 0) + 1
            self.joining += 1
            while self.joining >= JOINING_AT_ONCE:
                self._turn(1)
        self._until(lambda: self.joining == 0, 60, "joined")

    def stall(self, pages: Sequence[OpenPage]) -> None:
        """Reads them no more, and counts on nothing from them."""
        for page in pages:
            self._epoll.unregister(page.socket)
            self._audience[page.topic] -= 1

    def wake(self, pages: Sequence[OpenPage], within: float = 30) -> float:
        """Seconds until all of them show what was published last."""
        began, last = time.perf_counter(), len(self.sent) - 1
        for page in pages:
            self._epoll.register(page.socket, select.EPOLLIN)
        self._until(lambda: all(page.newest == last for page in pages), within, "woke")
        return time.perf_counter() - began

    def close(self) -> None:
        for page in self.pages:
            page.socket.close()
        self._publisher.close()
        self._epoll.close()

    # --- publishing -------------------------------------------------------------------------------------------

    def publish(self, topic: int = 1) -> None:
        number = len(self.sent)
        self.expected += self._audience[topic]
        publication = self.server.publication(topic, number)
        self.sent.append(time.perf_counter())
        self._publisher.sendall(publication)

    def publish_steadily(self, rate: float, seconds: float, topics: Sequence[int] = (1,)) -> list[float]:
        """The delay of each delivery. Raises `Lost`."""
        self.delays = array("d")
        with self._measured():
            began = time.perf_counter()
            for count in range(int(rate * seconds)):
                self.read_until(began + count / rate)
                self.publish(topics[count % len(topics)])
            self.drain()
        return list(self.delays)

    def publish_once(self) -> float:
        """Seconds until the last page has it."""
        with self._measured():
            began = time.perf_counter()
            self.publish()
            self.drain()
            return time.perf_counter() - began

    def saturate(self, seconds: float, window: int) -> float:
        """Deliveries per second with so many events under way that the server always has work, and no more than
        `window` at a time."""
        for page in self.pages:
            page.read = page.read_counts
        before, pages = self.delivered, len(self.pages)
        with self._measured():
            began = time.perf_counter()
            while time.perf_counter() < began + seconds:
                while self.expected - self.delivered < window * pages:
                    self.publish()
                self._turn(0.01)
            self.drain()
            return (self.delivered - before) / (time.perf_counter() - began)

    def drain(self, within: float = 30) -> None:
        """Until everything published has arrived. Raises `Lost`."""
        self._until(lambda: self.delivered >= self.expected, within, "delivered")
        if self.delivered > self.expected:
            raise Lost(f"{self.delivered - self.expected} fragments came twice")

    # --- the loop ---------------------------------------------------------------------------------------------

    @property
    def share(self) -> float:
        """Of a core, while something was measured."""
        return self._busy / self._elapsed if self._elapsed else 0.0

    @property
    def cost(self) -> float:
        """Seconds of a core that the server used for each delivery that was measured."""
        return self._served / self._measured_deliveries if self._measured_deliveries else 0.0

    def read_until(self, moment: float) -> None:
        while (left := moment - time.perf_counter()) > 0:
            self._turn(left)

    @contextlib.contextmanager
    def _measured(self) -> Iterator[None]:
        began, busy, served, delivered = time.perf_counter(), time.process_time(), self.server.busy(), self.delivered
        yield
        self._elapsed += time.perf_counter() - began
        self._busy += time.process_time() - busy
        self._served += self.server.busy() - served
        self._measured_deliveries += self.delivered - delivered

    def _until(self, is_done: Callable[[], bool], within: float, what: str) -> None:
        deadline = time.perf_counter() + within
        while not is_done():
            self._turn(0.05)
            if time.perf_counter() > deadline:
                raise Lost(
                    f"not everything was {what} in {within:.0f} s: {self.expected - self.delivered} fragments miss"
                )

    def _turn(self, timeout: float) -> None:
        for descriptor, _ in self._epoll.poll(timeout, EVENTS):
            self._readers[descriptor].read()

    def _register(self, connection: socket.socket, reader: "OpenPage | _Answers") -> None:
        self._readers[connection.fileno()] = reader
        self._epoll.register(connection, select.EPOLLIN)


class _Answers:
    """What the publisher is answered."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def read(self) -> None:
        data = self._connection.recv(CHUNK)
        if not data or data.startswith((b"-", b"HTTP/1.1 4", b"HTTP/1.1 5")):
            raise Lost(f"publishing failed: {data[:100]!r}")
