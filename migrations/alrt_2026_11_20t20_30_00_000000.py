from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import Timestamptz
from piccolo.columns.indexes import IndexMethod

ID = "2026-11-20T20:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "when an event was recorded, to measure how long it takes to the screen"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="alrt", description=DESCRIPTION)
    manager.add_column(
        table_class_name="Outbox",
        tablename="outbox",
        column_name="recorded_at",
        db_column_name="recorded_at",
        column_class_name="Timestamptz",
        column_class=Timestamptz,
        params={
            "default": None,
            "null": True,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema=None,
    )
    return manager
