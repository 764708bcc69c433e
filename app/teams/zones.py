"""The time zones that may be chosen: those of the IANA, by the names that people look for."""

from functools import cache
from zoneinfo import available_timezones

# The machine's own zone and a placeholder lie beside the real ones.
_NO_PLACES = {"localtime", "Factory"}


def is_zone(name: str) -> bool:
    return name in zones()


@cache
def zones() -> tuple[str, ...]:
    """By name."""
    return tuple(sorted(available_timezones() - _NO_PLACES))
