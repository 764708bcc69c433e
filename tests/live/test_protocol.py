"""The sentences of the protocol (docs/live.md) that no other test plays: each against real servers."""

import asyncio
from collections import Counter
from collections.abc import Sequence

import pytest

from app.clients.edit import ClientChanges, edit_client
from app.clock import Clock
from app.database import query, transaction
from app.live import hub as hub_module
from app.live import relay as relay_module
from app.live.channel import LIVE
from app.live.events import ClientEdited
from app.live.fragments import RENDERERS
from app.live.open_stream import StreamViewer
from app.live.parts import Part, Rendered
from app.live.publish import publish
from tests.cast import Cast, client
from tests.listener import Frame, Listener, listen_to, open_stream, stream_address
from tests.product import Product


async def label(cast: Cast, text: str) -> None:
    await query("UPDATE clients SET custom_label = {} WHERE id = {}", text, cast.bakery.id)
    await publish(ClientEdited(team_id=cast.bakery.team_id, client_id=cast.bakery.id))


async def edit(cast: Cast, text: str) -> None:
    async with transaction():
        await label(cast, text)


async def one_pass(page: Listener, until: str) -> list[Frame]:
    """The frames of the pass that brings the text."""
    frames: list[Frame] = []
    async with asyncio.timeout(5):
        while True:
            frame = await page.next()
            frames.append(frame)
            if frame.event == "seen":
                if any(until in each.data for each in frames):
                    return frames
                frames = []


# --- 1. and 2.: from the commit to Redis ----------------------------------------------------------------------


async def test_a_commit_rings_the_relay(product: Product, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    await product.stop_relay()
    monkeypatch.setattr(relay_module, "LOOK_EVERY", 60)
    product.start_relay()
    async with product.signed_in(cast.alice) as alice, listen_to(alice, "/") as page:
        await page.seen()
        await edit(cast, "rung")
        await page.collect("rung", within=2)


async def test_without_a_ring_the_relay_looks_every_second(product: Product, cast: Cast) -> None:
    await query("ALTER TABLE outbox DISABLE TRIGGER outbox_rings")
    try:
        async with product.signed_in(cast.alice) as alice, listen_to(alice, "/") as page:
            await page.seen()
            await edit(cast, "found")
            await page.collect("found", within=3)
    finally:
        await query("ALTER TABLE outbox ENABLE TRIGGER outbox_rings")


async def test_changes_that_are_committed_in_reverse_order_of_their_ids_all_arrive(
    product: Product, cast: Cast
) -> None:
    carla = await client(cast.alice.team_id, "carla")
    has_published, may_commit = asyncio.Event(), asyncio.Event()

    async def commit_late() -> None:
        async with transaction():
            await label(cast, "first come, last served")
            has_published.set()
            await may_commit.wait()

    async with product.signed_in(cast.alice) as alice, listen_to(alice, "/") as page:
        await page.seen()
        late = asyncio.create_task(commit_late())
        await has_published.wait()
        await edit_client(carla, ClientChanges(label="last come, first served"), product.now())
        assert "first come" not in await page.collect("last come, first served")
        cursor = page.cursor
        may_commit.set()
        await late
        await page.collect("first come, last served")
        # Nor does a page miss it that had seen the later one, and was away.
        async with open_stream(alice, f"/live?page=dashboard&since={cursor}") as other:
            await other.collect("first come, last served")


async def test_when_nothing_happens_the_relay_ticks(
    product: Product, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_module, "TICK_EVERY", 0.1)
    monkeypatch.setattr(relay_module, "LOOK_EVERY", 0.1)
    before = await product.redis.xlen(LIVE)
    await asyncio.sleep(1.5)
    assert await product.redis.xlen(LIVE) > before + 2


# --- 5.: the hub ----------------------------------------------------------------------------------------------


async def test_an_announcement_that_follows_a_lost_one_makes_the_hub_look(product: Product, cast: Cast) -> None:
    async with product.signed_in(cast.alice) as alice, listen_to(alice, "/") as page:
        await page.seen()
        await product.stop_relay()
        await edit(cast, "lost on the way")
        (row,) = await query("DELETE FROM outbox RETURNING payload::text AS payload")
        lost = await product.redis.xadd(LIVE, {"e": row["payload"]})
        tick = await product.redis.xadd(LIVE, {"e": "tick"})
        await product.redis.publish(LIVE, b"%s|%s|tick" % (lost, tick))
        # At once, and not at the next look five seconds later.
        await page.collect("lost on the way", within=2)


async def test_when_what_was_taken_is_trimmed_away_every_page_loads_anew(product: Product, cast: Cast) -> None:
    async with product.signed_in(cast.alice) as alice, listen_to(alice, "/") as page:
        await page.seen()
        await product.stop_relay()
        for _ in range(3):
            newest = await product.redis.xadd(LIVE, {"e": "tick"})
        await product.redis.xtrim(LIVE, maxlen=1, approximate=False)
        await product.redis.publish(LIVE, b"1-1|%s|tick" % newest)
        assert (await page.until("reload")).data == "5000"


# --- 7.: pages ------------------------------------------------------------------------------------------------


async def test_what_is_taken_while_a_page_is_being_written_is_replayed_to_it(
    product: Product, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = RENDERERS["client_row"]
    has_read, may_answer = asyncio.Event(), asyncio.Event()

    async def slowly(team_id: int, parts: Sequence[Part], language: str, clock: Clock) -> Rendered:
        rendered = await real(team_id, parts, language, clock)
        has_read.set()
        await may_answer.wait()
        return rendered

    async with product.signed_in(cast.alice) as alice:
        monkeypatch.setitem(RENDERERS, "client_row", slowly)
        loading = asyncio.create_task(stream_address(alice, "/"))
        await has_read.wait()
        before = product.hub.cursor
        await edit(cast, "meanwhile")
        async with asyncio.timeout(5):
            while product.hub.cursor == before:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        monkeypatch.undo()
        may_answer.set()
        async with open_stream(alice, await loading) as page:
            await page.collect("meanwhile")


# --- 8.: passes -----------------------------------------------------------------------------------------------


async def test_only_the_last_frame_of_a_pass_carries_the_cursor(product: Product, cast: Cast) -> None:
    async with product.signed_in(cast.alice) as alice:
        address = await stream_address(alice, "/")
        async with open_stream(alice, f"{address}&page=client:{cast.bakery.id}") as pages:
            await pages.seen()
            await edit(cast, "one pass")
            *fragments, seen = await one_pass(pages, "one pass")
            assert len(fragments) >= 2
            assert {frame.event for frame in fragments} == {"fragments", "committed"}
            assert {frame.id for frame in fragments} == {None}
            assert seen.id == seen.data


async def test_a_pass_renders_once_for_each_language_however_many_look(
    product: Product, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    await query("UPDATE users SET language = 'ar' WHERE id = {}", cast.bob.id)
    real, rendered = RENDERERS["client_row"], Counter[str]()

    async def counting(team_id: int, parts: Sequence[Part], language: str, clock: Clock) -> Rendered:
        rendered[language] += 1
        return await real(team_id, parts, language, clock)

    async with (
        product.signed_in(cast.alice) as alice,
        product.signed_in(cast.bob) as bob,
        listen_to(alice, "/") as first,
        listen_to(alice, "/") as second,
        listen_to(bob, "/") as third,
    ):
        for page in (first, second, third):
            await page.seen()
        monkeypatch.setitem(RENDERERS, "client_row", counting)
        await edit(cast, "for all")
        frames = [await one_pass(page, "for all") for page in (first, second, third)]
        assert rendered == {"en": 1, "ar": 1}
        assert frames[0] == frames[1]
        assert frames[0][-1].id == frames[2][-1].id


async def test_passes_follow_one_another_no_quicker_than_every_40_ms(
    product: Product, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_module, "PASS_EVERY", 1.0)
    loop = asyncio.get_running_loop()
    async with product.signed_in(cast.alice) as alice, listen_to(alice, "/") as page:
        await page.seen()
        await edit(cast, "at once")
        await page.collect("at once")
        began = loop.time()
        await edit(cast, "after a while")
        await page.collect("after a while")
        assert loop.time() - began > 0.5


# --- 9.: joining ----------------------------------------------------------------------------------------------


async def test_a_cursor_that_stays_ahead_means_loading_anew(
    product: Product, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_module, "AHEAD_WAIT", 0.2)
    async with product.signed_in(cast.alice) as alice:
        cursor = product.hub.cursor
        assert cursor is not None
        ahead = f"{cursor.run_id}:{cursor.position[0] + 3_600_000}-0"
        async with open_stream(alice, f"/live?page=dashboard&since={ahead}") as page:
            assert (await page.next()).event == "reload"


async def test_a_member_who_is_removed_while_the_page_joins_gets_nothing(
    product: Product, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The session was still good when the request came."""
    async with product.signed_in(cast.bob) as bob:
        address = await stream_address(bob, "/")
        real = product.hub._allowed

        async def after_the_removal(viewers: set[StreamViewer]) -> set[StreamViewer]:
            await query("DELETE FROM team_members WHERE user_id = {}", cast.bob.id)
            return await real(viewers)

        monkeypatch.setattr(product.hub, "_allowed", after_the_removal)
        async with open_stream(bob, address) as page:
            frame = await page.next()
            assert (frame.event, frame.data) == ("ended", "access")


async def test_what_is_replayed_belongs_to_the_team(product: Product, cast: Cast) -> None:
    async with product.signed_in(cast.charlie) as charlie:
        address = await stream_address(charlie, "/")
        await edit(cast, "Acme's own")
        await edit_client(cast.florist, ClientChanges(label="Globex's own"), product.now())
        async with open_stream(charlie, address) as page:
            assert "Acme's own" not in (await page.collect("Globex&#39;s own"))


# --- versions -------------------------------------------------------------------------------------------------


async def test_an_event_of_another_version_makes_pages_load_anew_once_and_then_they_move_again(
    product: Product, cast: Cast
) -> None:
    """While a deploy goes on, and after one that was taken back, the stream holds what this version does not know."""
    async with product.signed_in(cast.alice) as alice:
        async with listen_to(alice, "/") as page:
            await page.seen()
            async with transaction():
                await query(
                    "INSERT INTO outbox (team_id, event, payload) VALUES (1, 'FromTheFuture', {})",
                    '{"type": "FromTheFuture", "team_id": 1}',
                )
            assert (await page.until("reload")).data == "5000"
        for _ in range(2):
            async with listen_to(alice, "/") as page:
                await page.seen()
                await edit(cast, "moves again")
                await page.collect("moves again")
            # Nor is it in the way of a process that starts.
            await product.stop_web()
            await product.start_web()
