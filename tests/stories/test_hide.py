"""A manager hides a story for his team."""

from datetime import timedelta
from pathlib import Path

import pytest

from app.clients.queries import client_of
from app.database import query
from app.live.events import StoryHidden, StoryShown
from app.stories.hide import hide_story, show_story
from app.stories.queries import hidden_stories, stories_count, stories_page, story_cards, thumbnail_key
from tests.cast import NOW, Cast, client
from tests.fakes.source import story
from tests.product import Product
from tests.worker import Worker, client_row, days_of, stored, take_events


@pytest.fixture
async def worker(cast: Cast, tmp_path: Path) -> Worker:
    """Two stories of the bakery are archived."""
    worker = Worker(tmp_path)
    worker.scripted.shows("bakery", *(story(str(n), NOW - timedelta(minutes=n)) for n in (1, 2)))
    await worker.stories(cast.bakery)
    await take_events()
    return worker


async def ids(cast: Cast) -> list[int]:
    return [card.story_id for card in (await stories_page(cast.bakery)).cards]


async def test_a_hidden_story_leaves_the_archive_and_its_picture_with_it(cast: Cast, worker: Worker) -> None:
    first, second = await ids(cast)
    assert await hide_story(cast.bakery, first, cast.alice.id)
    assert await ids(cast) == [second]
    assert await story_cards(cast.bakery, [first]) == []
    assert await thumbnail_key(cast.bakery, first) is None
    assert [card.story_id for card in await hidden_stories(cast.bakery)] == [first]


async def test_hiding_is_told_once(cast: Cast, worker: Worker) -> None:
    first, _ = await ids(cast)
    of_story = {"team_id": cast.alice.team_id, "client_id": cast.bakery.id, "story_id": first}
    for _ in range(2):
        assert await hide_story(cast.bakery, first, cast.alice.id)
    assert await take_events() == [StoryHidden(**of_story)]
    assert await show_story(cast.bakery, first)
    assert not await show_story(cast.bakery, first)
    assert await take_events() == [StoryShown(**of_story)]
    assert len(await ids(cast)) == 2


async def test_hiding_changes_no_count_and_no_silence(cast: Cast, worker: Worker) -> None:
    before, days = await client_row(cast.bakery), await days_of(cast.bakery)
    for story_id in await ids(cast):
        await hide_story(cast.bakery, story_id, cast.alice.id)
    await worker.stories(cast.bakery)
    after = await client_row(cast.bakery)
    for name in ("total_stories_archived", "status_signal", "stories_inactive_days"):
        assert after[name] == before[name]
    assert await days_of(cast.bakery) == days
    count = await stories_count(cast.bakery)
    assert (count.total, count.hidden) == (2, 2)


async def test_it_does_not_come_back_with_the_next_check(cast: Cast, worker: Worker) -> None:
    first, second = await ids(cast)
    await hide_story(cast.bakery, first, cast.alice.id)
    worker.later(hours=1)
    await worker.stories(cast.bakery)
    assert await ids(cast) == [second]


async def test_another_team_still_sees_it(cast: Cast, worker: Worker) -> None:
    theirs = await client(cast.charlie.team_id, "bakery")
    first, _ = await ids(cast)
    await hide_story(cast.bakery, first, cast.alice.id)
    assert len((await stories_page(theirs)).cards) == 2
    assert await thumbnail_key(theirs, first) is not None
    assert not await show_story(theirs, first)


async def test_what_the_client_does_not_have_cannot_be_hidden(cast: Cast, worker: Worker) -> None:
    first, _ = await ids(cast)
    assert not await hide_story(cast.florist, first, cast.charlie.id)
    assert not await hide_story(cast.bakery, 999, cast.alice.id)
    assert await query("SELECT id FROM hidden_stories") == []


async def test_a_hidden_storys_trace_goes_with_the_story(cast: Cast, worker: Worker) -> None:
    first, _ = await ids(cast)
    await hide_story(cast.bakery, first, cast.alice.id)
    await query("DELETE FROM stories WHERE id = {}", first)
    assert (await stories_count(cast.bakery)).total == 1
    assert len(await stored("stories", cast.bakery)) == 1


async def test_alice_may_bob_and_charlie_may_not(product: Product, cast: Cast) -> None:
    await product.archive_story(cast.bakery)
    path = f"/client/{cast.bakery.id}/stories/1"
    for person, status in ((cast.bob, 403), (cast.charlie, 404), (cast.alice, 204)):
        async with product.signed_in(person) as browser:
            await browser.get("/")
            headers = {"x-csrftoken": browser.cookies["alrt_csrf"]}
            assert (await browser.post(f"{path}/hide", headers=headers)).status_code == status
            assert (await browser.post(f"{path}/hide")).status_code == 403
    async with product.signed_in(cast.bob) as bob:
        assert (await bob.get(f"{path}.jpg")).status_code == 404
        assert "story-1-1" not in (await bob.get(f"/client/{cast.bakery.id}")).text
        assert (await bob.get(f"/client/{cast.bakery.id}/stories/hidden")).status_code == 403
        assert (await bob.post(f"{path}/show", headers={"x-csrftoken": bob.cookies["alrt_csrf"]})).status_code == 403
    async with product.signed_in(cast.alice) as alice:
        assert (await alice.get(f"/client/{cast.bakery.id}/stories/hidden")).text.count("<li>") == 1
        headers = {"x-csrftoken": alice.cookies["alrt_csrf"]}
        assert (await alice.post(f"{path}/show", headers=headers)).status_code == 204
        assert (await alice.get(f"{path}.jpg")).status_code == 200
        for odd in ("0", "999", str(2**63)):
            path = f"/client/{cast.bakery.id}/stories/{odd}/hide"
            assert (await alice.post(path, headers=headers)).status_code == 404
    assert await client_of(cast.alice.team_id, cast.bakery.id)
