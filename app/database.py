"""The connection pool, and migrations under a lock."""

import contextlib
import io
from collections.abc import AsyncIterator, Iterator
from typing import Any, cast

import asyncpg
from piccolo.apps.migrations.commands.forwards import run_forwards
from piccolo.engine.postgres import PostgresTransaction

from app.live.tables import Outbox
from app.piccolo_conf import DB
from app.settings import WrongSetting

# Any number that no other program locks in the same database.
MIGRATION_LOCK = 4_172_650_411


@contextlib.asynccontextmanager
async def database(url: str, *, pool: int = 10) -> AsyncIterator[None]:
    """Connects Piccolo's tables to `url` for as long as the context lasts. Raises `WrongSetting`."""
    DB.config["dsn"] = url
    with _reached():
        await DB.start_connection_pool(min_size=1, max_size=pool)
    try:
        yield
    finally:
        await DB.close_connection_pool()


async def migrate(url: str) -> None:
    """Brings the tables up to date. Who comes second waits, and then finds nothing to do.

    Raises `WrongSetting` where the database can't be reached, and `RuntimeError` where a migration failed.
    """
    DB.config["dsn"] = url
    with _reached():
        connection = await asyncpg.connect(url)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", MIGRATION_LOCK)
        progress = io.StringIO()
        with contextlib.redirect_stdout(progress):
            result = await run_forwards("all")
        if not result.success:
            raise RuntimeError(f"A migration failed: {result.message or progress.getvalue()}")
    finally:
        await connection.close()


@contextlib.contextmanager
def _reached() -> Iterator[None]:
    try:
        yield
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise WrongSetting(f"DATABASE_URL leads to no database: {reason}") from error


async def query(sql: str, *values: Any) -> list[dict[str, Any]]:
    """Runs SQL with `{}` for each value, inside the caller's transaction if there is one."""
    return cast("list[dict[str, Any]]", await Outbox.raw(sql, *values))


def transaction() -> PostgresTransaction:
    """Nested ones join the outer one. Start no task inside: it would share the connection."""
    return DB.transaction()
