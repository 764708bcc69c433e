"""What the pages say of an account's own rhythm."""

import pytest

from app.database import query
from tests.cast import Cast
from tests.product import Product

SEEN = "status_signal = 'YELLOW', rhythm_weeks = 12, usual_gap_minutes = 540, unusual_after_minutes = 1620"


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (
            f"{SEEN}, silent_minutes = 2900",
            "unusual for this account: silent 2 days, usually posts every 9 h (12 weeks)",
        ),
        (f"{SEEN}, silent_minutes = 1620", "<span data-glow>usually posts every 9 h (12 weeks)</span>"),
        ("status_signal = 'RED', rhythm_weeks = 2", "not enough seen yet for a rhythm (2 of 4 weeks)"),
        ("status_signal = 'RED', rhythm_weeks = 1", "not enough seen yet for a rhythm (1 of 4 weeks)"),
        ("status_signal = 'GREEN', rhythm_weeks = 5", "posts too seldom for a rhythm (5 weeks)"),
    ],
)
async def test_the_client_page_says_what_is_usual_and_on_what_that_rests(
    product: Product, cast: Cast, facts: str, words: str
) -> None:
    await query(f"UPDATE clients SET {facts} WHERE id = {{}}", cast.bakery.id)
    async with product.signed_in(cast.bob) as bob:
        text = (await bob.get(f"/client/{cast.bakery.id}")).text
        assert words in text
        assert ("unusual for" in words) == ("unusual for" in text)


@pytest.mark.parametrize(
    ("silent", "signal", "is_said"), [(1621, "YELLOW", True), (1620, "YELLOW", False), (9999, "GREY", False)]
)
async def test_the_dashboard_says_in_a_word_who_is_unusually_silent(
    product: Product, cast: Cast, silent: int, signal: str, is_said: bool
) -> None:
    await query(f"UPDATE clients SET {SEEN}, silent_minutes = {{}} WHERE id = {{}}", silent, cast.bakery.id)
    await query("UPDATE clients SET status_signal = {} WHERE id = {}", signal, cast.bakery.id)
    async with product.signed_in(cast.bob) as bob:
        text = (await bob.get("/")).text
        assert ('class="unusual"' in text) is is_said
        assert ("silent 27 h, usually posts every 9 h (12 weeks)" in text) is is_said
