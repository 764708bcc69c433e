import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.analytics.levels import is_well_observed, level_of

counts = st.integers(0, 1000)


@pytest.mark.parametrize(
    ("stories", "level"),
    [(0, 0), (1, 1), (2, 1), (3, 2), (4, 2), (5, 2), (6, 3), (7, 3), (8, 3), (9, 3), (10, 4), (11, 4), (1000, 4)],
)
def test_the_level_of_a_day_of_stories(stories: int, level: int) -> None:
    assert level_of(stories, 0) == level


@pytest.mark.parametrize(("posts", "level"), [(0, 0), (1, 1), (2, 2), (3, 3), (4, 3), (1000, 3)])
def test_the_level_of_a_day_of_posts(posts: int, level: int) -> None:
    assert level_of(0, posts) == level


@given(counts, counts)
def test_the_higher_of_the_two_wins(stories: int, posts: int) -> None:
    assert level_of(stories, posts) == max(level_of(stories, 0), level_of(0, posts))


@given(counts, counts, counts, counts)
def test_more_is_never_darker(stories: int, posts: int, more_stories: int, more_posts: int) -> None:
    assert level_of(stories, posts) <= level_of(stories + more_stories, posts + more_posts)


@pytest.mark.parametrize(
    ("observed", "whole", "is_well"),
    [(1440, 1440, True), (1296, 1440, True), (1295, 1440, False), (0, 1440, False), (1380, 1380, True), (0, 0, True)],
)
def test_a_day_is_well_observed_from_nine_tenths_on(observed: int, whole: int, is_well: bool) -> None:
    assert is_well_observed(observed, whole) is is_well
