"""Time is a writer too: "today" changes at midnight of the team's zone, and no check would say so."""

from datetime import datetime

from app.analytics.days import day_of
from app.database import transaction
from app.live.events import DayBegan
from app.live.publish import publish
from app.teams.queries import note_day, teams_by_day


async def announce_new_days(now: datetime) -> int:
    """Tells the pages of each team whose day has begun since the last look; once, however many look."""
    announced = 0
    for team_id, zone, noted in await teams_by_day():
        today = day_of(now, zone)
        if noted == today:
            continue
        async with transaction():
            if await note_day(team_id, today):
                await publish(DayBegan(team_id=team_id, day=today))
                announced += 1
    return announced
