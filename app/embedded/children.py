"""Child processes that end with us, gently where they obey."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, STDOUT, Process
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from app.settings import WrongSetting

LEASH = Path(__file__).with_name("leash.py")
# Crash recovery, or a large append-only file, may take its time.
PATIENCE = 120.0


class ServerMissing(WrongSetting):
    """Says in one line why a server can't be started."""


class User(msgspec.Struct, frozen=True):
    uid: int
    gid: int
    capability: int | None = None
    """What it needs to reach its files below a folder that is closed to it."""


class Service:
    """A child with a name, which is started, watched, started again and stopped."""

    name: str
    process: Process | None = None

    async def start(self) -> None:
        """Returns when it can be used."""
        raise NotImplementedError

    async def stop(self, grace: float) -> None:
        if self.process is not None:
            await end(self.process, signal.SIGTERM, grace)


class Log:
    """A server's output. What earlier runs said is kept, but not taken for its last words."""

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if file.exists() and file.stat().st_size > 10_000_000:
            file.replace(file.with_suffix(".old.log"))
        self._file = file
        self.descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._begin = os.fstat(self.descriptor).st_size

    def close(self) -> None:
        os.close(self.descriptor)

    def last_words(self) -> str:
        with self._file.open("rb") as file:
            file.seek(self._begin)
            text = file.read(1_000_000).decode(errors="replace")
        lines = [line for line in text.splitlines() if line.strip()]
        serious = [line for line in lines if "FATAL" in line or "rror" in line]
        return (serious or lines or [f"see {self._file}"])[-1].strip()


async def spawn(
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    output: int,
    death_signal: int,
    user: User | None = None,
) -> Process:
    """`command[0]` is an absolute path.

    The child leads a session of its own, so that Ctrl-C reaches only us.
    """
    owner = f"{user.uid}:{user.gid}" if user else "-"
    capability = str(user.capability) if user and user.capability is not None else "-"
    leash = [
        sys.executable,
        "-I",
        "-S",
        str(LEASH),
        str(os.getpid()),
        str(int(death_signal)),
        owner,
        capability,
    ]
    return await asyncio.create_subprocess_exec(
        *leash, *command, env=environment, stdin=DEVNULL, stdout=output, stderr=STDOUT, start_new_session=True
    )


async def end(process: Process, gentle: int, grace: float) -> None:
    """When it returns, the process and its group are gone."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.send_signal(gentle)
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), grace)
    kill_group(process)
    with suppress(TimeoutError):
        await asyncio.wait_for(process.wait(), 0.3)


def kill_group(process: Process) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


async def wait_for_server(name: str, process: Process, answers: Callable[[], Awaitable[bool]], log: Log) -> None:
    """Raises `ServerMissing` with the server's own last words."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + PATIENCE
    while process.returncode is None and loop.time() < deadline:
        if await answers():
            return
        await asyncio.sleep(0.03)
    kill_group(process)
    await process.wait()
    raise ServerMissing(f"{name} did not start: {log.last_words()}")


def clean_environment() -> dict[str, str]:
    """For the servers: no PG* variable of the machine, and none of our secrets."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
