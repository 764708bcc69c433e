"""A client's signal from what was observed; after each check, and when its threshold changes."""

from collections.abc import Sequence
from datetime import datetime

from app.alerts.silence import DAY, signal_of, silence
from app.analytics.coverage import Span
from app.analytics.queries import first_whole_day
from app.clients.queries import ClientRef, set_signal
from app.profiles.checks import proved_spans
from app.profiles.queries import state_of
from app.stories.queries import newest_story_at


async def recompute_signal(client: ClientRef, now: datetime) -> None:
    """In the caller's transaction."""
    newest = await newest_story_at(client)
    since = max(newest, client.tracking_started_at) if newest else client.tracking_started_at
    await judge(client, await proved_spans(client.profile_id, min(since, first_whole_day(now))), newest, now)


async def judge(client: ClientRef, spans: Sequence[Span], newest: datetime | None, now: datetime) -> None:
    """*spans*: what was observed since the newest story at least."""
    silent = silence(spans, newest or client.tracking_started_at, now)
    signal = signal_of(
        state=await state_of(client.profile_id),
        was_checked=bool(spans),
        silent=silent,
        inactive_after_days=client.inactive_after_days,
    )
    await set_signal(client, signal, silent // DAY if spans else None)
