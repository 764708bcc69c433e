"""One open incident per source, and what is known already of when accounts were last seen."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.live.tables import Outbox

ID = "2026-11-20T19:13:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "one open incident per source, last good checks"

STATEMENTS = (
    "CREATE UNIQUE INDEX source_incidents_one_open ON source_incidents (source) WHERE ended_at IS NULL",
    "CREATE INDEX checks_recent ON checks (source, finished_at DESC)",
    "CREATE INDEX inactivity_alerts_snoozed ON inactivity_alerts (snoozed_until)"
    " WHERE snoozed_until IS NOT NULL AND resolved_at IS NULL",
    "UPDATE profiles SET stories_proved_at = k.proved_at FROM (SELECT profile_id, max(started_at) AS proved_at"
    " FROM checks WHERE kind = 'stories' AND outcome IN ('ok', 'empty') GROUP BY profile_id) k"
    " WHERE profiles.id = k.profile_id",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="alrt", description=DESCRIPTION)

    async def run() -> None:
        for statement in STATEMENTS:
            await Outbox.raw(statement).run()

    manager.add_raw(run)
    return manager
