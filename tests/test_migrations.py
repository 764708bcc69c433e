"""A fresh database that is migrated equals the tables that the code describes."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest
from piccolo.apps.migrations.commands.new import AutoMigrationManager

from app.embedded.servers import Urls
from app.piccolo_app import APP_CONFIG
from app.settings import ROOT

CREATE_TABLES = """
import asyncio
from piccolo.table import create_db_tables
from app.piccolo_app import APP_CONFIG
asyncio.run(create_db_tables(*APP_CONFIG.table_classes))
"""

COLUMNS = """
SELECT table_name, column_name, data_type, udt_name, is_nullable, character_maximum_length, numeric_precision,
       numeric_scale, column_default
FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'migration'
ORDER BY table_name, column_name
"""

CONSTRAINTS = """
SELECT conrelid::regclass::text AS table, pg_get_constraintdef(oid) AS definition
FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text <> 'migration'
ORDER BY 1, 2
"""

FOREIGN_KEYS_WITHOUT_INDEX = """
SELECT conrelid::regclass::text AS table, a.attname AS column
FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
WHERE c.contype = 'f' AND NOT EXISTS (
    SELECT FROM pg_index i WHERE i.indrelid = c.conrelid AND i.indkey[0] = c.conkey[1] AND i.indpred IS NULL
)
"""


class Database:
    """A database of its own on the test server."""

    def __init__(self, urls: Urls, name: str) -> None:
        self._urls, self.name = urls, name
        self.url = urlsplit(urls.database_url)._replace(path=f"/{name}").geturl()

    async def create(self) -> "Database":
        await self.drop()
        await _on(self._urls.database_url, f"CREATE DATABASE {self.name}")
        return self

    async def drop(self) -> None:
        await _on(self._urls.database_url, f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")

    async def run(self, *arguments: str) -> None:
        """Another process, since this one's pool belongs to the other tests."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *arguments,
            cwd=ROOT,
            env=os.environ | {"DATABASE_URL": self.url, "REDIS_URL": self._urls.redis_url, "SOURCE": "demo"},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await process.communicate()
        assert process.returncode == 0, output.decode()

    async def migrate(self) -> None:
        await self.run("-m", "app.cli", "migrate")

    async def rows(self, sql: str) -> list[dict[str, Any]]:
        return await _on(self.url, sql)


async def _on(url: str, sql: str) -> list[dict[str, Any]]:
    connection = await asyncpg.connect(url)
    try:
        return [dict(row) for row in await connection.fetch(sql)]
    finally:
        await connection.close()


@pytest.fixture(scope="module")
async def migrated(urls: Urls) -> AsyncIterator[Database]:
    database = await Database(urls, "alrt_migrated").create()
    await database.migrate()
    yield database
    await database.drop()


@pytest.fixture(scope="module")
async def described(urls: Urls) -> AsyncIterator[Database]:
    database = await Database(urls, "alrt_described").create()
    await database.run("-c", CREATE_TABLES)
    yield database
    await database.drop()


async def test_the_tables_have_changed_in_nothing_that_no_migration_tells() -> None:
    statements = await AutoMigrationManager().get_alter_statements(APP_CONFIG)
    assert [statement for group in statements for statement in group.statements] == []


async def test_the_migrated_columns_are_those_of_the_tables(migrated: Database, described: Database) -> None:
    columns = await migrated.rows(COLUMNS)
    assert len({column["table_name"] for column in columns}) == len(APP_CONFIG.table_classes)
    assert columns == await described.rows(COLUMNS)


async def test_the_migrated_keys_are_those_of_the_tables(migrated: Database, described: Database) -> None:
    assert await migrated.rows(CONSTRAINTS) == await described.rows(CONSTRAINTS)


async def test_every_foreign_key_has_an_index(migrated: Database) -> None:
    assert await migrated.rows(FOREIGN_KEYS_WITHOUT_INDEX) == []


async def test_ids_and_moments_are_large_enough(migrated: Database) -> None:
    columns = await migrated.rows(COLUMNS)
    assert {column["data_type"] for column in columns if column["column_name"] == "id"} == {"bigint"}
    assert {column["data_type"] for column in columns if column["column_name"].endswith("_at")} == {
        "timestamp with time zone"
    }
    nullable_ids = {c["column_name"] for c in columns if c["column_name"].endswith("_id") and c["is_nullable"] == "YES"}
    assert nullable_ids == {"external_id", "run_id", "supabase_user_id", "user_id"}


async def test_what_piccolo_cannot_say_is_there_too(migrated: Database) -> None:
    names = {row["indexname"] for row in await migrated.rows("SELECT indexname FROM pg_indexes")}
    assert names >= {"profiles_unresolved_key", "inactivity_alerts_one_unresolved", "stories_newest", "checks_newest"}
    [trigger] = await migrated.rows("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal")
    assert trigger["tgname"] == "outbox_rings"


async def test_two_that_migrate_at_once_do_it_once(urls: Urls, migrated: Database) -> None:
    fresh = await Database(urls, "alrt_twice").create()
    await asyncio.gather(*(fresh.migrate() for _ in range(3)))
    assert await fresh.rows(COLUMNS) == await migrated.rows(COLUMNS)
    count = "SELECT count(*) AS n FROM migration"
    assert await fresh.rows(count) == await migrated.rows(count)
    await fresh.drop()
