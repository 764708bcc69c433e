"""What one web process counts and measures of its own push."""

import random
import time
from collections import deque
from collections.abc import Callable, Sequence

WINDOW = 600.0
"""Seconds that percentiles look back."""
MOST = 5_000
"""Samples kept of one kind."""


class Recent:
    """Seconds that something took, within the last ten minutes; the newest of them where there are very many."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._samples: deque[tuple[float, float]] = deque(maxlen=MOST)
        self.count = 0
        self.total = 0.0

    def add(self, seconds: float) -> None:
        self._samples.append((self._clock(), seconds))
        self.count += 1
        self.total += seconds

    def values(self) -> list[float]:
        oldest = self._clock() - WINDOW
        while self._samples and self._samples[0][0] < oldest:
            self._samples.popleft()
        return [seconds for _, seconds in self._samples]

    def some(self, most: int) -> list[float]:
        """As fair a choice of them as any."""
        values = self.values()
        return values if len(values) <= most else random.sample(values, most)


class Measures:
    def __init__(self) -> None:
        self.paints = Recent()
        """From the record of a change to the screen, as pages report it."""
        self.passes = Recent()
        self.joins = 0
        self.replays = 0
        """Joins that brought something which the page had missed."""
        self.reloads = 0
        self.skips = 0
        """Writes that would have had to wait, so that the page joins anew once it can receive."""


def percentile(values: Sequence[float], share: float) -> float | None:
    """None where nothing was measured."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else None
