"""Where a page stands in the stream of events."""

import re
from typing import NamedTuple

StreamId = tuple[int, int]
"""An id of a Redis stream: milliseconds and sequence, comparable."""

START: StreamId = (0, 0)
_FORM = re.compile(r"([0-9a-f]{40}):(\d{1,19})-(\d{1,19})")


def stream_id(text: str) -> StreamId:
    milliseconds, _, sequence = text.partition("-")
    return int(milliseconds), int(sequence)


def id_text(position: StreamId) -> str:
    return f"{position[0]}-{position[1]}"


class Cursor(NamedTuple):
    """Redis's `run_id` and a stream id. The run_id changes with every restart and failover, so that a tail
    which Redis lost can't go unnoticed."""

    run_id: str
    position: StreamId

    def __str__(self) -> str:
        return f"{self.run_id}:{id_text(self.position)}"

    @classmethod
    def parse(cls, text: str) -> "Cursor | None":
        """None for anything that is no cursor."""
        form = _FORM.fullmatch(text)
        return cls(form[1], (int(form[2]), int(form[3]))) if form else None
