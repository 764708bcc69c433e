"""The languages that pages speak. English is written in the templates and the code themselves."""

import gettext
from collections.abc import Iterator
from functools import cache
from io import BytesIO
from pathlib import Path

import msgspec
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from app.settings import ROOT

LOCALE = ROOT / "app/web/locale"

COOKIE = "alrt_language"
"""What a browser's visitors chose before they signed in."""


class Language(msgspec.Struct, frozen=True):
    code: str
    direction: str
    name: str
    """In the language itself."""

    @property
    def file(self) -> Path:
        return LOCALE / self.code / "LC_MESSAGES" / "alrt.po"

    def translations(self) -> gettext.NullTranslations:
        return _translations(self)


LANGUAGES = (Language("en", "ltr", "English"), Language("ar", "rtl", "العربية"))


@cache
def language_of(code: str) -> Language:
    """English for a language that is not spoken."""
    return next((language for language in LANGUAGES if language.code == code), LANGUAGES[0])


def is_spoken(code: str) -> bool:
    return language_of(code).code == code


def gettext_in(code: str) -> gettext.NullTranslations:
    return language_of(code).translations()


def visitors_language(chosen: str | None, accepted: str) -> str:
    """For somebody who is not signed in: what he chose, else the first spoken one of his `Accept-Language`."""
    if chosen and is_spoken(chosen):
        return chosen
    return next((code for code in _by_preference(accepted) if is_spoken(code)), LANGUAGES[0].code)


def _by_preference(accepted: str) -> Iterator[str]:
    weighed = []
    for choice in accepted[:500].split(","):
        tag, _, weight = choice.strip().partition(";q=")
        try:
            weighed.append((float(weight or 1), tag.partition("-")[0].lower()))
        except ValueError:
            continue
    return (code for weight, code in sorted(weighed, key=lambda pair: -pair[0]) if weight > 0)


@cache
def _translations(language: Language) -> gettext.NullTranslations:
    """Compiled at the first use, which takes some milliseconds and spares a step of the build."""
    if language is LANGUAGES[0]:
        return gettext.NullTranslations()
    compiled = BytesIO()
    with language.file.open("rb") as file:
        write_mo(compiled, read_po(file, language.code))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
