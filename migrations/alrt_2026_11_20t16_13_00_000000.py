"""What Piccolo's tables can't say: indexes over several columns, partial uniqueness, the outbox's bell."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.live.tables import Outbox

ID = "2026-11-20T16:13:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "indexes, partial uniqueness, the outbox's trigger"

STATEMENTS = (
    "CREATE UNIQUE INDEX profiles_external_id_key ON profiles (platform, external_id)",
    # A renamed account keeps its history; a re-used name does not inherit it.
    "CREATE UNIQUE INDEX profiles_unresolved_key ON profiles (platform, username) WHERE external_id IS NULL",
    "CREATE INDEX stories_newest ON stories (profile_id, posted_at DESC, id DESC)",
    "CREATE INDEX posts_newest ON posts (profile_id, posted_at DESC, id DESC)",
    "CREATE INDEX checks_newest ON checks (profile_id, kind, started_at DESC)",
    "CREATE INDEX checks_open ON checks (profile_id, kind) WHERE finished_at IS NULL",
    "CREATE INDEX clients_tracked ON clients (team_id, id) WHERE archived_at IS NULL",
    "CREATE INDEX inactivity_alerts_unread ON inactivity_alerts (user_id, is_read)",
    "CREATE UNIQUE INDEX inactivity_alerts_one_unresolved ON inactivity_alerts (client_id, user_id, alert_type)"
    " WHERE resolved_at IS NULL",
    "CREATE FUNCTION outbox_rings() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NOTIFY outbox; RETURN NULL; END $$",
    "CREATE TRIGGER outbox_rings AFTER INSERT ON outbox FOR EACH STATEMENT EXECUTE FUNCTION outbox_rings()",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="alrt", description=DESCRIPTION)

    async def run() -> None:
        for statement in STATEMENTS:
            await Outbox.raw(statement).run()

    manager.add_raw(run)
    return manager
