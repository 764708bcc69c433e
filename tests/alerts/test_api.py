"""Alerts as programs get them: the caller's own, and nobody else's."""

from datetime import timedelta
from typing import Any

import pytest

from app.clients.queries import ClientRef
from app.database import query
from tests.cast import Cast, Person
from tests.product import Product
from tests.programs import error_of, program

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


async def test_a_client_that_is_no_longer_tracked_alerts_nobody(product: Product, cast: Cast) -> None:
    mine = await alert(cast.bakery, cast.alice)
    await query("UPDATE clients SET archived_at = now() WHERE id = {}", cast.bakery.id)
    async with program(product, cast.alice) as alices:
        assert (await alices.get("/api/alerts")).json() == {"alerts": []}
        error_of(await alices.put(f"/api/alerts/{mine}/read"), 404)
