"""What was really observed. A good stories check proves the 24 hours before it: stories live that long."""

from collections.abc import Iterable
from datetime import datetime, timedelta

STORY_LIFE = timedelta(hours=24)

Span = tuple[datetime, datetime]


def proved_span(started_at: datetime, finished_at: datetime) -> Span:
    """The time in which no story can have been missed by a check with outcome `ok` or `empty`.

    A check that took longer than a story lives proves nothing: the span is then empty.
    """
    return min(finished_at - STORY_LIFE, started_at), started_at


def observed(spans: Iterable[Span], start: datetime, end: datetime) -> timedelta:
    """How much of [start, end] the spans cover together."""
    total = timedelta()
    reached = start
    for begins, ends in sorted(spans):
        begins, ends = max(begins, reached), min(ends, end)
        if begins < ends:
            total += ends - begins
            reached = ends
    return total


def observed_minutes(spans: Iterable[Span], start: datetime, end: datetime) -> int:
    return int(observed(spans, start, end).total_seconds() // 60)
