"""create_app(): the only place where everything meets."""

import contextlib
from collections.abc import AsyncIterator
from functools import partial

from litestar import Litestar, get
from litestar.config.csrf import CSRFConfig
from litestar.datastructures import ResponseHeader, State
from litestar.di import Provide
from litestar.middleware import DefineMiddleware
from litestar_htmx import HTMXRequest
from redis.asyncio import Redis

import app.alerts.api
import app.alerts.routes
import app.analytics.api
import app.analytics.routes
import app.clients.api
import app.clients.edit_routes
import app.clients.routes
import app.live.api
import app.live.metrics
import app.live.painted
import app.live.stream
import app.ops.routes
import app.posts.routes
import app.stories.api
import app.stories.routes
import app.teams.invitation_routes
import app.teams.routes
import app.teams.settings_routes
import app.wall.routes
import app.wall.settings_routes
from app.clients.routes import client_from_path
from app.clock import Clock, system_clock
from app.database import database
from app.live.fragments import renderer
from app.live.health import reported
from app.live.hub import Hub
from app.live.open_stream import StreamViewer
from app.ops.worker import Workers
from app.settings import Settings
from app.storage.open import open_storage
from app.teams.people import allowed
from app.teams.queries import find_by_token, find_viewer
from app.wall.access import find_wall, still_paired
from app.wall.watch import listening
from app.web.api import api_router, openapi
from app.web.attempts import Attempts
from app.web.auth import SessionAuthentication
from app.web.csrf import CsrfProtection
from app.web.errors import show_error
from app.web.pace import Pace
from app.web.sessions import Sessions
from app.web.static import static_file
from app.web.version import VERSION

ROUTES = [
    *app.teams.routes.ROUTES,
    *app.teams.settings_routes.ROUTES,
    *app.teams.invitation_routes.ROUTES,
    *app.clients.routes.ROUTES,
    *app.clients.edit_routes.ROUTES,
    *app.analytics.routes.ROUTES,
    *app.stories.routes.ROUTES,
    *app.posts.routes.ROUTES,
    *app.alerts.routes.ROUTES,
    *app.ops.routes.ROUTES,
    *app.live.stream.ROUTES,
    *app.live.painted.ROUTES,
    *app.live.metrics.ROUTES,
    *app.wall.routes.ROUTES,
    *app.wall.settings_routes.ROUTES,
]

API = [
    *app.clients.api.ROUTES,
    *app.analytics.api.ROUTES,
    *app.stories.api.ROUTES,
    *app.alerts.api.ROUTES,
    *app.live.api.ROUTES,
]

NOBODYS = ["^/static/", "^/health$"]
"""Addresses that need to know nobody."""

ANSWERS_WITHIN = 4.0
"""Seconds for one query, so that open pages are right again within 10 where the database is gone without a word."""
SCREENS = ["^/wall/(code|heartbeat)$"]
"""What walls post. A form's token would not outlive the weeks; no other site's page can send their header."""

# ApexCharts puts one fixed <style> of its legend into every chart, shown or not; nothing else inline is allowed.
# Another version of it has another hash, which the browser's console then names.
LEGEND_STYLE = "'sha256-aSysLrDECVdJ6L+jLf8CC5QKLmwRuk/OZiZk9mYky8A='"

SECURITY = {
    "Content-Security-Policy": f"default-src 'self'; style-src 'self' {LEGEND_STYLE}; img-src 'self' data:;"
    " frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


def create_app(
    settings: Settings, database_url: str, redis_url: str, *, clock: Clock = system_clock, own_pool: bool = True
) -> Litestar:
    """`own_pool`: False where the caller has connected the tables already."""

    @contextlib.asynccontextmanager
    async def life(application: Litestar) -> AsyncIterator[None]:
        redis = Redis.from_url(redis_url, socket_timeout=2, socket_connect_timeout=2)
        sessions = Sessions(redis)
        hub = Hub(redis_url, renderer(clock), partial(may_look, sessions=sessions))
        application.state.update(
            settings=settings,
            clock=clock,
            redis=redis,
            sessions=sessions,
            attempts=Attempts(redis),
            pace=Pace(redis),
            workers=Workers(redis),
            hub=hub,
            storage=open_storage(settings.storage_url),
            find_viewer=find_viewer,
            find_by_token=find_by_token,
            find_wall=find_wall,
            demo_login=settings.has_demo_login,
            version=VERSION,
        )
        async with database(database_url, answers_within=ANSWERS_WITHIN) if own_pool else contextlib.nullcontext():
            await hub.start()
            try:
                async with reported(hub, redis), listening(clock):
                    yield
            finally:
                await hub.stop()
                await redis.aclose()

    csrf = CSRFConfig(
        secret=settings.secret_key,
        cookie_name="alrt_csrf",
        cookie_secure=settings.secure_cookies,
        exclude=[*NOBODYS, *SCREENS],
    )
    return Litestar(
        route_handlers=[*ROUTES, api_router(API), health, static_file],
        lifespan=[life],
        state=State(),
        request_class=HTMXRequest,
        dependencies={"client": Provide(client_from_path)},
        middleware=[
            # OPTIONS too: guards look at the viewer whatever the method.
            DefineMiddleware(SessionAuthentication, exclude=NOBODYS, exclude_http_methods=[]),
            DefineMiddleware(CsrfProtection, config=csrf),
        ],
        exception_handlers={Exception: show_error},
        response_headers=[ResponseHeader(name=name, value=value) for name, value in SECURITY.items()],
        openapi_config=openapi(),
        include_in_schema=False,
        logging_config=None,
    )


async def may_look(viewers: set[StreamViewer], sessions: Sessions) -> set[StreamViewer]:
    walls = {viewer for viewer in viewers if viewer.is_wall}
    return await allowed(viewers - walls, sessions) | await still_paired(walls)


@get("/health", sync_to_thread=False)
def health() -> str:
    return "ok"
