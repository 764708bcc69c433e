"""How bright a day of the heatmap is."""

from bisect import bisect_right

STORIES_FROM = (1, 3, 6, 10)
"""As many stories as here make level 1, 2, 3 and 4."""
POSTS_FROM = (1, 2, 3)

WELL_OBSERVED = 0.9
"""Checks jitter by some minutes: a day that lacks less than a tenth is not worth a warning."""


def level_of(stories: int, posts: int) -> int:
    """0 to 4; of stories and posts the higher one wins."""
    return max(bisect_right(STORIES_FROM, stories), bisect_right(POSTS_FROM, posts))


def is_well_observed(observed_minutes: int, day_minutes: int) -> bool:
    return observed_minutes >= WELL_OBSERVED * day_minutes
