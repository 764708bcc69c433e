"""The open stream, as a page receives it."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from app.clients.edit import ClientChanges, edit_client
from app.clients.midnight import announce_new_days
from app.clock import Clock
from app.database import query, transaction
from app.live import hub as hub_module
from app.live.channel import LIVE
from app.live.events import ClientEdited
from app.live.fragments import RENDERERS
from app.live.parts import Part, Rendered
from app.live.publish import publish
from app.teams.members import end_membership
from app.web.sessions import COOKIE
from tests.cast import Cast
from tests.listener import listen_to, open_stream, stream_address
from tests.product import Product


async def test_a_story_that_is_archived_reaches_the_open_client_page(product: Product, cast: Cast) -> None:
    async with product.signed_in(cast.alice) as alice, listen_to(alice, f"/client/{cast.bakery.id}") as page:
        await page.seen()
        await product.archive_story(cast.bakery)
        frame = await page.collect(f'id="story-{cast.bakery.id}-1"')
        assert frame.startswith(f"client:{cast.bakery.id}\n")
        assert f'id="card-{cast.bakery.id}-stories_archived"' in frame


async def test_a_story_changes_the_row_of_an_open_dashboard(product: Product, cast: Cast) -> None:
    async with product.signed_in(cast.bob) as bob, listen_to(bob, "/") as page:
        await page.seen()
        await product.archive_story(cast.bakery)
        assert f'id="client-row-{cast.bakery.id}"' in await page.fragments()


async def test_one_stream_serves_several_pages_and_each_frame_names_its_own(product: Product, cast: Cast) -> None:
    async with product.signed_in(cast.alice) as alice:
        address = await stream_address(alice, "/")
        async with open_stream(alice, f"{address}&page=client:{cast.bakery.id}") as pages:
            await pages.seen()
            await product.archive_story(cast.bakery)
            frames = await pages.collect(f'id="story-{cast.bakery.id}-1"')
            assert "dashboard\n" in frames
            assert f"client:{cast.bakery.id}\n" in frames


async def test_strangers_are_told_nothing(product: Product, cast: Cast) -> None:
    async with product.signed_in(cast.charlie) as charlie, listen_to(charlie, "/") as page:
        await page.seen()
        await product.archive_story(cast.bakery)
        await product.archive_story(cast.florist)
        frame = await page.fragments()
        assert f"client-row-{cast.florist.id}" in frame
        assert "bakery" not in frame


async def test_a_stranger_gets_404_for_the_stream_of_another_teams_client(product: Product, cast: Cast) -> None:
    async with product.signed_in(cast.charlie) as charlie:
        for path in (f"/live?page=client:{cast.bakery.id}", f"/live/session?page=client:{cast.bakery.id}"):
            assert (await charlie.get(path)).status_code == 404


async def test_whoever_is_not_signed_in_gets_no_stream(product: Product) -> None:
    async with product.visitor() as visitor:
        assert (await visitor.get("/live?page=dashboard")).status_code == 401


async def test_one_visitors_cookies_never_reach_another_through_a_stream(product: Product, cast: Cast) -> None:
    async with product.signed_in(cast.alice) as alice:
        async with product.visitor() as bare:
            bare.cookies.set(COOKIE, alice.cookies[COOKIE])
            cursor = product.hub.cursor
            async with bare.stream("GET", f"/live?page=dashboard&since={cursor}") as response:
                assert "set-cookie" in response.headers
        async with alice.stream("GET", f"/live?page=dashboard&since={cursor}") as response:
            assert "set-cookie" not in response.headers


@pytest.mark.parametrize("pages", ["", "page=nonsense", "page=client:0", "page=client:99999999999999999999", "page="])
async def test_odd_pages_are_refused(product: Product, cast: Cast, pages: str) -> None:
    async with product.signed_in(cast.alice) as alice:
        assert (await alice.get(f"/live?{pages}")).status_code == 400


async def test_a_tab_whose_client_is_gone_makes_all_tabs_load_anew(product: Product, cast: Cast) -> None:
    async with product.signed_in(cast.alice) as alice:
        address = await stream_address(alice, "/")
        async with open_stream(alice, f"{address}&page=client:{cast.florist.id}") as pages:
            assert (await pages.next()).event == "reload"


async def test_what_happened_between_rendering_and_joining_is_replayed(product: Product, cast: Cast) -> None:
    async with product.signed_in(cast.alice) as alice:
        address = await stream_address(alice, f"/client/{cast.bakery.id}")
        await product.archive_story(cast.bakery)
        async with open_stream(alice, address) as page:
            await page.collect(f'id="story-{cast.bakery.id}-1"')


async def test_a_page_that_was_away_gets_what_it_missed_whole(product: Product, cast: Cast) -> None:
    async with product.signed_in(cast.alice) as alice:
        async with listen_to(alice, f"/client/{cast.bakery.id}") as page:
            cursor = await page.seen()
        for _ in range(3):
            await product.archive_story(cast.bakery)
        async with open_stream(alice, f"/live?page=client:{cast.bakery.id}&since={cursor}") as page:
            await page.collect(*(f'id="story-{cast.bakery.id}-{number}"' for number in (1, 2, 3)))


async def test_a_page_that_was_away_over_a_restart_of_the_web_process_misses_nothing(
    product: Product, cast: Cast
) -> None:
    async with product.signed_in(cast.alice) as alice:
        async with listen_to(alice, f"/client/{cast.bakery.id}") as page:
            cursor = await page.seen()
        await product.stop_web()
        await product.archive_story(cast.bakery)
        await product.start_web()
        async with open_stream(alice, f"/live?page=client:{cast.bakery.id}&since={cursor}") as page:
            await page.collect(f'id="story-{cast.bakery.id}-1"')


async def test_the_same_is_replayed_as_often_as_it_is_asked_for(product: Product, cast: Cast) -> None:
    async with product.signed_in(cast.alice) as alice:
        address = await stream_address(alice, f"/client/{cast.bakery.id}")
        await product.archive_story(cast.bakery)
        answers = []
        for _ in range(2):
            async with open_stream(alice, address) as page:
                await page.collect(f'id="story-{cast.bakery.id}-1"')
                answers.append(page.cursor)
        async with open_stream(alice, address.replace(address.split("since=")[1], str(answers[0]))) as page:
            assert (await page.next()).event == "seen"


@pytest.mark.parametrize(
    "since", ["", "nonsense", "0" * 40 + ":0-0", "0" * 40 + ":9999999999999-0"], ids=["none", "odd", "zero", "run"]
)
async def test_an_unknown_cursor_means_loading_anew(product: Product, cast: Cast, since: str) -> None:
    async with (
        product.signed_in(cast.alice) as alice,
        open_stream(alice, f"/live?page=dashboard&since={since}") as page,
    ):
        assert (await page.next()).event == "reload"


async def test_a_cursor_of_this_run_that_was_trimmed_away_means_loading_anew(product: Product, cast: Cast) -> None:
    async with product.signed_in(cast.alice) as alice:
        cursor = product.hub.cursor
        assert cursor is not None
        async with open_stream(alice, f"/live?page=dashboard&since={cursor.run_id}:1-0") as page:
            assert (await page.next()).event == "reload"


async def test_a_cursor_ahead_of_this_process_waits_until_it_has_caught_up(product: Product, cast: Cast) -> None:
    async with product.signed_in(cast.alice) as alice:
        await product.stop_relay()
        cursor = product.hub.cursor
        assert cursor is not None
        # What a faster process has taken, this one has not heard of yet.
        ahead = f"{cursor.run_id}:{cursor.position[0]}-{cursor.position[1] + 1}"
        async with open_stream(alice, f"/live?page=dashboard&since={ahead}") as page:
            await asyncio.sleep(0.2)
            await product.redis.xadd(LIVE, {"e": "tick"}, id=ahead.split(":")[1])
            await product.redis.publish(LIVE, f"{cursor.position[0]}-{cursor.position[1]}|{ahead.split(':')[1]}|tick")
            assert await page.seen() == ahead


async def test_when_redis_is_emptied_every_page_loads_anew(product: Product, cast: Cast) -> None:
    async with product.signed_in(cast.alice) as alice, listen_to(alice, "/") as page:
        await page.seen()
        await product.redis.delete(LIVE)
        await product.archive_story(cast.bakery)
        assert (await page.until("reload", within=10)).data == "5000"


async def test_a_message_that_was_lost_on_the_way_is_fetched(product: Product, cast: Cast) -> None:
    async with product.signed_in(cast.alice) as alice, listen_to(alice, f"/client/{cast.bakery.id}") as page:
        await page.seen()
        await product.stop_relay()
        await product.archive_story(cast.bakery)
        # Appended, but never announced: as if the announcement had not arrived.
        for row in await query("DELETE FROM outbox RETURNING payload::text AS payload"):
            await product.redis.xadd(LIVE, {"e": row["payload"]})
        await page.collect(f'id="story-{cast.bakery.id}-1"', within=10)


async def test_signing_out_ends_the_stream_of_that_session_only(product: Product, cast: Cast) -> None:
    async with (
        product.signed_in(cast.alice) as here,
        product.signed_in(cast.alice) as there,
        listen_to(here, "/") as page,
        listen_to(there, "/") as other,
    ):
        await page.seen()
        await other.seen()
        await here.post("/logout", headers={"x-csrftoken": here.cookies["alrt_csrf"]})
        assert (await page.until("ended")).data == "access"
        await product.archive_story(cast.bakery)
        assert "bakery" in await other.fragments()


async def test_a_removed_member_loses_the_stream_at_once(product: Product, cast: Cast) -> None:
    async with product.signed_in(cast.bob) as bob, listen_to(bob, "/") as page:
        await page.seen()
        await end_membership(cast.bob.team_id, cast.bob.id)
        assert (await page.until("ended")).data == "access"
        assert (await bob.get("/live?page=dashboard")).status_code == 401


async def test_access_that_ended_without_an_event_is_noticed_by_the_net(
    product: Product, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    await product.stop_web()
    monkeypatch.setattr(hub_module, "CHECK_EVERY", 0.2)
    await product.start_web()
    async with product.signed_in(cast.bob) as bob, listen_to(bob, "/") as page:
        await page.seen()
        await query("DELETE FROM team_members WHERE user_id = {}", cast.bob.id)
        assert (await page.until("ended")).data == "access"


async def test_heartbeats_come_only_while_the_relay_is_alive(
    product: Product, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    await product.stop_web()
    monkeypatch.setattr(hub_module, "HEARTBEAT_EVERY", 0.2)
    monkeypatch.setattr(hub_module, "SILENT_AFTER", 1.0)
    await product.start_web()
    async with product.signed_in(cast.alice) as alice, listen_to(alice, "/") as page:
        for _ in range(3):
            await page.seen()
        await product.stop_relay()
        with pytest.raises(TimeoutError):
            while True:
                await page.seen(within=2)


async def test_a_new_day_reaches_every_open_page_of_the_team(product: Product, cast: Cast) -> None:
    async with product.signed_in(cast.alice) as alice, listen_to(alice, "/") as page:
        await page.seen()
        assert await announce_new_days(datetime.now(UTC) + timedelta(days=1)) == 2
        assert f'id="client-row-{cast.bakery.id}"' in await page.fragments()


async def test_a_page_that_slept_over_midnight_gets_todays_rows_and_not_midnights(product: Product, cast: Cast) -> None:
    async with product.signed_in(cast.alice) as alice:
        asleep = await stream_address(alice, "/")
        async with listen_to(alice, "/") as awake:
            await awake.seen()
            await announce_new_days(datetime.now(UTC) + timedelta(days=1))
            assert f'id="client-row-{cast.bakery.id}"' in await awake.fragments()
            await edit_client(cast.bakery, ClientChanges(label="in the morning"), product.now())
            await awake.collect("in the morning")
        async with open_stream(alice, asleep) as woken:
            rows = (await woken.collect("client-row-")).split(f'id="client-row-{cast.bakery.id}"')
            # The row comes twice, for the day and for the label: neither may be midnight's.
            assert len(rows) > 2
            assert all("in the morning" in row for row in rows[1:])


async def test_many_changes_at_once_come_in_few_frames(product: Product, cast: Cast) -> None:
    async with product.signed_in(cast.alice) as alice, listen_to(alice, "/") as page:
        await page.seen()
        for _ in range(50):
            async with transaction():
                await publish(ClientEdited(team_id=cast.alice.team_id, client_id=cast.bakery.id))
        await query("UPDATE clients SET custom_label = 'the last of many' WHERE id = {}", cast.bakery.id)
        async with transaction():
            await publish(ClientEdited(team_id=cast.alice.team_id, client_id=cast.bakery.id))
        got = await page.collect("the last of many")
        assert got.count("client-row-") < 3 * 50


async def test_a_broken_template_reloads_only_the_pages_that_show_it(
    product: Product, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        product.signed_in(cast.alice) as alice,
        listen_to(alice, "/") as dashboard,
        listen_to(alice, f"/client/{cast.bakery.id}") as page,
    ):
        await dashboard.seen()
        await page.seen()
        monkeypatch.setitem(RENDERERS, "summary", _broken)
        await product.archive_story(cast.bakery)
        await page.collect(f'id="story-{cast.bakery.id}-1"')
        assert (await dashboard.until("reload")).event == "reload"


async def _broken(team_id: int, parts: Sequence[Part], language: str, clock: Clock) -> Rendered:
    return dict.fromkeys(parts)


async def test_a_database_that_was_away_for_a_pass_is_asked_again(
    product: Product, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, failures = RENDERERS["client_row"], iter([True, True])

    async def away_twice(team_id: int, parts: Sequence[Part], language: str, clock: Clock) -> Rendered:
        if next(failures, False):
            raise ConnectionRefusedError
        return await real(team_id, parts, language, clock)

    async with product.signed_in(cast.alice) as alice, listen_to(alice, "/") as page:
        await page.seen()
        monkeypatch.setitem(RENDERERS, "client_row", away_twice)
        await product.archive_story(cast.bakery)
        assert f'id="client-row-{cast.bakery.id}"' in await page.fragments()
