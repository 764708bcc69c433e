"""Signing in and out, as a visitor does it."""

import httpx

from app.web.attempts import PER_ACCOUNT
from app.web.sessions import COOKIE
from tests.cast import PASSWORD, Cast
from tests.product import Product, sign_in


async def test_alice_signs_in_and_sees_her_dashboard(product: Product, cast: Cast) -> None:
    async with product.signed_in(cast.alice) as alice:
        answer = await alice.get("/")
        assert answer.status_code == 200
        assert "@bakery" in answer.text
        assert "Acme" in answer.text


async def test_a_wrong_password_and_an_unknown_address_are_answered_alike(product: Product, cast: Cast) -> None:
    async with product.visitor() as visitor:
        wrong = await sign_in(visitor, cast.alice.email, "not it")
        unknown = await sign_in(visitor, "nobody@example.org", "not it")
        assert wrong.status_code == unknown.status_code == 401
        assert "wrong" in wrong.text
        assert wrong.text.replace(cast.alice.email, "") == unknown.text.replace("nobody@example.org", "")


async def test_guessing_is_limited_and_says_how_long_to_wait(product: Product, cast: Cast) -> None:
    async with product.visitor() as visitor:
        for _ in range(PER_ACCOUNT):
            assert (await sign_in(visitor, cast.alice.email, "guess")).status_code == 401
        refused = await sign_in(visitor, cast.alice.email, PASSWORD)
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) > 0
        assert (await sign_in(visitor, cast.bob.email, PASSWORD)).status_code == 303


async def test_signing_in_always_makes_a_new_session(product: Product, cast: Cast) -> None:
    async with product.signed_in(cast.alice) as alice:
        first = alice.cookies[COOKIE]
        await alice.get("/login")
        token = alice.cookies["alrt_csrf"]
        form = {"email": cast.bob.email, "password": PASSWORD, "_csrf_token": token}
        assert (await alice.post("/login", data=form)).status_code == 303
        assert alice.cookies[COOKIE] != first
        assert "bob@example.org" in (await alice.get("/")).text
        assert await is_signed_out(product, first)


async def test_a_session_id_that_somebody_planted_is_never_used(product: Product, cast: Cast) -> None:
    async with product.visitor() as visitor:
        visitor.cookies.set(COOKIE, "planted")
        await sign_in(visitor, cast.alice.email, PASSWORD)
    assert await is_signed_out(product, "planted")


async def test_signing_out_ends_the_session_for_good(product: Product, cast: Cast) -> None:
    async with product.signed_in(cast.alice) as alice:
        token = alice.cookies[COOKIE]
        answer = await alice.post("/logout", headers={"x-csrftoken": alice.cookies["alrt_csrf"]})
        assert answer.headers["location"] == "/login"
    assert await is_signed_out(product, token)


async def test_a_form_from_elsewhere_signs_nobody_in_or_out(product: Product, cast: Cast) -> None:
    async with product.visitor() as visitor:
        form = {"email": cast.alice.email, "password": PASSWORD}
        assert (await visitor.post("/login", data=form)).status_code == 403
    async with product.signed_in(cast.alice) as alice:
        assert (await alice.post("/logout")).status_code == 403
        assert (await alice.get("/")).status_code == 200


async def test_a_visitor_is_sent_to_the_login_page_and_gets_no_session(product: Product) -> None:
    async with product.visitor() as visitor:
        answer = await visitor.get("/")
        assert (answer.status_code, answer.headers["location"]) == (303, "/login")
        await visitor.get("/login")
        assert COOKIE not in visitor.cookies


async def test_a_part_that_htmx_asks_for_sends_the_whole_page_to_the_login(product: Product, cast: Cast) -> None:
    async with product.visitor() as visitor:
        answer = await visitor.get(f"/client/{cast.bakery.id}/stories", headers={"HX-Request": "true"})
        assert answer.headers["hx-redirect"] == "/login"


async def is_signed_out(product: Product, token: str) -> bool:
    async with httpx.AsyncClient(base_url=product.address, cookies={COOKIE: token}, trust_env=False) as visitor:
        return (await visitor.get("/")).status_code == 303
