import os

from piccolo.conf.apps import AppRegistry
from piccolo.engine.postgres import PostgresEngine


class Engine(PostgresEngine):
    async def check_version(self) -> None:
        """Piccolo would connect while this module is imported, only to warn of versions below 10."""


# `app.database.database()` sets the address that counts; the environment's serves Piccolo's own commands.
DB = Engine(config={"dsn": os.environ.get("DATABASE_URL", "")}, extensions=())

APP_REGISTRY = AppRegistry(apps=["app.piccolo_app"])
