"""Who may ask the API, how fast, and how it says no."""

from datetime import timedelta

import pytest

from app.database import query
from app.teams.members import end_membership
from app.teams.queries import find_by_token
from app.teams.tokens import revoke_token
from app.web.api import LARGEST_BODY
from app.web.pace import PER_CALLER
from app.web.tokens import hash_of
from tests.cast import Cast
from tests.product import Product
from tests.programs import error_of, program, token_of

READS = [
    "/api/client/{id}",
    "/api/client/{id}/heatmap",
    "/api/client/{id}/activity/2026-03-10",
    "/api/client/{id}/analytics",
    "/api/client/{id}/stories",
]


@pytest.mark.parametrize("path", READS)
async def test_a_stranger_gets_404_for_another_teams_client(product: Product, cast: Cast, path: str) -> None:
    async with program(product, cast.bob, can_write=False) as bobs, program(product, cast.charlie) as charlies:
        assert (await bobs.get(path.format(id=cast.bakery.id))).status_code == 200
        error = error_of(await charlies.get(path.format(id=cast.bakery.id)), 404)
        assert error["code"] == "not_found"


@pytest.mark.parametrize("client_id", ["0", "-1", "999", "9223372036854775808", "x", "1%00", "²"])
async def test_clients_that_do_not_exist_are_not_found(product: Product, cast: Cast, client_id: str) -> None:
    async with program(product, cast.alice) as alices:
        for path in READS:
            error_of(await alices.get(path.format(id=client_id)), 404)
        error_of(await alices.get("/api/nonsense"), 404)


async def test_without_a_token_nothing_is_told(product: Product, cast: Cast) -> None:
    async with product.visitor() as visitor:
        for path in [*READS, "/api/clients", "/api/alerts"]:
            answer = await visitor.get(path.format(id=cast.bakery.id))
            assert error_of(answer, 401)["code"] == "not_signed_in"
            assert answer.headers["www-authenticate"] == "Bearer"
            assert "set-cookie" not in answer.headers
        error_of(await visitor.post("/api/clients", json={"handle": "anna"}), 401)
        error_of(await visitor.delete(f"/api/client/{cast.bakery.id}"), 401)


@pytest.mark.parametrize("token", ["x", "alrt_" + "x" * 43, "x" * 4000, "alrt_²"])
async def test_an_unknown_token_is_refused_even_beside_a_good_cookie(product: Product, cast: Cast, token: str) -> None:
    async with product.signed_in(cast.alice) as alice:
        headers = {b"authorization": f"Bearer {token}".encode()}
        error_of(await alice.get("/api/clients", headers=headers), 401)


async def test_a_revoked_token_is_refused_at_once(product: Product, cast: Cast) -> None:
    token_id, token = await token_of(cast.alice)
    async with product.visitor() as visitor:
        visitor.headers["authorization"] = f"bearer {token}"
        assert (await visitor.get("/api/clients")).status_code == 200
        await revoke_token("Acme", token_id, product.now())
        error_of(await visitor.get("/api/clients"), 401)


async def test_the_token_of_somebody_who_left_the_team_opens_nothing(product: Product, cast: Cast) -> None:
    async with program(product, cast.bob) as bobs:
        assert (await bobs.get("/api/clients")).status_code == 200
        await end_membership(cast.bob.team_id, cast.bob.id)
        error_of(await bobs.get("/api/clients"), 401)


async def test_a_token_that_may_only_read_changes_nothing(product: Product, cast: Cast) -> None:
    async with program(product, cast.alice, can_write=False) as alices:
        address = f"/api/client/{cast.bakery.id}"
        answers = [
            await alices.post("/api/clients", json={"handle": "anna"}),
            await alices.patch(address, json={"custom_label": "x"}),
            await alices.delete(address),
            await alices.put("/api/alerts/read-all"),
        ]
        for answer in answers:
            assert error_of(answer, 403)["message"] == "This token may only read."
        clients = (await alices.get("/api/clients")).json()["clients"]
        assert [(client["username"], client["custom_label"]) for client in clients] == [("bakery", None)]


async def test_a_token_is_kept_as_a_hash_and_its_use_is_noted_once_a_minute(product: Product, cast: Cast) -> None:
    token_id, token = await token_of(cast.alice)
    now = product.now()

    async def used(after: timedelta) -> object:
        await find_by_token(hash_of(token), now + after)
        return (await query("SELECT * FROM api_tokens WHERE id = {}", token_id))[0]["last_used_at"]

    [row] = await query("SELECT * FROM api_tokens WHERE id = {}", token_id)
    assert token not in str(row)
    assert row["last_used_at"] is None
    assert await used(timedelta()) == now
    assert await used(timedelta(seconds=59)) == now
    assert await used(timedelta(seconds=61)) == now + timedelta(seconds=61)


async def test_a_token_opens_the_api_and_its_pictures_and_no_page(product: Product, cast: Cast) -> None:
    await product.archive_story(cast.bakery)
    async with program(product, cast.alice) as alices, program(product, cast.charlie) as charlies:
        address = f"/client/{cast.bakery.id}"
        assert (await alices.get(f"{address}/stories/1.jpg")).headers["content-type"] == "image/jpeg"
        assert (await charlies.get(f"{address}/stories/1.jpg")).status_code == 404
        assert (await alices.get(address)).headers["location"] == "/login"
        assert (await alices.get("/live?page=dashboard")).status_code == 401


async def test_a_browser_reads_with_its_cookie_and_writes_with_its_csrf_token_too(product: Product, cast: Cast) -> None:
    async with product.signed_in(cast.alice) as alice:
        address = f"/api/client/{cast.bakery.id}"
        assert (await alice.get(address)).status_code == 200
        error_of(await alice.patch(address, json={"custom_label": "x"}), 403)
        error_of(await alice.delete(address, headers={"x-csrftoken": "x"}), 403)
        headers = {"x-csrftoken": alice.cookies["alrt_csrf"]}
        answer = await alice.patch(address, json={"custom_label": "x"}, headers=headers)
        assert answer.json()["client"]["custom_label"] == "x"


async def test_a_request_with_both_is_judged_by_its_token(product: Product, cast: Cast) -> None:
    token = (await token_of(cast.charlie))[1]
    async with product.signed_in(cast.alice) as alice:
        alice.headers["authorization"] = f"Bearer {token}"
        clients = (await alice.get("/api/clients")).json()["clients"]
        assert [client["username"] for client in clients] == ["florist"]
        assert (await alice.post("/api/clients", json={"handle": "anna"})).status_code == 201


async def test_who_asks_too_fast_is_told_how_long_to_wait(product: Product, cast: Cast) -> None:
    token_id, token = await token_of(cast.alice)
    await product.redis.set(f"pace:token:{token_id}", PER_CALLER - 1, ex=40)
    async with product.visitor() as visitor, program(product, cast.bob) as bobs:
        visitor.headers["authorization"] = f"Bearer {token}"
        assert (await visitor.get("/api/clients")).status_code == 200
        answer = await visitor.get("/api/clients")
        assert error_of(answer, 429)["code"] == "too_many_requests"
        assert 30 <= int(answer.headers["retry-after"]) <= 40
        assert (await bobs.get("/api/clients")).status_code == 200


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b'{"handle": "anna"}', "text/plain", 415),
        (b"handle=anna", "application/x-www-form-urlencoded", 415),
        (b'{"handle": "anna"}', "", 415),
        (b'{"handle": "anna"', "application/json", 400),
        (b"", "application/json", 400),
        (b"null", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"{}", "application/json", 400),
        (b'{"handle": null}', "application/json", 400),
        (b'{"handle": "anna", "name": "x"}', "application/json", 400),
        (b"\xff\xfe{", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b'{"handle": "\\ud800"}', "application/json", 400),
        (b'{"handle": "' + b"x" * LARGEST_BODY + b'"}', "application/json", 413),
    ],
)
async def test_bodies_that_are_not_understood(
    product: Product, cast: Cast, content: bytes, kind: str, status: int
) -> None:
    async with program(product, cast.alice) as alices:
        answer = await alices.post("/api/clients", content=content, headers={"content-type": kind})
        error_of(answer, status)
    assert len(await query("SELECT id FROM clients WHERE team_id = {}", cast.alice.team_id)) == 1


async def test_a_wrong_method_names_the_right_ones(product: Product, cast: Cast) -> None:
    async with program(product, cast.alice) as alices:
        answer = await alices.put("/api/clients")
        assert error_of(answer, 405)["code"] == "method_not_allowed"
        assert {"GET", "POST"} <= set(answer.headers["allow"].split(", "))


async def test_options_are_answered(product: Product, cast: Cast) -> None:
    async with program(product, cast.alice) as alices, product.visitor() as visitor:
        answer = await alices.options("/api/clients")
        assert answer.status_code == 204
        error_of(await visitor.options("/api/clients"), 401)


async def test_fields_are_told_by_name(product: Product, cast: Cast) -> None:
    async with program(product, cast.alice) as alices:
        missing = await alices.post("/api/clients", json={})
        assert error_of(missing, 400)["fields"] == {"handle": "Is missing."}
        unknown = await alices.patch(f"/api/client/{cast.bakery.id}", json={"label": "x"})
        assert error_of(unknown, 400)["fields"] == {"label": "There is no such field."}
        address = f"/api/client/{cast.bakery.id}/stories?limit=10000&page=0"
        several = await alices.get(address)
        assert set(error_of(several, 400)["fields"]) == {"limit", "page"}  # type: ignore[call-overload]


async def test_a_failure_of_ours_tells_no_details(product: Product, cast: Cast) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("the password is hunter2")

    product.application.state.find_by_token = broken
    async with program(product, cast.alice) as alices:
        answer = await alices.get("/api/clients")
        assert error_of(answer, 500)["code"] == "internal"
        assert "hunter2" not in answer.text


async def test_while_redis_is_away_programs_are_told_to_come_back(product: Product, cast: Cast) -> None:
    async with program(product, cast.alice) as alices:
        product.application.state.pace = _Away()
        answer = await alices.get("/api/clients")
        assert error_of(answer, 503)["code"] == "unavailable"
        assert answer.headers["retry-after"] == "3"


class _Away:
    async def wait(self, caller: str) -> int:
        raise ConnectionError
