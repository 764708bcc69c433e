"""What a killed supervisor left running, found and ended.

Only asked while the lock of the data folder is held: whatever still works on that folder then belongs to
nobody.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

# In the environment of each program of the Procfile, and of whatever that program starts.
MARK = "ALRT_SUPERVISED"


async def end_servers(folder: Path, program: str, gentle: int, leader: int | None = None) -> None:
    """Ends each `program` at work in `folder`; only `leader`, where there is one, is asked first."""

    def left() -> set[int]:
        if sys.platform != "linux":
            return _noted(folder.parent, lambda name: name == folder.name, program)
        return {pid for pid in _pids() if _name(pid) == program and _folder(pid) == str(folder)}

    found = left()
    await _end(found & {leader} if leader else found, gentle, left)


async def end_programs(data_dir: Path) -> None:
    mark = f"{MARK}={data_dir}".encode()

    def left() -> set[int]:
        if sys.platform != "linux":
            return _noted(data_dir, lambda name: name not in ("postgres", "redis"), "alrt")
        return {pid for pid in _pids() if pid != os.getpid() and mark in _environment(pid)}

    await _end(left(), signal.SIGTERM, left)


async def _end(asked: Iterable[int], gentle: int, left: Callable[[], set[int]]) -> None:
    _send(asked, gentle)
    if not await _gone(left, 3.0):
        _send(left(), signal.SIGKILL)
        await _gone(left, 2.0)


async def _gone(left: Callable[[], set[int]], patience: float) -> bool:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + patience
    while left():
        if loop.time() > deadline:
            return False
        await asyncio.sleep(0.03)
    return True


def _send(pids: Iterable[int], number: int) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except (ProcessLookupError, PermissionError):
            continue


def _pids() -> Iterator[int]:
    return (int(entry.name) for entry in os.scandir("/proc") if entry.name.isdigit())


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def _folder(pid: int) -> str:
    try:
        return str(Path(f"/proc/{pid}/cwd").readlink())
    except OSError:
        return ""


def _environment(pid: int) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return []


def _noted(data_dir: Path, wanted: Callable[[str], bool], program: str) -> set[int]:
    """Without /proc: the noted ones, as far as the process of that number still is such a program."""
    try:
        noted: dict[str, int] = json.loads((data_dir / "processes.json").read_text())
    except (OSError, ValueError):
        return set()
    return {pid for name, pid in noted.items() if wanted(name) and program in _command(pid)}


def _command(pid: int) -> str:
    listed = subprocess.run(  # noqa: S603
        ["/bin/ps", "-p", str(pid), "-o", "command="], capture_output=True, text=True, check=False
    )
    return listed.stdout
