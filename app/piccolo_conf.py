import contextlib
import os
from collections.abc import Sequence
from typing import Any, cast

import asyncpg
from piccolo.conf.apps import AppRegistry
from piccolo.engine.postgres import PostgresEngine


class Engine(PostgresEngine):
    async def check_version(self) -> None:
        """Piccolo would connect while this module is imported, only to warn of versions below 10."""

    async def _run_in_pool(self, query: str, args: Sequence[Any] | None = None) -> Any:
        """Piccolo's own, but that nobody waits twice for a connection whose other end is gone.

        asyncpg would wait once more for the cancellation of what was not answered, and then hand out the next
        connection of the same age.
        """
        pool = cast(asyncpg.Pool, self.pool)
        connection = await pool.acquire()
        try:
            rows = await connection.fetch(query, *(args or ()))
            # This asks something too: the connection is reset for whoever has it next.
            await pool.release(connection)
        except TimeoutError:
            await self.give_up(connection)
            raise
        except BaseException:
            await pool.release(connection)
            raise
        return rows

    async def give_up(self, connection: Any) -> None:
        """This connection, and all that are as old."""
        await cast(asyncpg.Pool, self.pool).expire_connections()
        # It may have been given back already.
        with contextlib.suppress(asyncpg.InterfaceError):
            connection.terminate()


# `app.database.database()` sets the address that counts; the environment's serves Piccolo's own commands.
DB = Engine(config={"dsn": os.environ.get("DATABASE_URL", "")}, extensions=())

APP_REGISTRY = AppRegistry(apps=["app.piccolo_app"])
