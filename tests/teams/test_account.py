"""What a person decides about himself: name, language, zone, password, tokens."""

import httpx
import pytest

from app.database import query
from app.live.events import AccessEnded, MembersChanged
from app.refused import Refused
from app.teams.account import AccountChanges, change_password, edit_account
from app.teams.people import sign_in
from app.teams.queries import find_by_token, find_viewer, insert_member, insert_token
from app.teams.tokens import MOST, create_own_token
from app.web.attempts import PER_ACCOUNT
from app.web.sessions import COOKIE, Sessions
from app.web.tokens import hash_of
from tests.cast import NOW, PASSWORD, Cast
from tests.listener import listen_to
from tests.product import Product
from tests.teams.test_members import is_in
from tests.teams.test_people import enter
from tests.worker import take_events

NEW = "staple battery horse"


async def test_bob_has_another_name_and_all_his_teams_are_told(cast: Cast, sessions: Sessions) -> None:
    await insert_member(cast.charlie.team_id, cast.bob.id, "member")
    bob = await enter(cast.bob, sessions)
    await take_events()
    await edit_account(bob, AccountChanges(full_name=" Robert ", language="ar", time_zone="Asia/Riyadh"))
    found = await find_viewer(bob.session)
    assert found is not None
    assert (found.full_name, found.language, found.time_zone) == ("Robert", "ar", "Asia/Riyadh")
    assert await take_events() == [
        MembersChanged(team_id=cast.bob.team_id),
        MembersChanged(team_id=cast.charlie.team_id),
    ]
    await edit_account(bob, AccountChanges(time_zone="  "))
    found = await find_viewer(bob.session)
    assert found is not None
    assert (found.full_name, found.time_zone) == ("Robert", None)
    assert await take_events() == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        (AccountChanges(full_name=""), "full_name"),
        (AccountChanges(full_name="x" * 201), "full_name"),
        (AccountChanges(language="tlh"), "language"),
        (AccountChanges(language=""), "language"),
        (AccountChanges(time_zone="Mars/Olympus"), "time_zone"),
        (AccountChanges(full_name="Good", time_zone="nowhere"), "time_zone"),
    ],
)
async def test_what_cannot_be_is_refused_whole(
    cast: Cast, sessions: Sessions, changes: AccountChanges, field: str
) -> None:
    bob = await enter(cast.bob, sessions)
    with pytest.raises(Refused) as refused:
        await edit_account(bob, changes)
    assert refused.value.field == field
    assert await find_viewer(bob.session) == bob


# --- the password ---------------------------------------------------------------------------------------------


async def test_another_password_ends_all_other_sessions(cast: Cast, sessions: Sessions) -> None:
    await insert_member(cast.charlie.team_id, cast.bob.id, "member")
    desk, phone = await enter(cast.bob, sessions), await enter(cast.bob, sessions)
    await take_events()
    await change_password(desk, PASSWORD, NEW, sessions)
    assert not await is_in(phone)
    [kept] = (await sessions.kept([desk.session.id])).values()
    assert await find_viewer(kept) is not None
    assert await take_events() == [
        AccessEnded(team_id=team_id, user_id=cast.bob.id, but=desk.session.id)
        for team_id in (cast.bob.team_id, cast.charlie.team_id)
    ]
    assert await sign_in(cast.bob.email, PASSWORD, sessions, demo_login=False) is None
    assert await sign_in(cast.bob.email, NEW, sessions, demo_login=False) is not None


@pytest.mark.parametrize(
    ("current", "new", "field"),
    [("not it", NEW, "current"), ("", NEW, "current"), (PASSWORD, "tiny", "new"), (PASSWORD, "x" * 1001, "new")],
)
async def test_a_password_that_cannot_be_changes_nothing(
    cast: Cast, sessions: Sessions, current: str, new: str, field: str
) -> None:
    desk, phone = await enter(cast.bob, sessions), await enter(cast.bob, sessions)
    with pytest.raises(Refused) as refused:
        await change_password(desk, current, new, sessions)
    assert refused.value.field == field
    assert new not in str(refused.value)
    assert await is_in(phone)
    assert await sign_in(cast.bob.email, PASSWORD, sessions, demo_login=False) is not None


async def test_the_streams_of_other_sessions_end_and_ones_own_goes_on(product: Product, cast: Cast) -> None:
    async with (
        product.signed_in(cast.bob) as desk,
        product.signed_in(cast.bob) as phone,
        listen_to(desk, "/") as at_desk,
        listen_to(phone, "/") as at_phone,
    ):
        await at_desk.seen()
        await at_phone.seen()
        headers = {"x-csrftoken": desk.cookies["alrt_csrf"]}
        answer = await desk.post("/settings/password", data={"current": PASSWORD, "new": NEW}, headers=headers)
        assert answer.status_code == 200
        await at_phone.until("ended")
        await product.archive_story(cast.bakery)
        assert "client-row" in await at_desk.fragments()
        assert (await desk.get("/")).status_code == 200
        assert (await phone.get("/")).status_code == 303


async def test_guessing_the_current_password_is_limited(product: Product, cast: Cast) -> None:
    async with product.signed_in(cast.bob) as bob:
        headers = {"x-csrftoken": bob.cookies["alrt_csrf"]}
        for _ in range(PER_ACCOUNT):
            answer = await bob.post("/settings/password", data={"current": "guess", "new": NEW}, headers=headers)
            assert 'data-field="current"' in answer.text
        answer = await bob.post("/settings/password", data={"current": PASSWORD, "new": NEW}, headers=headers)
        assert (answer.status_code, "Too many attempts" in answer.text) == (422, True)
        assert cast.bob.email in (await bob.get("/settings")).text


# --- tokens ---------------------------------------------------------------------------------------------------


async def test_a_member_makes_a_token_of_his_own_and_revokes_it(product: Product, cast: Cast) -> None:
    async with product.signed_in(cast.bob) as bob:
        headers = {"x-csrftoken": bob.cookies["alrt_csrf"]}
        answer = await bob.post("/settings/tokens", data={"name": "report", "access": "write"}, headers=headers)
        assert answer.status_code == 200
        token = answer.text.split('value="')[1].split('"')[0]
        bearer = {"authorization": f"Bearer {token}"}
        assert token not in (await bob.get("/settings")).text
        async with product.visitor() as program:
            assert (await program.get("/api/clients", headers=bearer)).status_code == 200
            [row] = await query("SELECT * FROM api_tokens")
            assert (row["user_id"], row["can_write"], row["token_hash"]) == (cast.bob.id, True, hash_of(token))
            assert "report" in (await bob.get("/settings")).text
            answer = await bob.post(f"/settings/tokens/{row['id']}/revoke", headers=headers)
            assert (answer.status_code, "report" in answer.text) == (200, False)
            assert (await program.get("/api/clients", headers=bearer)).status_code == 401
        assert (await bob.post(f"/settings/tokens/{row['id']}/revoke", headers=headers)).status_code == 404


async def test_admins_see_and_revoke_the_tokens_of_all_and_members_their_own(product: Product, cast: Cast) -> None:
    alices = await insert_token(cast.alice.team_id, cast.alice.id, "of alice", "h1", can_write=True)
    bobs = await insert_token(cast.bob.team_id, cast.bob.id, "of bob", "h2", can_write=False)
    charlies = await insert_token(cast.charlie.team_id, cast.charlie.id, "of charlie", "h3", can_write=False)
    async with product.signed_in(cast.bob) as bob, product.signed_in(cast.alice) as alice:
        seen = (await bob.get("/settings")).text
        assert "of bob" in seen
        assert "of alice" not in seen
        headers = {"x-csrftoken": bob.cookies["alrt_csrf"]}
        assert (await bob.post(f"/settings/tokens/{alices}/revoke", headers=headers)).status_code == 404
        seen = (await alice.get("/settings")).text
        assert "of bob" in seen
        assert "of charlie" not in seen
        headers = {"x-csrftoken": alice.cookies["alrt_csrf"]}
        assert (await alice.post(f"/settings/tokens/{charlies}/revoke", headers=headers)).status_code == 404
        assert (await alice.post(f"/settings/tokens/{bobs}/revoke", headers=headers)).status_code == 200
    assert await find_by_token("h1", NOW) is not None
    assert await find_by_token("h2", NOW) is None
    assert await find_by_token("h3", NOW) is not None


@pytest.mark.parametrize("name", ["", "  ", "\u200b", "x" * 201])
async def test_a_token_has_a_name(cast: Cast, sessions: Sessions, name: str) -> None:
    with pytest.raises(Refused, match="Names"):
        await create_own_token(await enter(cast.bob, sessions), name, can_write=False)


async def test_tokens_are_not_piled_up_for_ever(cast: Cast, sessions: Sessions) -> None:
    bob = await enter(cast.bob, sessions)
    for number in range(MOST):
        await insert_token(cast.bob.team_id, cast.bob.id, "x", str(number), can_write=False)
    with pytest.raises(Refused, match="revoke those"):
        await create_own_token(bob, "one more", can_write=False)


async def test_a_planted_session_without_proof_opens_nothing(product: Product, cast: Cast) -> None:
    sessions = Sessions(product.redis)
    token = await sessions.begin(cast.alice.id, cast.alice.team_id, "")
    async with httpx.AsyncClient(base_url=product.address, cookies={COOKIE: token}, trust_env=False) as visitor:
        assert (await visitor.get("/")).status_code == 303
