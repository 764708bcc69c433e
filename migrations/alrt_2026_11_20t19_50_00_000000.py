from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import Timestamptz
from piccolo.columns.indexes import IndexMethod

ID = "2026-11-20T19:50:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "since when a client is silent"


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="alrt", description=DESCRIPTION)

    manager.add_column(
        table_class_name="Client",
        tablename="clients",
        column_name="silent_since",
        db_column_name="silent_since",
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
