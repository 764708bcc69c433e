from typing import Any

import msgspec
import pytest

from app.database import query
from app.live.events import AccessEnded, MembersChanged
from app.live.open_stream import StreamViewer
from app.refused import Refused
from app.teams.members import end_membership
from app.teams.passwords import hash_password, is_password
from app.teams.people import DEMO_EMAIL, allowed, create_user, sign_in, sign_out
from app.teams.queries import find_viewer, insert_member, insert_user
from app.web.auth import Viewer
from app.web.sessions import Sessions
from tests.cast import PASSWORD, Cast, Person
from tests.worker import take_events


async def enter(person: Person, sessions: Sessions) -> Viewer:
    token = await sign_in(person.email, PASSWORD, sessions, demo_login=False)
    session = await sessions.find(token)
    assert session is not None
    viewer = await find_viewer(session)
    assert viewer is not None
    return viewer


class TestCreating:
    async def test_dora_founds_a_team_and_can_sign_in(self, cast: Cast, sessions: Sessions) -> None:
        user_id, team_id = await create_user("Dora@Example.org ", "Dora", PASSWORD, "Initech", time_zone="Asia/Riyadh")
        viewer = await enter(Person(user_id, "dora@example.org", team_id), sessions)
        assert (viewer.full_name, viewer.team_name, viewer.role) == ("Dora", "Initech", "owner")
        [team] = await query("SELECT time_zone FROM teams WHERE id = {}", team_id)
        assert team["time_zone"] == "Asia/Riyadh"

    async def test_a_team_that_is_known_is_joined(self, cast: Cast) -> None:
        _, team_id = await create_user("dora@example.org", "Dora", PASSWORD, "Acme", "manager")
        assert team_id == cast.alice.team_id

    @pytest.mark.parametrize(
        ("change", "word"),
        [
            ({"email": "dora"}, "e-mail"),
            ({"email": "@example.org"}, "e-mail"),
            ({"email": "dora@"}, "e-mail"),
            ({"email": "do@ra@example.org"}, "e-mail"),
            ({"email": ""}, "e-mail"),
            ({"email": f"{'d' * 250}@example.org"}, "e-mail"),
            ({"email": "alice@example.org"}, "has an account"),
            ({"email": " ALICE@example.org"}, "has an account"),
            ({"password": "too short"}, "too short"),
            ({"password": ""}, "too short"),
            ({"role": "king"}, "not a role"),
            ({"team": " "}, "Names"),
            ({"team": "t" * 201}, "Names"),
            ({"full_name": "n" * 201}, "Names"),
            ({"time_zone": "Mars/Olympus"}, "time zone"),
            ({"time_zone": "../../etc/passwd"}, "time zone"),
            ({"email": "do ra@example.org"}, "e-mail"),
            ({"password": "p" * 1001}, "too long"),
        ],
    )
    async def test_what_cannot_be_is_refused_and_nothing_is_stored(
        self, cast: Cast, change: dict[str, Any], word: str
    ) -> None:
        before = await _people()
        asked: dict[str, Any] = {
            "email": "dora@example.org",
            "full_name": "Dora",
            "password": PASSWORD,
            "team": "Initech",
        } | change
        with pytest.raises(Refused, match=word) as refusal:
            await create_user(**asked)
        assert PASSWORD not in str(refusal.value)
        assert await _people() == before


class TestPasswords:
    async def test_a_password_is_known_again_and_another_is_not(self) -> None:
        hashed = await hash_password(PASSWORD)
        assert PASSWORD not in hashed
        assert hashed.startswith("$argon2id$")
        assert await is_password(PASSWORD, hashed)
        assert not await is_password(PASSWORD.upper(), hashed)
        assert not await is_password("", hashed)

    async def test_two_people_with_one_password_have_two_hashes(self) -> None:
        assert await hash_password(PASSWORD) != await hash_password(PASSWORD)

    @pytest.mark.parametrize("stored", [None, "", "plain", "$argon2id$broken"])
    @pytest.mark.parametrize("given", [PASSWORD, "nobody's", ""])
    async def test_somebody_without_a_password_has_none_that_fits(self, stored: str | None, given: str) -> None:
        assert not await is_password(given, stored)


class TestSigningIn:
    async def test_alice_signs_in_however_she_writes_her_address(self, cast: Cast, sessions: Sessions) -> None:
        token = await sign_in(" Alice@Example.ORG", PASSWORD, sessions, demo_login=False)
        session = await sessions.find(token)
        assert session is not None
        assert (session.user_id, session.team_id) == (cast.alice.id, cast.alice.team_id)

    @pytest.mark.parametrize(
        ("email", "password"),
        [("alice@example.org", "wrong password"), ("nobody@example.org", PASSWORD), ("", ""), ("alice", PASSWORD)],
    )
    async def test_a_wrong_word_lets_nobody_in(self, cast: Cast, sessions: Sessions, email: str, password: str) -> None:
        assert await sign_in(email, password, sessions, demo_login=True) is None

    async def test_each_sign_in_is_a_session_of_its_own(self, cast: Cast, sessions: Sessions) -> None:
        first, second = await enter(cast.alice, sessions), await enter(cast.alice, sessions)
        assert first.session.id != second.session.id

    async def test_somebody_without_a_team_stays_out(self, cast: Cast, sessions: Sessions) -> None:
        await end_membership(cast.bob.team_id, cast.bob.id)
        assert await sign_in(cast.bob.email, PASSWORD, sessions, demo_login=False) is None

    async def test_a_closed_account_stays_out(self, cast: Cast, sessions: Sessions) -> None:
        viewer = await enter(cast.bob, sessions)
        await query("UPDATE users SET status = 'closed' WHERE id = {}", cast.bob.id)
        assert await sign_in(cast.bob.email, PASSWORD, sessions, demo_login=False) is None
        assert await find_viewer(viewer.session) is None

    async def test_the_demo_user_stays_out_where_the_product_is_used_in_earnest(
        self, cast: Cast, sessions: Sessions
    ) -> None:
        user_id = await insert_user(DEMO_EMAIL, "Dana Demo", await hash_password("demo"))
        assert user_id is not None
        await insert_member(cast.alice.team_id, user_id, "owner")
        assert await sign_in(DEMO_EMAIL, "demo", sessions, demo_login=False) is None
        assert await sign_in(DEMO_EMAIL.upper(), "demo", sessions, demo_login=False) is None
        assert await sign_in(DEMO_EMAIL, "demo", sessions, demo_login=True) is not None


class TestLeaving:
    async def test_signing_out_ends_that_session_alone(self, cast: Cast, sessions: Sessions) -> None:
        desk, phone = await enter(cast.alice, sessions), await enter(cast.alice, sessions)
        await take_events()
        await sign_out(desk, sessions)
        assert set(await sessions.kept({desk.session.id, phone.session.id})) == {phone.session.id}
        assert await take_events() == [
            AccessEnded(team_id=cast.alice.team_id, user_id=cast.alice.id, session=desk.session.id)
        ]

    async def test_a_removed_member_is_out_at_once_and_the_pages_are_told(self, cast: Cast, sessions: Sessions) -> None:
        viewer = await enter(cast.bob, sessions)
        await take_events()
        await end_membership(cast.bob.team_id, cast.bob.id)
        assert await take_events() == [
            AccessEnded(team_id=cast.bob.team_id, user_id=cast.bob.id),
            MembersChanged(team_id=cast.bob.team_id),
        ]
        assert await find_viewer(viewer.session) is None

    async def test_a_stranger_cannot_be_removed_and_nobody_is_told(self, cast: Cast) -> None:
        await take_events()
        await end_membership(cast.alice.team_id, cast.charlie.id)
        assert await take_events() == []

    async def test_only_members_with_a_session_may_still_look(self, cast: Cast, sessions: Sessions) -> None:
        people = [await enter(person, sessions) for person in (cast.alice, cast.bob, cast.charlie)]
        alice, bob, charlie = [_looking(viewer) for viewer in people]
        assert await allowed([alice, bob, charlie], sessions) == {alice, bob, charlie}
        await end_membership(cast.bob.team_id, cast.bob.id)
        await sessions.end(people[2].session.id)
        assert await allowed([alice, bob, charlie], sessions) == {alice}
        assert await allowed([], sessions) == set()

    async def test_a_session_opens_no_other_team(self, cast: Cast, sessions: Sessions) -> None:
        viewer = await enter(cast.bob, sessions)
        foreign = msgspec.structs.replace(_looking(viewer), team_id=cast.charlie.team_id)
        assert await allowed([foreign], sessions) == set()


def _looking(viewer: Viewer) -> StreamViewer:
    return StreamViewer(
        team_id=viewer.team_id, user_id=viewer.user_id, session=viewer.session.id, language=viewer.language
    )


async def _people() -> Any:
    users = await query("SELECT id FROM users ORDER BY id")
    return users, await query("SELECT * FROM team_members ORDER BY id"), await query("SELECT id FROM teams ORDER BY id")
