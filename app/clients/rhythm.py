"""A client's own rhythm, learned with its checks."""

from datetime import datetime

from app.analytics.rhythm import WINDOW, rhythm_of
from app.clients.queries import ClientRef, rhythm_facts, set_rhythm


async def learn_rhythm(client: ClientRef, now: datetime, *, has_new: bool) -> None:
    """In the transaction of a good check: with a new story at once, else with the first check of each hour, since
    without one only weeks are added, and the demo checks every few seconds."""
    facts = await rhythm_facts(client, now - WINDOW, now, always=has_new)
    if facts is not None:
        posted, spans = facts
        await set_rhythm(client, rhythm_of(posted, spans, client.tracking_started_at, now))
