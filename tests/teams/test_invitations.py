"""An invitation's way: from the settings by its link into the team."""

import asyncio
import re
from datetime import datetime, timedelta

import httpx
import pytest

from app.database import query
from app.live.events import MembersChanged
from app.refused import Refused
from app.teams.invitations import LIFE, InvitationOver, accept, invite
from app.teams.passwords import hash_password
from app.teams.people import DEMO_EMAIL
from app.teams.queries import insert_member, insert_user, invitation_by_hash, roles_in
from app.teams.views import Invitation
from app.web.attempts import PER_ACCOUNT
from app.web.auth import Viewer
from app.web.sessions import COOKIE, Sessions
from app.web.tokens import hash_of
from tests.cast import NOW, PASSWORD, Cast
from tests.product import Product
from tests.teams.test_people import enter
from tests.worker import take_events

DORA = "dora@example.org"


async def invited(by: Viewer, email: str = DORA, role: str = "member", now: datetime = NOW) -> Invitation:
    found = await invitation_by_hash(hash_of(await invite(by, email, role, now)))
    assert found is not None
    return found


async def link_of(product: Product, cast: Cast, email: str = DORA, role: str = "member") -> str:
    """As Alice gets it in the settings."""
    async with product.signed_in(cast.alice) as alice:
        headers = {"x-csrftoken": alice.cookies["alrt_csrf"]}
        answer = await alice.post("/settings/invitations", data={"email": email, "role": role}, headers=headers)
        assert answer.status_code == 200, answer.text
        found = re.search(r'value="(/invitation/[^"]+)"', answer.text)
        assert found
        assert f"invitation-{1}" in answer.text
    return found[1]


async def answered(visitor: httpx.AsyncClient, link: str, **form: str) -> httpx.Response:
    await visitor.get(link)
    return await visitor.post(link, data={"_csrf_token": visitor.cookies["alrt_csrf"], **form})


# --- inviting -------------------------------------------------------------------------------------------------


async def test_an_invitation_is_kept_by_its_hash_and_lasts_a_week(cast: Cast, sessions: Sessions) -> None:
    alice = await enter(cast.alice, sessions)
    await take_events()
    token = await invite(alice, " Dora@Example.org", "manager", NOW)
    [row] = await query("SELECT * FROM team_invitations")
    assert token not in str(row)
    assert (row["email"], row["role"], row["invited_by"]) == (DORA, "manager", cast.alice.id)
    assert row["expires_at"] == NOW + timedelta(days=7)
    assert await take_events() == [MembersChanged(team_id=cast.alice.team_id)]


async def test_whoever_is_invited_again_has_one_invitation(cast: Cast, sessions: Sessions) -> None:
    alice = await enter(cast.alice, sessions)
    first, second = await invite(alice, DORA, "member", NOW), await invite(alice, DORA, "admin", NOW)
    assert await invitation_by_hash(hash_of(first)) is None
    found = await invitation_by_hash(hash_of(second))
    assert found is not None
    assert found.role == "admin"


@pytest.mark.parametrize(
    ("email", "role", "field"),
    [
        ("dora", "member", "email"),
        ("", "member", "email"),
        ("d" * 250 + "@example.org", "member", "email"),
        ("do ra@example.org", "member", "email"),
        ("BOB@example.org", "member", "email"),
        (DORA, "king", "role"),
        (DORA, "", "role"),
    ],
)
async def test_what_is_no_invitation_is_refused(
    cast: Cast, sessions: Sessions, email: str, role: str, field: str
) -> None:
    with pytest.raises(Refused) as refused:
        await invite(await enter(cast.alice, sessions), email, role, NOW)
    assert refused.value.field == field
    assert await query("SELECT id FROM team_invitations") == []


@pytest.mark.parametrize(
    ("by", "role", "may"),
    [("owner", "owner", True), ("admin", "owner", False), ("admin", "admin", True), ("manager", "member", False)],
)
async def test_nobody_gives_more_than_he_may(cast: Cast, sessions: Sessions, by: str, role: str, may: bool) -> None:
    await insert_member(cast.bob.team_id, cast.bob.id, by)
    bob = await enter(cast.bob, sessions)
    if may:
        await invite(bob, DORA, role, NOW)
    else:
        with pytest.raises(Refused):
            await invite(bob, DORA, role, NOW)


# --- joining --------------------------------------------------------------------------------------------------


async def test_a_new_person_joins_with_a_name_and_a_password(product: Product, cast: Cast) -> None:
    link = await link_of(product, cast, role="manager")
    async with product.visitor() as dora:
        page = (await dora.get(link)).text
        assert "Join Acme" in re.sub("</?bdi>", "", page)
        assert "Alice" in page
        assert "Manager" in page
        answer = await answered(dora, link, full_name=" Dora\nD. ", password=PASSWORD)
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        assert "@bakery" in (await dora.get("/")).text
        assert "Dora D." in (await dora.get("/settings")).text
        again = await dora.get(link)
        assert (again.status_code, "used already" in again.text) == (410, True)
    [row] = await query("SELECT m.role FROM team_members m JOIN users u ON u.id = m.user_id WHERE u.email = {}", DORA)
    assert row["role"] == "manager"
    async with product.visitor() as visitor:
        assert (await visitor.get(link)).status_code == 410


async def test_a_new_person_keeps_the_language_of_the_page(product: Product, cast: Cast) -> None:
    link = await link_of(product, cast)
    async with product.visitor() as dora:
        dora.headers["accept-language"] = "ar"
        assert (await answered(dora, link, full_name="درة", password=PASSWORD)).status_code == 303
        assert 'lang="ar"' in (await dora.get("/")).text


async def test_somebody_with_an_account_joins_with_its_password(product: Product, cast: Cast) -> None:
    link = await link_of(product, cast, email=cast.charlie.email, role="admin")
    async with product.visitor() as charlie:
        page = (await charlie.get(link)).text
        assert 'name="full_name"' not in page
        wrong = await answered(charlie, link, password="not it at all")
        assert (wrong.status_code, "password is wrong" in wrong.text) == (401, True)
        assert cast.charlie.id not in await roles_in(cast.alice.team_id)
        assert (await answered(charlie, link, password=PASSWORD)).status_code == 303
        assert "@bakery" in (await charlie.get("/")).text
    assert (await roles_in(cast.alice.team_id))[cast.charlie.id] == "admin"
    assert (await roles_in(cast.charlie.team_id))[cast.charlie.id] == "owner"


async def test_a_session_that_was_open_is_left_behind(product: Product, cast: Cast) -> None:
    link = await link_of(product, cast)
    async with product.signed_in(cast.bob) as browser:
        before = browser.cookies[COOKIE]
        assert "bob@example.org" in (await browser.get(link)).text
        await browser.post(
            link,
            data={"_csrf_token": browser.cookies["alrt_csrf"], "full_name": "Dora", "password": PASSWORD},
        )
        assert DORA in (await browser.get("/")).text
    async with httpx.AsyncClient(base_url=product.address, cookies={COOKIE: before}, trust_env=False) as left:
        assert (await left.get("/")).status_code == 303


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"full_name": "Dora", "password": "short"}, "too short"),
        ({"full_name": "Dora", "password": "x" * 1500}, "too long"),
        ({"full_name": "", "password": PASSWORD}, "Names are"),
        ({"full_name": "\u200b", "password": PASSWORD}, "Names are"),
        ({"full_name": "x" * 201, "password": PASSWORD}, "Names are"),
        ({}, "Names are"),
    ],
)
async def test_what_cannot_be_an_account_is_said_and_uses_nothing(
    product: Product, cast: Cast, form: dict[str, str], words: str
) -> None:
    link = await link_of(product, cast)
    async with product.visitor() as dora:
        answer = await answered(dora, link, **form)
        assert (answer.status_code, words in answer.text) == (422, True)
        assert PASSWORD not in answer.text
        assert await query("SELECT id FROM users WHERE email = {}", DORA) == []
        assert (await answered(dora, link, full_name="Dora", password=PASSWORD)).status_code == 303


async def test_of_two_who_submit_at_the_same_moment_one_joins(cast: Cast, sessions: Sessions) -> None:
    alice = await enter(cast.alice, sessions)
    for email in (DORA, cast.charlie.email):
        invitation = await invited(alice, email)
        ended = await asyncio.gather(
            *(accept(invitation, "D.", PASSWORD, "en", sessions, NOW, demo_login=False) for _ in range(4)),
            return_exceptions=True,
        )
        assert [isinstance(end, str) for end in ended].count(True) == 1, ended
        assert [isinstance(end, InvitationOver) for end in ended].count(True) == 3
    assert len(await roles_in(cast.alice.team_id)) == 4


async def test_a_member_who_was_invited_is_told_so_and_keeps_his_role(product: Product, cast: Cast) -> None:
    link = await link_of(product, cast)
    user_id = await insert_user(DORA, "Dora", await hash_password(PASSWORD))
    assert user_id is not None
    await insert_member(cast.alice.team_id, user_id, "owner")
    async with product.visitor() as dora:
        assert "already" in (await dora.get(link)).text
        answer = await answered(dora, link, password=PASSWORD)
        assert "already" in answer.text
    assert (await roles_in(cast.alice.team_id))[user_id] == "owner"


# --- what is over ---------------------------------------------------------------------------------------------


async def test_an_expired_one_opens_nothing(product: Product, cast: Cast) -> None:
    link = await link_of(product, cast)
    await query("UPDATE team_invitations SET expires_at = {}", product.now() - timedelta(seconds=1))
    async with product.visitor() as dora:
        page = await dora.get(link)
        assert (page.status_code, "has expired" in page.text) == (410, True)
        assert "Alice" not in page.text
        answer = await dora.post(
            link, data={"_csrf_token": dora.cookies["alrt_csrf"], "full_name": "D", "password": PASSWORD}
        )
        assert answer.status_code == 410
    assert await query("SELECT id FROM users WHERE email = {}", DORA) == []


async def test_one_that_expired_lately_is_still_listed_and_goes_later(cast: Cast, sessions: Sessions) -> None:
    alice = await enter(cast.alice, sessions)
    await invite(alice, DORA, "member", NOW)
    await invite(alice, "eve@example.org", "member", NOW + LIFE + timedelta(days=1))
    assert len(await query("SELECT id FROM team_invitations")) == 2
    await invite(alice, "finn@example.org", "member", NOW + 2 * LIFE + timedelta(days=1))
    assert [row["email"] for row in await query("SELECT email FROM team_invitations ORDER BY id")] == [
        "eve@example.org",
        "finn@example.org",
    ]


async def test_a_withdrawn_one_is_told_from_none_by_nobody(product: Product, cast: Cast) -> None:
    link = await link_of(product, cast)
    async with product.signed_in(cast.alice) as alice:
        headers = {"x-csrftoken": alice.cookies["alrt_csrf"]}
        answer = await alice.post("/settings/invitations/1/withdraw", headers=headers)
        assert (answer.status_code, DORA in answer.text) == (200, False)
        answer = await alice.post("/settings/invitations/1/withdraw", headers=headers)
        assert (answer.status_code, "not open any more" in answer.text) == (422, True)
    async with product.visitor() as dora:
        withdrawn, unknown = await dora.get(link), await dora.get("/invitation/never-was")
        assert withdrawn.status_code == unknown.status_code == 404
        tidy = re.compile(r'(?:content|value|headers)="[^"]*"|hx-headers=\'[^\']*\'')
        assert tidy.sub("", withdrawn.text) == tidy.sub("", unknown.text)
        assert (await answered(dora, link, full_name="D", password=PASSWORD)).status_code == 404


async def test_one_that_is_withdrawn_while_its_page_is_open_is_over(cast: Cast, sessions: Sessions) -> None:
    invitation = await invited(await enter(cast.alice, sessions))
    await query("DELETE FROM team_invitations")
    with pytest.raises(InvitationOver):
        await accept(invitation, "Dora", PASSWORD, "en", sessions, NOW, demo_login=False)
    assert await query("SELECT id FROM users WHERE email = {}", DORA) == []


async def test_an_invitation_opens_no_door_for_the_demo_user(product: Product, cast: Cast) -> None:
    product.application.state.demo_login = False
    link = await link_of(product, cast, email=DEMO_EMAIL)
    async with product.visitor() as somebody:
        assert (await somebody.get(link)).status_code == 410
        assert (await answered(somebody, link, full_name="D", password=PASSWORD)).status_code == 410


# --- guessing -------------------------------------------------------------------------------------------------


async def test_guessing_the_password_is_limited_as_at_the_login(product: Product, cast: Cast) -> None:
    link = await link_of(product, cast, email=cast.charlie.email)
    async with product.visitor() as somebody:
        for _ in range(PER_ACCOUNT):
            assert (await answered(somebody, link, password="guess")).status_code == 401
        refused = await answered(somebody, link, password=PASSWORD)
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) > 0
    assert cast.charlie.id not in await roles_in(cast.alice.team_id)


async def test_guessing_links_is_limited(product: Product, cast: Cast) -> None:
    async with product.visitor() as somebody:
        statuses = [
            (await somebody.get(f"/invitation/guess-{number}")).status_code for number in range(PER_ACCOUNT + 1)
        ]
        assert statuses == [404] * PER_ACCOUNT + [429]


async def test_a_form_from_elsewhere_accepts_nothing(product: Product, cast: Cast) -> None:
    link = await link_of(product, cast)
    async with product.visitor() as somebody:
        assert (await somebody.post(link, data={"full_name": "D", "password": PASSWORD})).status_code == 403


async def test_the_address_is_told_to_nobody_else(product: Product, cast: Cast) -> None:
    link = await link_of(product, cast)
    async with product.visitor() as dora:
        answer = await dora.get(link)
        assert answer.headers.get_list("referrer-policy") == ["no-referrer"]
        assert answer.headers["cache-control"] == "no-store"
