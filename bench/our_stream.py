"""Our own stream, as the product runs it, but with ready fragments and without a database.

The product's web process with its routes, sessions and hub; only what would read the database is replaced, and passes
follow each other at once, so that the fan-out itself is measured. Run as `python -m bench.our_stream PORT SIZE`, with
the address of Redis in `REDIS_URL`.
"""

import asyncio
import os
import sys
from collections.abc import Collection, Iterable

import uvloop
from markupsafe import Markup
from redis.asyncio import Redis

import app.main
from app.clock import Clock
from app.live import hub
from app.live.channel import APPEND, KEPT, LIVE, NOTED, TICK
from app.live.open_stream import StreamViewer
from app.live.parts import Part, Render, Rendered
from app.live.relay import TICK_EVERY
from app.settings import read_settings
from app.web.auth import Viewer
from app.web.server import collect_rarely, listen, server
from app.web.sessions import Session, Sessions
from bench.fragment import fragment

PART = "client_row"
"""The part that the published event touches on the dashboard."""


def ready(size: int) -> Render:
    """Fragments that need no work; the event's client says which."""

    async def render(parts: Iterable[Part], language: str) -> Rendered:
        return {part: Markup(fragment(part.client_id, size)) for part in parts}

    return render


async def find_viewer(session: Session) -> Viewer:
    return Viewer(
        user_id=session.user_id,
        email=f"user{session.user_id}@example.com",
        full_name=f"User {session.user_id}",
        language="en",
        time_zone="UTC",
        team_id=session.team_id,
        team_name=f"Team {session.team_id}",
        role="member",
        may_manage=False,
        may_administer=False,
        is_operator=False,
        session=session,
    )


async def allowed(viewers: Collection[StreamViewer], sessions: Sessions) -> set[StreamViewer]:
    alive = await sessions.kept({viewer.session for viewer in viewers})
    return {viewer for viewer in viewers if viewer.session in alive}


async def tick_for_ever(redis_url: str) -> None:
    """Stands in for the relay while it is quiet."""
    async with Redis.from_url(redis_url) as redis:
        append = redis.register_script(APPEND)
        while True:
            await append(keys=[LIVE, NOTED], args=[KEPT, 0, TICK])
            await asyncio.sleep(TICK_EVERY)


async def main() -> None:
    port, size, redis_url = int(sys.argv[1]), int(sys.argv[2]), os.environ["REDIS_URL"]
    hub.PASS_EVERY = 0.0

    def renderer(_: Clock) -> Render:
        return ready(size)

    vars(app.main).update(renderer=renderer, find_viewer=find_viewer, allowed=allowed)
    application = app.main.create_app(read_settings(), "", redis_url, own_pool=False)
    ticking = asyncio.create_task(tick_for_ever(redis_url))
    collect_rarely()
    await server(application).serve(sockets=[listen("127.0.0.1", port)])
    ticking.cancel()


if __name__ == "__main__":
    uvloop.run(main())
