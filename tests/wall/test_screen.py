"""What a screen may ask for over HTTP, and what it may not."""

import asyncio

import httpx
import pytest

from app.database import query
from app.live.hub import Hub
from app.wall.pairing import WallFacts, revoke_wall
from app.wall.queries import walls_of
from app.web.walls import COOKIE
from tests.cast import Cast, client
from tests.listener import listen_to, open_stream, stream_address
from tests.product import Product
from tests.walls import SCREEN, code_for, new_wall, only, screen, send_beat


async def test_a_screen_without_a_wall_asks_for_a_code_until_it_was_paired(product: Product, cast: Cast) -> None:
    async with product.visitor() as visitor, product.signed_in(cast.alice) as alice:
        assert "Pair this screen" in (await visitor.get("/wall")).text
        first = await visitor.post("/wall/code", headers=SCREEN)
        held = first.headers["set-cookie"]
        assert all(word in held for word in ("HttpOnly", "SameSite=lax", "Max-Age=34560000", "Path=/"))
        again = await visitor.post("/wall/code", headers=SCREEN)
        assert again.json()["code"] == first.json()["code"]
        answer = await alice.post(
            "/settings/walls",
            data={"code": first.json()["code"], "name": "Kitchen", "language": "en", "time_zone": "", "shows": "all"},
            headers=csrf(alice),
        )
        assert answer.status_code == 200, answer.text
        assert "Kitchen" in answer.text
        assert (await visitor.post("/wall/code", headers=SCREEN)).json() == {"paired": True}
        assert "@bakery" in (await visitor.get("/wall")).text


async def test_another_sites_page_cannot_speak_as_the_screen(product: Product, cast: Cast) -> None:
    async with screen(product, cast.alice) as (_, visitor):
        assert (await visitor.post("/wall/code")).status_code == 403
        assert (await visitor.post("/wall/heartbeat", json={})).status_code in (400, 403)
        assert await query("SELECT id FROM wall_screens") == []


async def test_the_heartbeat_brings_time_and_version_and_renews_the_cookie(product: Product, cast: Cast) -> None:
    async with screen(product, cast.alice) as (_, visitor):
        answer = await send_beat(visitor)
        assert answer.status_code == 200, answer.text
        assert answer.json()["version"] == product.application.state.version
        assert "Max-Age=34560000" in answer.headers["set-cookie"]
        assert (await send_beat(visitor, screen="nonsense!")).status_code == 400
        assert len(await query("SELECT id FROM wall_screens")) == 1


@pytest.mark.parametrize("token", [None, "", "alrt_nothing", "x" * 4000])
async def test_a_screen_that_is_not_paired_is_told_so(product: Product, cast: Cast, token: str | None) -> None:
    async with product.visitor() as visitor:
        if token is not None:
            visitor.cookies.set(COOKIE, token)
        assert "Pair this screen" in (await visitor.get("/wall")).text
        for path in ("/live?page=wall:1", "/live/session?page=wall:1"):
            assert (await visitor.get(path)).status_code == 401
        for path in (f"/wall/client/{cast.bakery.id}/avatar", f"/wall/client/{cast.bakery.id}/stories/1.jpg"):
            assert (await visitor.get(path)).status_code == 401
        assert (await send_beat(visitor)).status_code == 401


async def test_a_wall_opens_no_page_of_people(product: Product, cast: Cast) -> None:
    async with screen(product, cast.alice) as (wall_id, visitor):
        for path in ("/", f"/client/{cast.bakery.id}", "/settings/walls", f"/client/{cast.bakery.id}/avatar"):
            assert (await visitor.get(path)).status_code == 303
        for names in ("page=dashboard", f"page=wall:{wall_id}&page=dashboard", f"page=client:{cast.bakery.id}"):
            assert (await visitor.get(f"/live?{names}")).status_code == 401
        assert (await visitor.get("/api/clients")).status_code == 401


async def test_a_wall_gets_no_other_walls_stream_nor_does_a_member(product: Product, cast: Cast) -> None:
    other_id, _ = await new_wall(product.urls, cast.charlie, now=product.now())
    async with screen(product, cast.alice) as (wall_id, visitor), product.signed_in(cast.alice) as alice:
        assert (await visitor.get(f"/live?page=wall:{other_id}")).status_code == 404
        assert (await alice.get(f"/live?page=wall:{wall_id}")).status_code == 401
        # Beside a page of hers it is not there; that one loads anew.
        async with open_stream(alice, f"/live?page=dashboard&page=wall:{wall_id}") as listener:
            await listener.until("reload")


async def test_the_open_wall_gets_the_tile_the_feed_and_the_counts(product: Product, cast: Cast) -> None:
    async with screen(product, cast.alice) as (wall_id, visitor), listen_to(visitor, "/wall") as listener:
        await listener.seen()
        await product.archive_story(cast.bakery)
        got = await listener.collect(f"wall-tile-{cast.bakery.id}", f"wall-story-{cast.bakery.id}-1")
        assert f"wall:{wall_id}\n" in got
        assert 'data-signal="RED"' in got


async def test_a_wall_gets_nothing_of_clients_that_it_does_not_show(product: Product, cast: Cast) -> None:
    cafe = await client(cast.alice.team_id, "cafe")
    async with (
        screen(product, cast.alice, only(cast.bakery)) as (_, visitor),
        listen_to(visitor, "/wall") as listener,
    ):
        await listener.seen()
        await product.archive_story(cafe)
        await product.archive_story(cast.bakery)
        got = await listener.collect(f"wall-story-{cast.bakery.id}")
        assert "cafe" not in got
        assert f"wall-tile-{cafe.id}" not in got
        # On replay neither.
        async with open_stream(visitor, await stream_address(visitor, "/wall")) as again:
            await again.seen()


async def test_pictures_are_served_to_walls_that_show_the_client_only(product: Product, cast: Cast) -> None:
    cafe = await client(cast.alice.team_id, "cafe")
    await product.archive_story(cast.bakery)
    await product.archive_story(cafe)
    async with screen(product, cast.alice, only(cast.bakery)) as (_, visitor):
        own = await visitor.get(f"/wall/client/{cast.bakery.id}/stories/1.jpg")
        assert (own.status_code, own.headers["content-type"]) == (200, "image/jpeg")
        for path in (
            f"/wall/client/{cafe.id}/stories/2.jpg",
            f"/wall/client/{cast.bakery.id}/stories/2.jpg",
            f"/wall/client/{cast.florist.id}/avatar",
            f"/wall/client/{2**63}/avatar",
            f"/wall/client/{cast.bakery.id}/stories/x.jpg",
        ):
            assert (await visitor.get(path)).status_code == 404


async def test_revoking_ends_the_stream_at_once(product: Product, cast: Cast) -> None:
    async with screen(product, cast.alice) as (wall_id, visitor), listen_to(visitor, "/wall") as listener:
        await listener.seen()
        await revoke_wall(cast.alice.team_id, wall_id, product.now())
        assert (await listener.until("ended", within=3)).data == "access"
        with pytest.raises(StopAsyncIteration):
            await listener.next()
        assert (await visitor.get(f"/live?page=wall:{wall_id}")).status_code == 401


async def test_the_net_under_it_asks_for_walls_and_members_alike(product: Product, cast: Cast) -> None:
    async with (
        screen(product, cast.alice) as (_, visitor),
        screen(product, cast.alice) as (gone_id, gone),
        product.signed_in(cast.alice) as alice,
        listen_to(visitor, "/wall") as wall,
        listen_to(gone, "/wall") as revoked,
        listen_to(alice, "/") as page,
    ):
        for listener in (wall, revoked, page):
            await listener.seen()
        hub: Hub = product.hub
        await query("UPDATE walls SET revoked_at = now() WHERE id = {}", gone_id)
        viewers = {stream.viewer for stream in hub.streams()}
        allowed = await hub._allowed(viewers)
        assert {viewer.session for viewer in viewers - allowed} == {f"wall:{gone_id}"}
        assert len(allowed) == 2


async def test_members_look_at_the_list_and_only_managers_change_it(product: Product, cast: Cast) -> None:
    wall_id, _ = await new_wall(product.urls, cast.alice, now=product.now())
    waiting = await code_for(product.urls, now=product.now())
    form = {"code": waiting.code, "name": "Hall", "language": "en", "shows": "all"}
    async with product.signed_in(cast.bob) as bob, product.signed_in(cast.charlie) as charlie:
        assert "Kitchen" in (await bob.get("/settings/walls")).text
        for path in ("/settings/walls", f"/settings/walls/{wall_id}", f"/settings/walls/{wall_id}/revoke"):
            assert (await bob.post(path, data=form, headers=csrf(bob))).status_code == 403
        for path in ("/settings/walls/new", f"/settings/walls/{wall_id}/edit"):
            assert (await bob.get(path)).status_code == 403
        assert "Kitchen" not in (await charlie.get("/settings/walls")).text
        for path in (f"/settings/walls/{wall_id}", f"/settings/walls/{wall_id}/revoke"):
            assert (await charlie.post(path, data=form, headers=csrf(charlie))).status_code == 404
        assert (await charlie.get(f"/settings/walls/{wall_id}/edit")).status_code == 404


async def test_guesses_are_limited_and_a_success_forgives(product: Product, cast: Cast) -> None:
    async with product.signed_in(cast.alice) as alice:
        await alice.get("/settings/walls")
        waiting = await code_for(product.urls, now=product.now())
        assert await guess(alice, waiting.code) == 200
        answers = [await guess(alice, "AAAAAAAA") for _ in range(9)]
        assert answers == [422] * 9
        waiting = await code_for(product.urls, now=product.now())
        answer = await alice.post("/settings/walls", data=facts(waiting.code), headers=csrf(alice))
        assert answer.status_code == 422
        assert "Too many attempts" in answer.text
        # Nothing was taken.
        assert len(await query("SELECT id FROM wall_codes")) == 1


async def test_an_open_settings_page_learns_of_walls(product: Product, cast: Cast) -> None:
    async with product.signed_in(cast.alice) as alice, listen_to(alice, "/settings/walls") as listener:
        await listener.seen()
        await new_wall(product.urls, cast.alice, now=product.now())
        assert "Kitchen" in await listener.collect("Kitchen")


async def test_a_wall_speaks_its_own_language_in_its_own_zone(product: Product, cast: Cast) -> None:
    arabic = WallFacts("مطبخ", "ar", "Asia/Dubai", True)
    async with screen(product, cast.alice, arabic) as (_, visitor):
        page = (await visitor.get("/wall", headers={"accept-language": "en"})).text
        assert 'lang="ar" dir="rtl"' in page
        assert 'data-zone="Asia/Dubai"' in page


async def test_what_a_screen_gets_in_place_of_an_error_comes_back_by_itself(
    product: Product, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with screen(product, cast.alice) as (_, visitor):

        async def away(*_: object) -> None:
            raise ConnectionError

        monkeypatch.setattr(product.hub, "shown", away)
        answer = await visitor.get("/wall")
        assert answer.status_code == 503
        assert "wall/waiting.js" in answer.text


async def test_both_holders_of_a_copied_token_are_listed(product: Product, cast: Cast) -> None:
    async with screen(product, cast.alice) as (_, visitor), product.visitor() as thief:
        thief.cookies.set(COOKIE, visitor.cookies[COOKIE])
        await asyncio.gather(send_beat(visitor, screen="the-screen"), send_beat(thief, screen="another-one"))
        (wall,) = await walls_of(cast.alice.team_id, product.now())
        assert {found.screen for found in wall.screens} == {"the-screen", "another-one"}
        async with product.signed_in(cast.alice) as alice:
            assert "2 screens use this wall" in (await alice.get("/settings/walls/list")).text


async def guess(visitor: httpx.AsyncClient, code: str) -> int:
    return (await visitor.post("/settings/walls", data=facts(code), headers=csrf(visitor))).status_code


def facts(code: str) -> dict[str, str]:
    return {"code": code, "name": "Hall", "language": "en", "time_zone": "", "shows": "all"}


def csrf(visitor: httpx.AsyncClient) -> dict[str, str]:
    return {"x-csrftoken": visitor.cookies["alrt_csrf"]}
