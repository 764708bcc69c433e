from piccolo.conf.apps import AppConfig, table_finder

from app.settings import ROOT

APP_CONFIG = AppConfig(
    app_name="alrt",
    migrations_folder_path=str(ROOT / "migrations"),
    table_classes=table_finder(
        [
            "app.alerts.tables",
            "app.analytics.tables",
            "app.clients.tables",
            "app.live.tables",
            "app.posts.tables",
            "app.profiles.tables",
            "app.stories.tables",
            "app.teams.tables",
            "app.wall.tables",
        ],
        exclude_imported=True,
    ),
)
