"""A rule says no, in words for the person who asked."""

from collections.abc import Callable
from typing import Any

N_: Callable[[str], str] = str
"""Marks a text for translation where its language is not yet known."""


class Refused(ValueError):
    """What was asked can't be done; the message says why. `field` names the input that it is about."""

    def __init__(self, message: str, *, field: str | None = None, **values: Any) -> None:
        super().__init__(message % values if values else message)
        self.message, self.values, self.field = message, values, field

    def said(self, gettext: Callable[[str], str]) -> str:
        """The message in the language of *gettext*."""
        text = gettext(self.message)
        return text % self.values if self.values else text
