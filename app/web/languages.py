"""The languages that pages speak. English is written in the templates themselves."""

import gettext
from functools import cache

import msgspec

from app.settings import ROOT


class Language(msgspec.Struct, frozen=True):
    code: str
    direction: str

    def translations(self) -> gettext.NullTranslations:
        return gettext.translation("alrt", ROOT / "app/web/locale", [self.code], fallback=True)


LANGUAGES = (Language("en", "ltr"),)


@cache
def language_of(code: str) -> Language:
    """English for a language that is not spoken."""
    return next((language for language in LANGUAGES if language.code == code), LANGUAGES[0])


def gettext_in(code: str) -> gettext.NullTranslations:
    return language_of(code).translations()
