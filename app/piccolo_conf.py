import os

from piccolo.conf.apps import AppRegistry
from piccolo.engine.postgres import PostgresEngine

# `app.database.connect()` sets the address that counts; the environment's serves Piccolo's own commands.
DB = PostgresEngine(config={"dsn": os.environ.get("DATABASE_URL", "")}, extensions=())

APP_REGISTRY = AppRegistry(apps=["app.piccolo_app"])
