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

import app.clients.routes
import app.live.stream
import app.stories.routes
import app.teams.routes
from app.clients.routes import client_from_path
from app.clock import Clock, system_clock
from app.database import database
from app.live.fragments import renderer
from app.live.hub import Hub
from app.settings import Settings
from app.storage.open import open_storage
from app.teams.people import allowed
from app.teams.queries import find_viewer
from app.web.attempts import Attempts
from app.web.auth import SessionAuthentication
from app.web.errors import show_error
from app.web.sessions import Sessions
from app.web.static import static_file
from app.web.version import VERSION

ROUTES = [
    *app.teams.routes.ROUTES,
    *app.clients.routes.ROUTES,
    *app.stories.routes.ROUTES,
    *app.live.stream.ROUTES,
]

SECURITY = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


def create_app(
    settings: Settings, database_url: str, redis_url: str, *, clock: Clock = system_clock, own_pool: bool = True
) -> Litestar:
    """`own_pool`: False where the caller has connected the tables already."""

    @contextlib.asynccontextmanager
    async def life(application: Litestar) -> AsyncIterator[None]:
        redis = Redis.from_url(redis_url, socket_timeout=5, socket_connect_timeout=2)
        sessions = Sessions(redis)
        hub = Hub(redis_url, renderer(clock), partial(allowed, sessions=sessions))
        application.state.update(
            settings=settings,
            clock=clock,
            sessions=sessions,
            attempts=Attempts(redis),
            hub=hub,
            storage=open_storage(settings.storage_url),
            find_viewer=find_viewer,
            demo_login=settings.has_demo_login,
            version=VERSION,
        )
        async with database(database_url) if own_pool else contextlib.nullcontext():
            await hub.start()
            try:
                yield
            finally:
                await hub.stop()
                await redis.aclose()

    return Litestar(
        route_handlers=[*ROUTES, health, static_file],
        lifespan=[life],
        state=State(),
        request_class=HTMXRequest,
        dependencies={"client": Provide(client_from_path)},
        middleware=[DefineMiddleware(SessionAuthentication, exclude=["^/static/", "^/health$"])],
        csrf_config=CSRFConfig(
            secret=settings.secret_key,
            cookie_name="alrt_csrf",
            cookie_secure=settings.secure_cookies,
            exclude=["^/static/", "^/health$"],
        ),
        exception_handlers={Exception: show_error},
        response_headers=[ResponseHeader(name=name, value=value) for name, value in SECURITY.items()],
        openapi_config=None,
        logging_config=None,
    )


@get("/health", sync_to_thread=False)
def health() -> str:
    return "ok"
