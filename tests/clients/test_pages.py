"""Dashboard and client page as their viewers get them."""

import re

import asyncpg
import pytest

from app.clients.queries import client_of
from app.database import query
from app.live import hub
from app.reading.batch import check_profiles
from app.sources.base import Outcome
from app.web.sessions import Session
from tests.cast import Cast
from tests.product import Product


async def test_the_dashboard_shows_the_teams_clients_and_no_others(product: Product, cast: Cast) -> None:
    async with product.signed_in(cast.charlie) as charlie:
        text = (await charlie.get("/")).text
        assert "@florist" in text
        assert "bakery" not in text


@pytest.mark.parametrize("path", ["", "/avatar", "/stories", "/stories/1.jpg"])
async def test_a_stranger_gets_404_for_everything_of_another_teams_client(
    product: Product, cast: Cast, path: str
) -> None:
    await product.archive_story(cast.bakery)
    async with product.signed_in(cast.charlie) as charlie:
        assert (await charlie.get(f"/client/{cast.bakery.id}{path}")).status_code == 404


@pytest.mark.parametrize("client_id", ["0", "-1", "999", "9223372036854775808", "99999999999999999999999", "x"])
async def test_clients_that_do_not_exist_are_not_found(product: Product, cast: Cast, client_id: str) -> None:
    async with product.signed_in(cast.alice) as alice:
        answer = await alice.get(f"/client/{client_id}")
        assert answer.status_code == 404
        assert "Not found" in answer.text


async def test_a_thumbnail_goes_to_its_team_and_may_be_kept_for_long(product: Product, cast: Cast) -> None:
    await product.archive_story(cast.bakery)
    async with product.signed_in(cast.bob) as bob:
        answer = await bob.get(f"/client/{cast.bakery.id}/stories/1.jpg")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "image/jpeg"
        assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
    async with product.visitor() as visitor:
        assert (await visitor.get(f"/client/{cast.bakery.id}/stories/1.jpg")).status_code == 303


@pytest.mark.parametrize("name", ["1.png", "x.jpg", "-1.jpg", "1", "²2.jpg", "99999999999999999999.jpg", "1.jpg.jpg"])
async def test_odd_names_of_thumbnails_are_not_found(product: Product, cast: Cast, name: str) -> None:
    await product.archive_story(cast.bakery)
    async with product.signed_in(cast.bob) as bob:
        assert (await bob.get(f"/client/{cast.bakery.id}/stories/{name}")).status_code == 404


async def test_pages_are_not_kept_by_browsers_and_forbid_foreign_scripts(product: Product, cast: Cast) -> None:
    async with product.signed_in(cast.alice) as alice:
        answer = await alice.get("/")
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["content-security-policy"].startswith("default-src 'self'")


async def test_the_archive_pages_backwards_without_gaps_or_doubles(product: Product, cast: Cast) -> None:
    for _ in range(30):
        await product.archive_story(cast.bakery)
    async with product.signed_in(cast.alice) as alice:
        first = (await alice.get(f"/client/{cast.bakery.id}")).text
        older = re.search(r'hx-get="([^"]*)"', first)
        assert older
        await product.archive_story(cast.bakery)
        second = (await alice.get(older[1])).text
    shown = re.findall(r'id="story-\d+-(\d+)"', first + second)
    assert len(shown) == len(set(shown)) == 30


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (Outcome.PRIVATE, "This account is private"),
        (Outcome.NOT_FOUND, "Instagram knows no account of this name"),
        (Outcome.RESTRICTED, "only to some viewers"),
        (Outcome.RATE_LIMITED, "asked for a pause"),
        (Outcome.FAILED, "The last check failed"),
    ],
)
async def test_an_account_that_could_not_be_read_says_so_in_words(
    product: Product, cast: Cast, outcome: Outcome, words: str
) -> None:
    product.source.ends("bakery", outcome)
    await check_profiles("stories", [cast.bakery.profile_id], product.tools)
    async with product.signed_in(cast.alice) as alice:
        assert words in (await alice.get(f"/client/{cast.bakery.id}")).text


async def test_names_and_labels_are_shown_as_text_whatever_they_hold(product: Product, cast: Cast) -> None:
    nasty = "<script>alert(1)</script>\u202e"
    await query("UPDATE clients SET custom_label = {} WHERE id = {}", nasty, cast.bakery.id)
    async with product.signed_in(cast.alice) as alice:
        text = (await alice.get("/")).text
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert(1)" in text


async def test_a_removed_client_is_gone_from_the_dashboard_and_not_found(product: Product, cast: Cast) -> None:
    await query("UPDATE clients SET archived_at = now() WHERE id = {}", cast.bakery.id)
    assert await client_of(cast.alice.team_id, cast.bakery.id) is None
    async with product.signed_in(cast.alice) as alice:
        assert "@bakery" not in (await alice.get("/")).text
        assert (await alice.get(f"/client/{cast.bakery.id}")).status_code == 404


async def test_while_redis_is_away_a_page_says_so_and_nothing_breaks(product: Product, cast: Cast) -> None:
    async with product.signed_in(cast.alice) as alice:
        await product.redis.client_pause(800)
        answer = await alice.get("/", timeout=20)
        assert answer.status_code in (200, 503)
        assert (await alice.get("/", timeout=20)).status_code == 200


@pytest.mark.parametrize(
    "error",
    [
        ConnectionRefusedError(),
        asyncpg.CannotConnectNowError("the database system is starting up"),
        asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation"),
        asyncpg.InterfaceError("connection is closed"),
    ],
)
async def test_while_the_database_is_away_a_page_says_so_and_comes_back_by_itself(
    product: Product, cast: Cast, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    async def find_nobody(session: Session) -> None:
        raise error

    async with product.signed_in(cast.alice) as alice:
        monkeypatch.setattr(product.application.state, "find_viewer", find_nobody)
        answer = await alice.get("/")
        assert answer.status_code == 503
        assert 2 <= int(answer.headers["refresh"]) <= 5


async def test_while_changes_are_not_heard_of_a_page_that_is_loaded_anew_shows_them(
    product: Product, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with product.signed_in(cast.alice) as alice:
        await alice.get("/")
        await product.stop_relay()
        await query("UPDATE clients SET custom_label = 'new label' WHERE id = {}", cast.bakery.id)
        assert "new label" not in (await alice.get("/")).text
        monkeypatch.setattr(hub, "SILENT_AFTER", 0)
        assert "new label" in (await alice.get("/")).text


async def test_scripts_and_styles_are_kept_for_ever_under_their_version(product: Product) -> None:
    async with product.visitor() as visitor:
        text = (await visitor.get("/login")).text
        address = re.search(r'src="(/static/[^"]*page.js)"', text)
        assert address
        answer = await visitor.get(address[1])
        assert "immutable" in answer.headers["cache-control"]
        assert "javascript" in answer.headers["content-type"]
        assert "set-cookie" not in answer.headers
        other = await visitor.get("/static/other-version/page.js")
        assert other.headers["cache-control"] == "no-cache"
        assert (await visitor.get("/static/v/../../app/settings.py")).status_code == 404
        assert (await visitor.get("/static/v/%2e%2e/%2e%2e/app/settings.py")).status_code == 404
