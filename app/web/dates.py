"""Days and hours as the server writes them: the team's. What is the viewer's is written by the browser."""

from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_skeleton, format_time, get_day_names

# Plain "en" would mean American habits; static/locale.js says the same.
_LOCALES = {"en": "en_GB"}


def locale_of(language: str) -> str:
    return _LOCALES.get(language, language)


@lru_cache(maxsize=4096)
def whole_date(day: date, language: str) -> str:
    """With its weekday and its year."""
    return str(format_date(day, "full", locale=locale_of(language)))


@lru_cache(maxsize=4096)
def short_date(day: date, language: str) -> str:
    return str(format_date(day, "long", locale=locale_of(language)))


def month_name(day: date, language: str) -> str:
    return str(format_skeleton("MMM", day, locale=locale_of(language)))


def hour_in(moment: datetime, zone: str, language: str) -> str:
    return str(format_time(moment, "short", tzinfo=ZoneInfo(zone), locale=locale_of(language)))


def weekday_names(language: str) -> list[str]:
    """Short ones, from Monday on."""
    names = get_day_names("abbreviated", "stand-alone", locale=locale_of(language))
    return [names[number] for number in range(7)]


def zone_name(zone: str) -> str:
    return zone.replace("_", " ")
