from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Gives the present moment, aware and in UTC. Rules take `now`; long-lived objects take a `Clock`."""


def system_clock() -> datetime:
    return datetime.now(UTC)
