"""Facts of the machine, and how its cores and files are shared out."""

import os
import platform
import resource
from contextlib import suppress
from pathlib import Path

# The server that is measured has one core, and the load generator another, where there are as many.
SERVER, LOAD = 0, 1


CORES = frozenset(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else frozenset({0})


def pin(pid: int, place: int) -> None:
    """Keeps a process (0: this one) on one core, where there is more than one."""
    if len(CORES) > 1:
        os.sched_setaffinity(pid, {sorted(CORES)[place]})


def most_files() -> int:
    return resource.getrlimit(resource.RLIMIT_NOFILE)[1]


def raise_files() -> None:
    """To the hard limit: each open page is a file here and in the server, which inherits it."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (most_files(), most_files()))


def facts() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = os.getloadavg()[0]
    return (
        f"{_processor()}, {len(CORES)} cores, {memory:.0f} GB, {platform.system()} {platform.release().split('-')[0]},"
        f" Python {platform.python_version()}, at most {most_files()} files a process;"
        f" load before the run {load:.1f}"
    )


def _processor() -> str:
    with suppress(OSError, StopIteration):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    return platform.machine()
