import asyncio
from datetime import UTC, date, datetime, timedelta

from app.clients.midnight import announce_new_days
from app.live.events import DayBegan
from app.teams.queries import insert_team
from tests.cast import Cast
from tests.worker import take_events

DAY = date(2026, 3, 10)


def utc(hour: int, minute: int = 0, *, day: int = 10) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


async def told_at(moment: datetime) -> list[tuple[int, date]]:
    count = await announce_new_days(moment)
    told = [(event.team_id, event.day) for event in await take_events() if isinstance(event, DayBegan)]
    assert len(told) == count
    return told


async def test_each_team_hears_of_its_own_midnight_once(cast: Cast) -> None:
    """Acme lives in UTC, Globex in Tokyo."""
    acme, globex = cast.alice.team_id, cast.charlie.team_id
    new_york = await insert_team("Initech", "America/New_York")
    await told_at(utc(12, day=9))
    told: dict[tuple[int, date], datetime] = {}
    for minute in range(0, 48 * 60, 30):
        moment = utc(12, day=9) + timedelta(minutes=minute)
        told |= dict.fromkeys(await told_at(moment), moment)
    assert told == {
        (globex, DAY): utc(15, day=9),
        (acme, DAY): utc(0),
        (new_york, DAY): utc(4),
        (globex, DAY + timedelta(days=1)): utc(15),
        (acme, DAY + timedelta(days=1)): utc(0, day=11),
        (new_york, DAY + timedelta(days=1)): utc(4, day=11),
    }


async def test_two_workers_that_look_at_once_tell_it_once(cast: Cast) -> None:
    await told_at(utc(23, 59, day=9))
    counts = await asyncio.gather(*(announce_new_days(utc(0)) for _ in range(4)))
    assert sum(counts) == 1
    assert await take_events() == [DayBegan(team_id=cast.alice.team_id, day=DAY)]


async def test_a_midnight_that_no_worker_saw_is_told_late(cast: Cast) -> None:
    await told_at(utc(12, day=8))
    assert (cast.alice.team_id, DAY) in await told_at(utc(9))
    assert await told_at(utc(9, 1)) == []
