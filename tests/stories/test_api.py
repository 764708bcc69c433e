"""The archive as programs page through it."""

import pytest

from app.stories.hide import hide_story
from tests.cast import Cast
from tests.product import Product
from tests.programs import error_of, program


async def test_pages_hold_every_story_once_newest_first(product: Product, cast: Cast) -> None:
    for _ in range(5):
        await product.archive_story(cast.bakery)
    async with program(product, cast.bob) as bobs:
        address = f"/api/client/{cast.bakery.id}/stories"
        answers = [(await bobs.get(address, params={"page": page, "limit": 2})).json() for page in (1, 2, 3, 4)]
        for number, answer in enumerate(answers, start=1):
            assert set(answer) == {"stories", "total", "page", "pages"}
            assert (answer["total"], answer["page"], answer["pages"]) == (5, number, 3)
        assert [[story["id"] for story in answer["stories"]] for answer in answers] == [[5, 4], [3, 2], [1], []]
        first = answers[0]["stories"][0]
        assert set(first) == {"id", "thumbnail_url", "story_type", "posted_at"}
        assert first["thumbnail_url"] == f"/client/{cast.bakery.id}/stories/5.jpg"
        assert (await bobs.get(first["thumbnail_url"])).headers["content-type"] == "image/jpeg"


async def test_an_empty_archive_has_one_empty_page(product: Product, cast: Cast) -> None:
    async with program(product, cast.bob) as bobs:
        answer = await bobs.get(f"/api/client/{cast.bakery.id}/stories")
        assert answer.json() == {"stories": [], "total": 0, "page": 1, "pages": 1}


async def test_a_hidden_story_is_neither_listed_nor_counted(product: Product, cast: Cast) -> None:
    for _ in range(3):
        await product.archive_story(cast.bakery)
    assert await hide_story(cast.bakery, 2, cast.alice.id)
    async with program(product, cast.bob) as bobs:
        answer = (await bobs.get(f"/api/client/{cast.bakery.id}/stories", params={"limit": 2})).json()
        assert [story["id"] for story in answer["stories"]] == [3, 1]
        assert (answer["total"], answer["pages"]) == (2, 1)


async def test_a_page_far_beyond_the_end_is_empty(product: Product, cast: Cast) -> None:
    await product.archive_story(cast.bakery)
    async with program(product, cast.bob) as bobs:
        answer = await bobs.get(f"/api/client/{cast.bakery.id}/stories", params={"page": 1_000_000})
        assert (answer.status_code, answer.json()["stories"]) == (200, [])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("page", "0"),
        ("page", "-1"),
        ("page", "1.5"),
        ("page", "x"),
        ("page", ""),
        ("page", "9" * 30),
        ("limit", "0"),
        ("limit", "10000"),
        ("limit", "\x00"),
    ],
)
async def test_odd_pages_are_refused_by_name(product: Product, cast: Cast, name: str, value: str) -> None:
    async with program(product, cast.bob) as bobs:
        error = error_of(await bobs.get(f"/api/client/{cast.bakery.id}/stories", params={name: value}), 400)
        assert name in error["fields"]  # type: ignore[operator]
