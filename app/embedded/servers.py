"""The embedded servers of one data folder, which one process holds at a time."""

import asyncio
import fcntl
import os
import random
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TypeVar

import msgspec

from app.embedded import leftovers
from app.embedded.children import ServerMissing, Service
from app.embedded.postgres import Postgres
from app.embedded.redis import Redis
from app.settings import Settings, WrongSetting

# Below the ports that the systems give to outgoing connections.
PORTS = range(20_000, 32_000)


Server = TypeVar("Server", Postgres, Redis)


class AlreadyRunning(WrongSetting):
    pass


class Urls(msgspec.Struct, frozen=True):
    database_url: str
    redis_url: str


class Note(msgspec.Struct, frozen=True):
    """What stands in `servers.json`. None where the server is not ours."""

    holder: int = 0
    ready: bool = False
    shared: bool = False
    """False while a command has the servers for its own time: nobody else may count on them."""
    postgres_port: int | None = None
    redis_port: int | None = None
    database_url: str | None = None
    redis_url: str | None = None


class Servers:
    """`stop()` is owed after `start()`, also when that failed or was cancelled."""

    def __init__(self, settings: Settings, *, shared: bool = False) -> None:
        self.services: list[Service] = []
        self._settings = settings
        self._data_dir = settings.data_dir
        self._note = Note(holder=os.getpid(), shared=shared)
        self._lock: int | None = None

    async def start(self) -> Urls:
        """Raises `AlreadyRunning`, or `ServerMissing` with the reason."""
        try:
            self._lock = _lock(self._data_dir)
            before = _read_note(self._data_dir)
            self._write()
            await leftovers.end_programs(self._data_dir)
            if self._settings.database_url is None:
                postgres = await self._start(Postgres, before.postgres_port)
                self._note = msgspec.structs.replace(self._note, postgres_port=postgres.port, database_url=postgres.url)
            if self._settings.redis_url is None:
                redis = await self._start(Redis, before.redis_port)
                self._note = msgspec.structs.replace(self._note, redis_port=redis.port, redis_url=redis.url)
            self._note = msgspec.structs.replace(self._note, ready=True)
            self._write()
        except OSError as error:
            raise ServerMissing(
                f"The servers can't use {error.filename or self._data_dir}: {error.strerror or error}."
            ) from error
        return _together(self._settings, self._note)

    async def stop(self, grace: float = 5.0) -> None:
        """Redis before PostgreSQL, within about `grace` seconds."""
        if self._lock is None:
            return
        deadline = asyncio.get_running_loop().time() + grace
        self._note = msgspec.structs.replace(self._note, ready=False)
        with suppress(OSError):  # a full disk must not keep anything running
            self._write()
        for service in reversed(self.services):
            # The first one leaves the second half of what is left to the second.
            left = deadline - asyncio.get_running_loop().time()
            share = left / 2 if service is not self.services[0] else left
            await service.stop(max(0.2, share))
        os.close(self._lock)
        self._lock = None

    async def _start(self, kind: type[Server], port: int | None) -> Server:
        server = kind(self._data_dir, self._free_port(port))
        self.services.append(server)
        try:
            await server.start()
        except ServerMissing:
            if _is_free(server.port):
                raise
            # Another program took the port in between.
            server.port = self._free_port(None)
            await server.start()
        return server

    def _free_port(self, before: int | None) -> int:
        candidates = [before] if before else []
        candidates += random.sample(PORTS, 200)
        for port in candidates:
            if port != self._settings.port and _is_free(port):
                return port
        raise ServerMissing("No free port was found for the servers.")

    def _write(self) -> None:
        draft = self._data_dir / "servers.json.draft"
        draft.unlink(missing_ok=True)
        draft.touch(mode=0o600)
        draft.write_bytes(msgspec.json.format(msgspec.json.encode(self._note)))
        draft.replace(self._data_dir / "servers.json")


@asynccontextmanager
async def embedded_servers(settings: Settings, *, shared: bool = False) -> AsyncIterator[Urls]:
    """Starts what the settings don't name, and stops it at the end."""
    servers = Servers(settings, shared=shared)
    try:
        yield await servers.start()
    finally:
        await asyncio.shield(servers.stop())


def running_servers(settings: Settings) -> Urls | None:
    """Those of the product that runs on this data folder, if one does."""
    if not _is_held(settings.data_dir):
        return None
    note = _read_note(settings.data_dir)
    if not (note.ready and note.shared and note.holder == _holder(settings.data_dir)):
        return None
    return _together(settings, note)


@asynccontextmanager
async def servers_for_command(settings: Settings) -> AsyncIterator[Urls]:
    """Given ones, those of the running product, or own ones for the time of the command."""
    if settings.database_url is not None and settings.redis_url is not None:
        yield Urls(settings.database_url, settings.redis_url)
        return
    servers = Servers(settings)
    deadline = asyncio.get_running_loop().time() + 60
    try:
        while (urls := running_servers(settings)) is None:
            try:
                urls = await servers.start()
                break
            except AlreadyRunning:
                # It is starting or stopping, or another command has the folder: each of these ends.
                if asyncio.get_running_loop().time() > deadline:
                    raise
                await asyncio.sleep(0.1)
        yield urls
    finally:
        await asyncio.shield(servers.stop())


def _together(settings: Settings, note: Note) -> Urls:
    database_url = settings.database_url or note.database_url
    redis_url = settings.redis_url or note.redis_url
    if database_url is None or redis_url is None:
        missing = "DATABASE_URL" if database_url is None else "REDIS_URL"
        raise WrongSetting(f"Alrt runs on {settings.data_dir} with a {missing} of its own: set the same one here.")
    return Urls(database_url, redis_url)


def _lock(data_dir: Path) -> int:
    """The kernel lets go of it when the process ends, however it ends."""
    data_dir.mkdir(parents=True, exist_ok=True)
    lock = os.open(data_dir / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    if not _take(lock):
        os.close(lock)
        raise AlreadyRunning(f"Alrt already runs on {data_dir} (process {_holder(data_dir)}).")
    os.ftruncate(lock, 0)
    os.write(lock, str(os.getpid()).encode())
    return lock


def _take(lock: int) -> bool:
    """Tried for a moment, because a command that only looks holds it too."""
    for _ in range(10):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.01)
        else:
            return True
    return False


def _is_held(data_dir: Path) -> bool:
    try:
        lock = os.open(data_dir / "lock", os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


def _holder(data_dir: Path) -> int:
    text = (data_dir / "lock").read_text()
    return int(text) if text.isdigit() else 0


def _read_note(data_dir: Path) -> Note:
    try:
        return msgspec.json.decode((data_dir / "servers.json").read_bytes(), type=Note)
    except (OSError, msgspec.DecodeError):
        return Note()


def _is_free(port: int) -> bool:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
            listener.listen()
        except OSError:
            return False
    return True
