"""The pages that move by themselves, by the names that the stream's address and frames carry."""

import re
from typing import NamedTuple

_FORM = re.compile(r"(client):([1-9]\d{0,17})|(dashboard)", re.ASCII)


class Page(NamedTuple):
    kind: str
    client_id: int = 0

    def __str__(self) -> str:
        return f"{self.kind}:{self.client_id}" if self.client_id else self.kind

    @classmethod
    def parse(cls, text: str) -> "Page | None":
        """None for anything that is no page's name."""
        form = _FORM.fullmatch(text)
        if form is None:
            return None
        return cls("client", int(form[2])) if form[1] else DASHBOARD


DASHBOARD = Page("dashboard")


def client_page(client_id: int) -> Page:
    return Page("client", client_id)
