"""Clients as programs get and change them."""

from datetime import timedelta
from typing import Any

import pytest

from app.clients.queries import client_of
from app.database import query
from app.posts.queries import store_posts
from app.sources.base import FoundPost
from tests.cast import NOW, Cast
from tests.product import Product
from tests.programs import error_of, program

PROMISED = {
    "id",
    "username",
    "profile_pic_url",
    "custom_label",
    "lead_status",
    "tracking_started_at",
    "followers_count",
    "total_stories_archived",
    "total_posts_tracked",
}


async def test_the_list_holds_the_teams_clients_by_name_and_no_others(product: Product, cast: Cast) -> None:
    async with program(product, cast.alice) as alices:
        await alices.post("/api/clients", json={"handle": "anna"})
        answer = await alices.get("/api/clients")
        assert set(answer.json()) == {"clients"}
        assert [client["username"] for client in answer.json()["clients"]] == ["anna", "bakery"]
        assert answer.headers["cache-control"] == "no-store"


async def test_a_client_that_was_never_read_is_full_of_unknowns(product: Product, cast: Cast) -> None:
    async with program(product, cast.bob) as bobs:
        answer = (await bobs.get(f"/api/client/{cast.bakery.id}")).json()
        assert set(answer) == {"client", "analytics"}
        assert set(answer["client"]) >= PROMISED
        assert (
            answer["client"]
            | {
                "id": cast.bakery.id,
                "username": "bakery",
                "profile_pic_url": None,
                "lead_status": "NEW_LEAD",
                "tracking_started_at": (NOW - timedelta(days=30)).isoformat().replace("+00:00", "Z"),
                "followers_count": None,
                "total_stories_archived": 0,
            }
            == answer["client"]
        )
        assert answer["analytics"] == {
            "avg_likes": None,
            "avg_comments": None,
            "engagement_rate": None,
            "posts_per_day": None,
        }


async def test_figures_are_numbers(product: Product, cast: Cast) -> None:
    now = product.now()
    await query(
        "UPDATE profiles SET followers_count = 3000, avatar_storage_path = 'avatars/1.jpg' WHERE id = {}",
        cast.bakery.profile_id,
    )
    posts = [_post(1, 100, 5), _post(2, 101, 6), _post(3, None, 7)]
    await store_posts(cast.bakery.profile_id, posts, {}, now)
    async with program(product, cast.bob) as bobs:
        answer = (await bobs.get(f"/api/client/{cast.bakery.id}")).json()
        assert answer["client"]["followers_count"] == 3000
        assert answer["client"]["profile_pic_url"] == f"/client/{cast.bakery.id}/avatar"
        assert answer["analytics"] == {
            "avg_likes": 100.5,
            "avg_comments": 6.0,
            "engagement_rate": 3.55,
            "posts_per_day": pytest.approx(1, abs=2),
        }


def _post(number: int, likes: int | None, comments: int) -> FoundPost:
    return FoundPost(
        post_id=str(number),
        shortcode=None,
        url=None,
        media_type="image",
        thumbnail_url=None,
        likes_count=likes,
        comments_count=comments,
        caption=None,
        hashtags=(),
        posted_at=NOW - timedelta(days=number),
        is_pinned=False,
    )


# --- adding ---------------------------------------------------------------------------------------------------


async def test_an_account_is_added_once(product: Product, cast: Cast) -> None:
    async with program(product, cast.alice) as alices:
        first = await alices.post("/api/clients", json={"handle": "@Cafe.Clara"})
        again = await alices.post("/api/clients", json={"handle": "https://www.instagram.com/cafe.clara/"})
        assert (first.status_code, again.status_code) == (201, 200)
        assert first.json() == again.json()
        assert first.json()["client"]["username"] == "cafe.clara"


@pytest.mark.parametrize(
    "handle",
    [
        "",
        " ",
        "cafe clara",
        "https://www.instagram.com/p/Cxyz/",
        "https://example.org/anna",
        "a" * 31,
        "ann\x00a",
        "🦉",
        "\u202eanna",
        "x" * 10_000,
    ],
)
async def test_what_is_no_account_is_not_added(product: Product, cast: Cast, handle: str) -> None:
    async with program(product, cast.alice) as alices:
        error = error_of(await alices.post("/api/clients", json={"handle": handle}), 400)
        assert error["code"] == "bad_input"
        assert "handle" in _fields(error)
        assert len((await alices.get("/api/clients")).json()["clients"]) == 1


async def test_members_neither_add_nor_remove_nor_set_thresholds(product: Product, cast: Cast) -> None:
    async with program(product, cast.bob) as bobs:
        address = f"/api/client/{cast.bakery.id}"
        error_of(await bobs.post("/api/clients", json={"handle": "anna"}), 403)
        error_of(await bobs.delete(address), 403)
        error_of(await bobs.patch(address, json={"inactive_after_days": 5}), 403)
        assert (await bobs.patch(address, json={"lead_status": "CONTACTED"})).status_code == 200


# --- editing and removing -------------------------------------------------------------------------------------


async def test_everything_that_may_be_edited_is_edited_at_once(product: Product, cast: Cast) -> None:
    wanted = {
        "lead_status": "NEGOTIATING",
        "custom_label": "Clara 🥐 كلارا",
        "notes": "<script>alert(1)</script>",
        "assigned_to": cast.bob.id,
        "inactive_after_days": 5,
    }
    async with program(product, cast.alice) as alices:
        answer = await alices.patch(f"/api/client/{cast.bakery.id}", json=wanted)
        assert answer.status_code == 200
        assert answer.json()["client"] | wanted == answer.json()["client"]
        cleared = {name: None for name in wanted if name != "lead_status"}
        answer = await alices.patch(f"/api/client/{cast.bakery.id}", json=cleared)
        assert answer.json()["client"] | cleared == answer.json()["client"]
        assert answer.json()["client"]["lead_status"] == "NEGOTIATING"
        assert (await alices.patch(f"/api/client/{cast.bakery.id}", json={})).status_code == 200


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("lead_status", "FRIEND"),
        ("lead_status", None),
        ("lead_status", ["CLIENT"]),
        ("custom_label", "x" * 10_000),
        ("custom_label", 5),
        ("notes", "x" * 20_001),
        ("assigned_to", 3),
        ("assigned_to", 99),
        ("assigned_to", 0),
        ("assigned_to", 2**63),
        ("assigned_to", "x"),
        ("inactive_after_days", 0),
        ("inactive_after_days", 61),
        ("inactive_after_days", 1.5),
        ("notes_version", -1),
        ("notes_version", 2**31),
    ],
)
async def test_one_wrong_field_and_nothing_is_stored(product: Product, cast: Cast, field: str, value: Any) -> None:
    async with program(product, cast.alice) as alices:
        address = f"/api/client/{cast.bakery.id}"
        body = {"custom_label": "new", "notes": "new", field: value}
        error = error_of(await alices.patch(address, json=body), 400)
        assert field in _fields(error)
        client = (await alices.get(address)).json()["client"]
        assert (client["custom_label"], client["notes"], client["lead_status"]) == (None, None, "NEW_LEAD")


async def test_characters_that_no_text_holds_are_dropped(product: Product, cast: Cast) -> None:
    async with program(product, cast.alice) as alices:
        body = {"custom_label": "a\x00b\u202ec", "notes": "a\x00b\u202ec"}
        answer = await alices.patch(f"/api/client/{cast.bakery.id}", json=body)
        assert answer.status_code == 200
        assert "\u202e" not in answer.json()["client"]["custom_label"]


async def test_notes_that_somebody_else_changed_are_not_overwritten(product: Product, cast: Cast) -> None:
    async with program(product, cast.alice) as alices, program(product, cast.bob) as bobs:
        address = f"/api/client/{cast.bakery.id}"
        read = (await alices.get(address)).json()["client"]["notes_version"]
        assert (await bobs.patch(address, json={"notes": "Bob's", "notes_version": read})).status_code == 200
        body = {"notes": "Alice's", "notes_version": read, "custom_label": "x"}
        assert error_of(await alices.patch(address, json=body), 409)["code"] == "conflict"
        client = (await alices.get(address)).json()["client"]
        assert (client["notes"], client["custom_label"]) == ("Bob's", None)
        body["notes_version"] = client["notes_version"]
        assert (await alices.patch(address, json=body)).json()["client"]["notes"] == "Alice's"


async def test_a_removed_client_is_gone_and_comes_back_with_its_history(product: Product, cast: Cast) -> None:
    await product.archive_story(cast.bakery)
    async with program(product, cast.alice) as alices:
        address = f"/api/client/{cast.bakery.id}"
        answer = await alices.delete(address)
        assert (answer.status_code, answer.content) == (204, b"")
        assert await client_of(cast.alice.team_id, cast.bakery.id) is None
        error_of(await alices.get(address), 404)
        error_of(await alices.delete(address), 404)
        assert (await alices.get("/api/clients")).json() == {"clients": []}
        back = await alices.post("/api/clients", json={"handle": "bakery"})
        assert back.status_code == 201
        assert (back.json()["client"]["id"], back.json()["client"]["total_stories_archived"]) == (cast.bakery.id, 1)


async def test_a_stranger_changes_nothing(product: Product, cast: Cast) -> None:
    async with program(product, cast.charlie) as charlies:
        address = f"/api/client/{cast.bakery.id}"
        error_of(await charlies.patch(address, json={"custom_label": "mine"}), 404)
        error_of(await charlies.delete(address), 404)
    assert await client_of(cast.alice.team_id, cast.bakery.id) is not None


def _fields(error: dict[str, object]) -> dict[str, str]:
    fields = error["fields"]
    assert isinstance(fields, dict)
    return fields
