"""The open stream, as a page receives it."""

from tests.cast import Cast
from tests.listener import listen_to
from tests.product import Product


async def test_a_story_that_is_archived_reaches_the_open_client_page(product: Product, cast: Cast) -> None:
    async with product.signed_in(cast.alice) as alice, listen_to(alice, f"/client/{cast.bakery.id}") as page:
        await page.seen()
        await product.archive_story(cast.bakery)
        frame = await page.fragments()
        assert frame.startswith(f"client:{cast.bakery.id}\n")
        assert f'id="story-{cast.bakery.id}-1"' in frame
        assert f'id="card-{cast.bakery.id}-stories_archived"' in frame
