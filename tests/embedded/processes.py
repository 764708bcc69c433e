import asyncio
import subprocess
from collections.abc import Awaitable, Callable, Iterable


def all_gone(pids: Iterable[int]) -> bool:
    """A zombie, which only waits for its parent to look, is gone."""
    states = ps("-o", "stat=", "-p", ",".join(map(str, pids))).split()
    return all(state.startswith("Z") for state in states)


def ps(*options: str) -> str:
    return subprocess.run(["ps", *options], capture_output=True, text=True, check=False).stdout


async def until(holds: Callable[[], Awaitable[bool]] | Callable[[], bool], seconds: float) -> None:
    for _ in range(round(seconds / 0.05)):
        answer = holds()
        if answer if isinstance(answer, bool) else await answer:
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"not within {seconds} s")
