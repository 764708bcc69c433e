"""Alerts as programs get them: the caller's own, and nobody else's."""

from datetime import timedelta
from typing import Any

import pytest

from app.clients.queries import ClientRef
from app.database import query, transaction
from app.live.events import AlertHandled
from app.live.publish import publish
from tests.cast import Cast, Person
from tests.product import Product
from tests.programs import error_of, program
from tests.worker import take_events

FIELDS = {
    "id",
    "client_id",
    "username",
    "custom_label",
    "alert_type",
    "days_inactive",
    "is_read",
    "is_dismissed",
    "snoozed_until",
    "resolved_at",
    "created_at",
}


async def alert(client: ClientRef, person: Person, **columns: Any) -> int:
    columns = {"client_id": client.id, "user_id": person.id, "days_inactive": 3, **columns}
    rows = await query(
        f"INSERT INTO inactivity_alerts ({', '.join(columns)}, alert_type) VALUES"
        f" ({', '.join('{}' for _ in columns)}, 'STORIES_INACTIVE') RETURNING id",
        *columns.values(),
    )
    return int(rows[0]["id"])


async def ten_thousand_alerts(person: Person, product: Product) -> None:
    await query(
        "INSERT INTO profiles (platform, username, state) SELECT 'instagram', 'many.' || n, 'ok'"
        " FROM generate_series(1, 10000) n"
    )
    await query(
        "INSERT INTO clients (team_id, profile_id) SELECT {}, id FROM profiles WHERE username LIKE 'many.%'",
        person.team_id,
    )
    # As PostgreSQL does by itself within a minute. Alerts come too fast for that, even so.
    await query("ANALYZE clients, profiles")
    await query(
        "INSERT INTO inactivity_alerts (client_id, user_id, alert_type, days_inactive, created_at)"
        " SELECT c.id, {}, 'STORIES_INACTIVE', 3, {} FROM clients c JOIN profiles p ON p.id = c.profile_id"
        " WHERE p.username LIKE 'many.%'",
        person.id,
        product.now(),
    )
    async with transaction():
        await publish(AlertHandled(team_id=person.team_id, user_id=person.id))


async def test_the_callers_unread_alerts_and_no_others(product: Product, cast: Cast) -> None:
    await alert(cast.bakery, cast.bob)
    await alert(cast.bakery, cast.alice, resolved_at=product.now())
    await alert(cast.florist, cast.charlie)
    mine = await alert(cast.bakery, cast.alice)
    async with program(product, cast.alice, can_write=False) as alices:
        answer = (await alices.get("/api/alerts")).json()
        assert set(answer) == {"alerts"}
        assert [found["id"] for found in answer["alerts"]] == [mine]
        assert set(answer["alerts"][0]) == FIELDS
        assert (answer["alerts"][0]["username"], answer["alerts"][0]["days_inactive"]) == ("bakery", 3)


@pytest.mark.parametrize("verb", ["read", "dismiss", "snooze"])
async def test_what_was_read_dismissed_or_snoozed_is_unread_no_more(product: Product, cast: Cast, verb: str) -> None:
    mine, bobs_own = await alert(cast.bakery, cast.alice), await alert(cast.bakery, cast.bob)
    body = {"until": None} if verb == "snooze" else None
    async with program(product, cast.alice) as alices, program(product, cast.bob) as bobs:
        for _ in range(2):
            answer = await alices.put(f"/api/alerts/{mine}/{verb}", json=body)
            assert set(answer.json()) == {"alert"}
            assert answer.json()["alert"]["id"] == mine
        assert (await alices.get("/api/alerts")).json() == {"alerts": []}
        assert [found["id"] for found in (await bobs.get("/api/alerts")).json()["alerts"]] == [bobs_own]
        error_of(await alices.put(f"/api/alerts/{bobs_own}/{verb}", json=body), 404)
        assert (await bobs.get("/api/alerts")).json()["alerts"][0]["is_read"] is False


@pytest.mark.parametrize("alert_id", ["0", "-1", "9", "9223372036854775808", "x"])
async def test_alerts_that_do_not_exist_are_not_found(product: Product, cast: Cast, alert_id: str) -> None:
    async with program(product, cast.alice) as alices:
        error_of(await alices.put(f"/api/alerts/{alert_id}/read"), 404)


async def test_a_snooze_ends_at_its_moment(product: Product, cast: Cast) -> None:
    mine = await alert(cast.bakery, cast.alice)
    until = product.now() + timedelta(hours=3)
    async with program(product, cast.alice) as alices:
        await alices.put(f"/api/alerts/{mine}/snooze", json={"until": until.isoformat()})
        assert (await alices.get("/api/alerts")).json() == {"alerts": []}
        await query("UPDATE inactivity_alerts SET snoozed_until = {}", product.now() - timedelta(seconds=1))
        assert len((await alices.get("/api/alerts")).json()["alerts"]) == 1


@pytest.mark.parametrize(
    "until",
    [
        "2020-01-01T00:00:00Z",
        "9999-12-31T23:59:59-23:59",
        "0001-01-01T00:00:00+23:59",
        "2027-02-30T00:00:00Z",
        "2027-02-03T00:00:00",
        "tomorrow",
        "",
        5,
        {},
    ],
)
async def test_a_snooze_till_no_moment_to_come_is_refused(product: Product, cast: Cast, until: object) -> None:
    mine = await alert(cast.bakery, cast.alice)
    async with program(product, cast.alice) as alices:
        error = error_of(await alices.put(f"/api/alerts/{mine}/snooze", json={"until": until}), 400)
        assert list(error["fields"]) == ["until"]  # type: ignore[call-overload]
        error_of(await alices.put(f"/api/alerts/{mine}/snooze", json={}), 400)
        error_of(await alices.put(f"/api/alerts/{mine}/snooze"), 400)


async def test_all_are_read_at_once_but_not_those_of_others(product: Product, cast: Cast) -> None:
    mine, _ = await alert(cast.bakery, cast.alice), await alert(cast.bakery, cast.bob)
    async with program(product, cast.alice) as alices, program(product, cast.bob) as bobs:
        answer = (await alices.put("/api/alerts/read-all")).json()["alerts"]
        assert [(found["id"], found["is_read"]) for found in answer] == [(mine, True)]
        assert (await alices.put("/api/alerts/read-all")).json() == {"alerts": []}
        assert len((await bobs.get("/api/alerts")).json()["alerts"]) == 1


async def test_what_a_program_does_is_told_to_its_members_pages_once(product: Product, cast: Cast) -> None:
    mine, _ = await alert(cast.bakery, cast.alice), await alert(cast.bakery, cast.bob)
    async with program(product, cast.alice) as alices:
        await product.stop_relay()
        await take_events()
        for verb in ("read", "read", "dismiss", "dismiss"):
            await alices.put(f"/api/alerts/{mine}/{verb}")
        await alices.put("/api/alerts/read-all")
        told = AlertHandled(team_id=cast.alice.team_id, user_id=cast.alice.id)
        assert await take_events() == [told, told]


async def test_a_snooze_makes_an_alert_that_was_read_unread_again(product: Product, cast: Cast) -> None:
    mine = await alert(cast.bakery, cast.alice, is_read=True)
    async with program(product, cast.alice) as alices:
        answer = (await alices.put(f"/api/alerts/{mine}/snooze", json={"until": None})).json()["alert"]
        assert (answer["is_read"], answer["snoozed_until"][:4]) == (False, "9999")
        assert (await alices.get("/api/alerts")).json() == {"alerts": []}
        await query("UPDATE inactivity_alerts SET snoozed_until = {}", product.now() - timedelta(seconds=1))
        assert len((await alices.get("/api/alerts")).json()["alerts"]) == 1


async def test_an_alert_that_is_over_is_not_snoozed(product: Product, cast: Cast) -> None:
    mine = await alert(cast.bakery, cast.alice, resolved_at=product.now())
    async with program(product, cast.alice) as alices:
        answer = (await alices.put(f"/api/alerts/{mine}/snooze", json={"until": None})).json()["alert"]
        assert answer["snoozed_until"] is None


async def test_more_alerts_than_an_answer_holds_are_read_too(product: Product, cast: Cast) -> None:
    await ten_thousand_alerts(cast.alice, product)
    async with program(product, cast.alice) as alices:
        assert len((await alices.get("/api/alerts")).json()["alerts"]) == 500
        assert len((await alices.put("/api/alerts/read-all")).json()["alerts"]) == 500
        assert (await alices.get("/api/alerts")).json() == {"alerts": []}


async def test_a_client_that_is_no_longer_tracked_alerts_nobody(product: Product, cast: Cast) -> None:
    mine = await alert(cast.bakery, cast.alice)
    await query("UPDATE clients SET archived_at = now() WHERE id = {}", cast.bakery.id)
    async with program(product, cast.alice) as alices:
        assert (await alices.get("/api/alerts")).json() == {"alerts": []}
        error_of(await alices.put(f"/api/alerts/{mine}/read"), 404)
