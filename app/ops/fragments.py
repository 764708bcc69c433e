"""The state of the machine → the sections of the operators' page."""

from collections.abc import Mapping

from markupsafe import Markup
from redis.asyncio import Redis

from app.clock import Clock
from app.live.health import push_health
from app.ops.radar import radar_of, sources_of
from app.ops.worker import Workers
from app.settings import Settings
from app.wall.queries import all_walls
from app.web.templates import render


async def ops_sections(
    settings: Settings, workers: Workers, redis: Redis, clock: Clock, language: str
) -> Mapping[str, Markup]:
    """Each by its name, in the order of the page."""
    now = clock()
    sources = await sources_of(settings.source, settings.apify.batch, now)
    return {
        "radar": render("ops/_radar.html", language, radar=await radar_of(now)),
        "sources": render("ops/_sources.html", language, sources=sources),
        "worker": render("ops/_worker.html", language, worker=await workers.state()),
        "push": render("ops/_push_section.html", language, push=await push_health(redis)),
        "walls": render("wall/_ops_walls.html", language, walls=await all_walls(now)),
    }
