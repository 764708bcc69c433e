"""The pages that move by themselves, by the names that the stream's address and frames carry."""

import re
from typing import NamedTuple

_FORM = re.compile(r"(client|bell|wall):([1-9]\d{0,17})|(dashboard|settings)", re.ASCII)


class Page(NamedTuple):
    """A page, or what is on every page and yet one member's own: his bell."""

    kind: str
    of: int = 0
    """The client's id, the member's or the wall's; 0: the team's."""

    def __str__(self) -> str:
        return f"{self.kind}:{self.of}" if self.of else self.kind

    @classmethod
    def parse(cls, text: str) -> "Page | None":
        """None for anything that is no page's name."""
        form = _FORM.fullmatch(text)
        if form is None:
            return None
        return cls(form[1], int(form[2])) if form[1] else cls(form[3])


DASHBOARD = Page("dashboard")
SETTINGS = Page("settings")


def client_page(client_id: int) -> Page:
    return Page("client", client_id)


def wall_page(wall_id: int) -> Page:
    return Page("wall", wall_id)


def bell_of(user_id: int) -> Page:
    return Page("bell", user_id)
