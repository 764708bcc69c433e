from app.clock import Clock
from app.settings import Settings
from app.sources.apify import ApifySource
from app.sources.base import Source
from app.sources.demo import DemoSource


def open_source(settings: Settings, clock: Clock) -> Source:
    if settings.source == "apify":
        return ApifySource(settings.apify, clock)
    return DemoSource(clock, every=settings.demo_every)
