"""The connection pool, and migrations under a lock."""

import contextlib
import io
from collections.abc import AsyncIterator, Iterator
from types import TracebackType
from typing import Any, cast

import asyncpg
from piccolo.apps.migrations.commands.forwards import run_forwards
from piccolo.engine.postgres import PostgresTransaction

from app.live.tables import Outbox
from app.piccolo_conf import DB
from app.settings import WrongSetting

# Any number that no other program locks in the same database.
MIGRATION_LOCK = 4_172_650_411


ANSWERS_WITHIN = 30.0


@contextlib.asynccontextmanager
async def database(url: str, *, pool: int = 10, answers_within: float = ANSWERS_WITHIN) -> AsyncIterator[None]:
    """Connects Piccolo's tables to `url` for as long as the context lasts. Raises `WrongSetting`.

    `answers_within`: seconds for one query. Without a limit a connection whose other end is gone unsaid, as after a
    failover, would be waited for until the system gives it up, a quarter of an hour later.
    """
    DB.config["dsn"] = url
    with _reached():
        await DB.start_connection_pool(
            min_size=1, max_size=pool, timeout=answers_within, command_timeout=answers_within, reset=_nothing
        )
    try:
        yield
    finally:
        await DB.close_connection_pool()


async def _nothing(_: asyncpg.Connection) -> None:
    """No query leaves anything behind on its connection (locks and settings end with their transactions), so none
    is cleaned after: asyncpg's own cleaning is a second round trip after every query."""


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
    return _Transaction(engine=DB)


class _Transaction(PostgresTransaction):
    """Gives its connection back whatever happens.

    Piccolo's own keeps it for ever where beginning or ending is cancelled, or fails because the server is away: a job
    that runs out of time, or a visitor who leaves, would take one connection of the pool after the other, with
    everything that it has locked.
    """

    __slots__ = ()

    async def __aenter__(self) -> PostgresTransaction:
        if self._parent is not None:
            return self._parent
        self.connection = await self.get_connection()  # type: ignore[no-untyped-call]
        try:
            self.transaction = self.connection.transaction()
            await self.begin()  # type: ignore[no-untyped-call]
        except BaseException:
            await self._give_back()
            raise
        self.context = self.engine.current_transaction.set(self)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if self._parent is None:
            try:
                if isinstance(error, TimeoutError):
                    # It would not answer to the rollback either.
                    await DB.give_up(self.connection)
                elif error is not None and not self._rolled_back:
                    await self.rollback()  # type: ignore[no-untyped-call]
                elif error is None and not self._committed and not self._rolled_back:
                    await self.commit()  # type: ignore[no-untyped-call]
            finally:
                self.engine.current_transaction.reset(self.context)
                await self._give_back()
        return error is None

    async def _give_back(self) -> None:
        # The pool shields this from cancellation, and rolls back what is open.
        if self.engine.pool:
            await self.engine.pool.release(self.connection)
        else:
            await self.connection.close()
