import pytest

from app.database import query, transaction
from app.live.events import ClientEdited
from app.live.publish import OutsideTransaction, publish


async def test_an_event_outside_a_transaction_is_refused(empty: None) -> None:
    with pytest.raises(OutsideTransaction):
        await publish(ClientEdited(team_id=1, client_id=1))


async def test_an_event_waits_in_the_outbox_next_to_its_change(empty: None) -> None:
    async with transaction():
        await publish(ClientEdited(team_id=7, client_id=3))
    (row,) = await query("SELECT team_id, user_id, event FROM outbox")
    assert row == {"team_id": 7, "user_id": None, "event": "ClientEdited"}


async def test_what_is_rolled_back_was_never_announced(empty: None) -> None:
    with pytest.raises(ZeroDivisionError):
        async with transaction():
            await publish(ClientEdited(team_id=7, client_id=3))
            1 / 0  # noqa: B018
    assert await query("SELECT id FROM outbox") == []
