"""Who belongs to the team, as rules, and over HTTP."""

from asyncio import gather
from functools import partial
from typing import Any

import pytest

from app.clients.edit import ClientChanges, edit_client
from app.database import query
from app.live.events import AccessEnded, MembersChanged
from app.refused import Refused
from app.teams.members import change_role, end_membership, leave_team, remove_member
from app.teams.queries import (
    find_by_token,
    find_viewer,
    insert_invitation,
    insert_member,
    insert_token,
    insert_user,
    roles_in,
)
from app.web.auth import Viewer
from app.web.sessions import Sessions
from tests.cast import NOW, Cast, Person
from tests.product import Product
from tests.teams.test_people import enter
from tests.worker import client_row, take_events


async def is_in(viewer: Viewer) -> bool:
    return await find_viewer(viewer.session) is not None


async def joins(person: Person, team_id: int, role: str) -> None:
    await insert_member(team_id, person.id, role)


# --- roles ----------------------------------------------------------------------------------------------------


async def test_alice_makes_bob_a_manager_and_the_pages_are_told(cast: Cast, sessions: Sessions) -> None:
    alice, bob = await enter(cast.alice, sessions), await enter(cast.bob, sessions)
    await take_events()
    assert await change_role(alice, cast.bob.id, "manager")
    found = await find_viewer(bob.session)
    assert found is not None
    assert found.may_manage
    assert await take_events() == [MembersChanged(team_id=cast.alice.team_id)]
    assert await change_role(alice, cast.bob.id, "manager")
    assert await take_events() == []


ROLES = ("owner", "admin", "manager", "member")


@pytest.mark.parametrize("by", ROLES)
@pytest.mark.parametrize("of", ROLES)
@pytest.mark.parametrize("to", ROLES)
async def test_who_may_make_whom_what(cast: Cast, sessions: Sessions, by: str, of: str, to: str) -> None:
    """Bob decides about Charlie; Alice stays an owner."""
    await joins(cast.bob, cast.alice.team_id, by)
    await joins(cast.charlie, cast.alice.team_id, of)
    bob = await enter(cast.bob, sessions)
    allowed = by == "owner" or (by == "admin" and "owner" not in (of, to))
    if allowed:
        assert await change_role(bob, cast.charlie.id, to)
    else:
        with pytest.raises(Refused):
            await change_role(bob, cast.charlie.id, to)
    assert (await roles_in(cast.alice.team_id))[cast.charlie.id] == (to if allowed else of)


@pytest.mark.parametrize("by", ROLES)
@pytest.mark.parametrize("of", ROLES)
async def test_who_may_remove_whom(cast: Cast, sessions: Sessions, by: str, of: str) -> None:
    await joins(cast.bob, cast.alice.team_id, by)
    await joins(cast.charlie, cast.alice.team_id, of)
    bob = await enter(cast.bob, sessions)
    allowed = by == "owner" or (by == "admin" and of != "owner")
    if allowed:
        assert await remove_member(bob, cast.charlie.id)
    else:
        with pytest.raises(Refused):
            await remove_member(bob, cast.charlie.id)
    assert (cast.charlie.id in await roles_in(cast.alice.team_id)) is not allowed


@pytest.mark.parametrize("role", ["king", "", "OWNER", "owner "])
async def test_there_are_four_roles(cast: Cast, sessions: Sessions, role: str) -> None:
    with pytest.raises(Refused, match="no such role"):
        await change_role(await enter(cast.alice, sessions), cast.bob.id, role)


async def test_the_last_owner_stays_one(cast: Cast, sessions: Sessions) -> None:
    alice = await enter(cast.alice, sessions)
    await take_events()
    for role in ("admin", "manager", "member"):
        with pytest.raises(Refused, match="needs an owner"):
            await change_role(alice, cast.alice.id, role)
    with pytest.raises(Refused, match="needs an owner"):
        await leave_team(alice, sessions)
    with pytest.raises(Refused, match="Leave the team"):
        await remove_member(alice, cast.alice.id)
    assert await take_events() == []
    assert await is_in(alice)
    await change_role(alice, cast.bob.id, "owner")
    assert await leave_team(alice, sessions) is False
    assert await roles_in(cast.alice.team_id) == {cast.bob.id: "owner"}


async def test_of_two_owners_who_demote_each_other_at_once_one_stays(cast: Cast, sessions: Sessions) -> None:
    alice, bob = await enter(cast.alice, sessions), await enter(cast.bob, sessions)
    for verbs in (
        partial(gather, change_role(alice, cast.bob.id, "member"), change_role(bob, cast.alice.id, "member")),
        partial(gather, remove_member(alice, cast.bob.id), remove_member(bob, cast.alice.id)),
        partial(gather, leave_team(alice, sessions), leave_team(bob, sessions)),
    ):
        await joins(cast.alice, cast.alice.team_id, "owner")
        await joins(cast.bob, cast.alice.team_id, "owner")
        ended = await verbs(return_exceptions=True)
        assert sorted(isinstance(result, Refused) for result in ended) == [False, True], ended
        assert list((await roles_in(cast.alice.team_id)).values()).count("owner") == 1


async def test_a_strangers_member_is_not_there(cast: Cast, sessions: Sessions) -> None:
    alice = await enter(cast.alice, sessions)
    assert not await change_role(alice, cast.charlie.id, "member")
    assert not await remove_member(alice, cast.charlie.id)
    assert await roles_in(cast.charlie.team_id) == {cast.charlie.id: "owner"}


async def test_whoever_was_demoted_a_moment_ago_decides_nothing_any_more(cast: Cast, sessions: Sessions) -> None:
    await joins(cast.bob, cast.alice.team_id, "admin")
    bob = await enter(cast.bob, sessions)
    await change_role(await enter(cast.alice, sessions), cast.bob.id, "manager")
    with pytest.raises(Refused, match="Only owners and admins"):
        await change_role(bob, cast.bob.id, "admin")


# --- leaving --------------------------------------------------------------------------------------------------


async def test_what_was_bobs_in_the_team_goes_with_him(cast: Cast, sessions: Sessions) -> None:
    alice, bob = await enter(cast.alice, sessions), await enter(cast.bob, sessions)
    await edit_client(cast.bakery, ClientChanges(assigned_to=cast.bob.id), NOW)
    await query(
        "INSERT INTO inactivity_alerts (client_id, user_id, days_inactive) VALUES ({}, {}, 4)", cast.bakery.id, 1
    )
    await query(
        "INSERT INTO inactivity_alerts (client_id, user_id, days_inactive) VALUES ({}, {}, 4)", cast.bakery.id, 2
    )
    await insert_token(cast.bob.team_id, cast.bob.id, "report", "h1", can_write=False)
    await insert_invitation(cast.bob.team_id, "dora@example.org", "member", "h2", cast.bob.id, NOW)
    await take_events()
    assert await remove_member(alice, cast.bob.id)
    assert await take_events() == [
        AccessEnded(team_id=cast.bob.team_id, user_id=cast.bob.id),
        MembersChanged(team_id=cast.bob.team_id),
    ]
    assert (await client_row(cast.bakery))["assigned_to"] is None
    assert [row["user_id"] for row in await query("SELECT user_id FROM inactivity_alerts")] == [cast.alice.id]
    assert await find_by_token("h1", NOW) is None
    assert await query("SELECT id FROM team_invitations") == []
    assert not await is_in(bob)


async def test_who_comes_back_begins_anew(cast: Cast, sessions: Sessions) -> None:
    bob = await enter(cast.bob, sessions)
    await insert_token(cast.bob.team_id, cast.bob.id, "report", "h1", can_write=True)
    await end_membership(cast.bob.team_id, cast.bob.id)
    await joins(cast.bob, cast.bob.team_id, "member")
    assert not await is_in(bob)
    assert await find_by_token("h1", NOW) is None
    assert await is_in(await enter(cast.bob, sessions))


async def test_what_is_his_in_another_team_stays(cast: Cast, sessions: Sessions) -> None:
    await joins(cast.bob, cast.charlie.team_id, "member")
    await insert_token(cast.charlie.team_id, cast.bob.id, "report", "h1", can_write=True)
    await edit_client(cast.florist, ClientChanges(assigned_to=cast.bob.id), NOW)
    await end_membership(cast.bob.team_id, cast.bob.id)
    assert await find_by_token("h1", NOW) is not None
    assert (await client_row(cast.florist))["assigned_to"] == cast.bob.id


async def test_leaving_goes_on_in_another_team_where_there_is_one(cast: Cast, sessions: Sessions) -> None:
    await joins(cast.bob, cast.charlie.team_id, "member")
    bob = await enter(cast.bob, sessions)
    assert await leave_team(bob, sessions) is True
    [session] = (await sessions.kept([bob.session.id])).values()
    viewer = await find_viewer(session)
    assert viewer is not None
    assert (viewer.team_name, viewer.other_teams) == ("Globex", ())
    assert await leave_team(viewer, sessions) is False
    assert await sessions.kept([bob.session.id]) == {}


async def test_invitations_into_roles_that_the_demoted_may_not_give_are_withdrawn(
    cast: Cast, sessions: Sessions
) -> None:
    await joins(cast.bob, cast.alice.team_id, "owner")
    for role in ("owner", "member"):
        await insert_invitation(cast.bob.team_id, f"{role}@example.org", role, role, cast.bob.id, NOW)
    alice = await enter(cast.alice, sessions)
    await change_role(alice, cast.bob.id, "admin")
    assert [row["role"] for row in await query("SELECT role FROM team_invitations")] == ["member"]
    await change_role(alice, cast.bob.id, "manager")
    assert await query("SELECT id FROM team_invitations") == []


# --- over HTTP ------------------------------------------------------------------------------------------------

ADMINISTERING: tuple[tuple[str, dict[str, str]], ...] = (
    ("/settings/team", {"name": "x"}),
    ("/settings/members/{alice}/role", {"role": "member"}),
    ("/settings/members/{alice}/remove", {}),
    ("/settings/invitations", {"email": "dora@example.org", "role": "member"}),
    ("/settings/invitations/1/withdraw", {}),
)


@pytest.mark.parametrize("role", ["member", "manager"])
async def test_others_cannot_post_what_owners_and_admins_decide(product: Product, cast: Cast, role: str) -> None:
    await joins(cast.bob, cast.alice.team_id, role)
    await insert_invitation(cast.bob.team_id, "eve@example.org", "member", "h", cast.alice.id, NOW)
    before = await everything()
    async with product.signed_in(cast.bob) as bob:
        headers = {"x-csrftoken": bob.cookies["alrt_csrf"]}
        for path, form in ADMINISTERING:
            answer = await bob.post(path.format(alice=cast.alice.id), data=form, headers=headers)
            assert answer.status_code == 403, path
        page = (await bob.get("/settings")).text
        assert "alice@example.org" in page
        assert 'id="team-form"' not in page
        assert 'id="invite-form"' not in page
    assert await everything() == before


async def test_of_another_team_nothing_is_found(product: Product, cast: Cast) -> None:
    await insert_invitation(cast.bob.team_id, "eve@example.org", "member", "h", cast.alice.id, NOW)
    before = await everything()
    async with product.signed_in(cast.charlie) as charlie:
        headers = {"x-csrftoken": charlie.cookies["alrt_csrf"]}
        for path, status in (
            (f"/settings/members/{cast.bob.id}/role", 404),
            (f"/settings/members/{cast.bob.id}/remove", 404),
            (f"/settings/members/{2**63}/remove", 404),
            ("/settings/members/0/remove", 404),
            ("/settings/invitations/1/withdraw", 422),
        ):
            answer = await charlie.post(path, data={"role": "member"}, headers=headers)
            assert answer.status_code == status, path
    assert await everything() == before


async def test_a_refusal_is_said_in_words(product: Product, cast: Cast) -> None:
    async with product.signed_in(cast.alice) as alice:
        headers = {"x-csrftoken": alice.cookies["alrt_csrf"]}
        answer = await alice.post(f"/settings/members/{cast.alice.id}/role", data={"role": "admin"}, headers=headers)
        assert (answer.status_code, "A team needs an owner" in answer.text) == (422, True)
        answer = await alice.post("/settings/leave", headers=headers)
        assert (answer.status_code, "A team needs an owner" in answer.text) == (422, True)


async def test_bob_leaves_and_is_led_to_the_login(product: Product, cast: Cast) -> None:
    async with product.signed_in(cast.bob) as bob:
        answer = await bob.post("/settings/leave", headers={"x-csrftoken": bob.cookies["alrt_csrf"]})
        assert answer.headers["hx-redirect"] == "/login"
        assert (await bob.get("/")).status_code == 303


# --- several teams --------------------------------------------------------------------------------------------


async def test_whoever_has_two_teams_switches_between_them(product: Product, cast: Cast) -> None:
    await joins(cast.bob, cast.charlie.team_id, "manager")
    async with product.signed_in(cast.bob) as bob:
        page = (await bob.get("/")).text
        assert "@bakery" in page
        assert f'name="team_id" value="{cast.charlie.team_id}"' in page
        headers = {"x-csrftoken": bob.cookies["alrt_csrf"]}
        answer = await bob.post("/team", data={"team_id": str(cast.charlie.team_id)}, headers=headers)
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        page = (await bob.get("/")).text
        assert "@florist" in page
        assert "@bakery" not in page
    async with product.signed_in(cast.alice) as alice:
        assert 'name="team_id"' not in (await alice.get("/")).text


@pytest.mark.parametrize("team", ["2", "99", "0", "-1", "x", "", str(2**63)])
async def test_nobody_switches_to_a_team_of_others(product: Product, cast: Cast, team: str) -> None:
    async with product.signed_in(cast.alice) as alice:
        headers = {"x-csrftoken": alice.cookies["alrt_csrf"]}
        assert (await alice.post("/team", data={"team_id": team}, headers=headers)).status_code == 404
        assert "@bakery" in (await alice.get("/")).text


async def test_a_name_of_another_person_is_no_markup(product: Product, cast: Cast) -> None:
    user_id = await insert_user("eve@example.org", "<b>Eve</b> \"' {{ 1 }}", "x")
    assert user_id is not None
    await insert_member(cast.alice.team_id, user_id, "member")
    async with product.signed_in(cast.alice) as alice:
        page = (await alice.get("/settings")).text
        assert "<b>Eve" not in page
        assert "&lt;b&gt;Eve" in page


async def everything() -> Any:
    return [
        await query(f"SELECT * FROM {table} ORDER BY id") for table in ("teams", "team_members", "team_invitations")
    ]
