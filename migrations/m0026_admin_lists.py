"""Sessions of the box's own console; lists of users and of the audit trail that stay quick."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns import Varchar

from server import db

ID = "2026-11-23T02:50:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "console sessions, indexes of the admin's lists"

INDEXES = {
    "users_created_idx": "users (created_at, id)",
    "users_name_idx": "users (lower(name), id)",
    "users_admins_idx": "users (created_at, id) WHERE server_role = 'admin'",
    "users_disabled_idx": "users (created_at, id) WHERE disabled_at IS NOT NULL",
    "users_search_idx": "users USING gin ((lower(email) || ' ' || lower(name)) gin_trgm_ops)"
    " WITH (fastupdate = off)",
    "audit_entries_actor_idx": "audit_entries (actor_id, at, id) WHERE actor_id IS NOT NULL",
    "audit_entries_subject_idx": "audit_entries (subject_id, at, id) WHERE subject_id IS NOT NULL",
    "audit_entries_action_idx": "audit_entries (action text_pattern_ops, at, id)",
}


async def add_rules() -> None:
    """A page of each list is read from an index, whatever it is filtered and sorted by."""
    await db.execute(
        """ALTER TABLE sessions ADD CONSTRAINT sessions_console_ck
            CHECK (console IN ('read', 'write'))"""
    )
    for name, definition in INDEXES.items():
        await db.execute(f"CREATE INDEX {name} ON {definition}")


async def drop_rules() -> None:
    """Take away what does not go with the column; sessions of a console become nobody's."""
    await db.execute("DELETE FROM sessions WHERE console IS NOT NULL")
    await db.execute("ALTER TABLE sessions DROP CONSTRAINT sessions_console_ck")
    for name in INDEXES:
        await db.execute(f"DROP INDEX {name}")


class ColumnThenRules(MigrationManager):
    """Piccolo runs raw statements before it adds columns; the check needs the new one."""

    async def _run_add_columns(self, backwards: bool = False) -> None:
        await super()._run_add_columns(backwards=backwards)
        if not backwards:
            await add_rules()


async def forwards() -> MigrationManager:
    """On the way back the sessions of the console end: without the column they could do more."""
    manager = ColumnThenRules(migration_id=ID, app_name="catchup", description=DESCRIPTION)
    manager.add_column(
        table_class_name="Session",
        tablename="sessions",
        column_name="console",
        db_column_name="console",
        column_class_name="Varchar",
        column_class=Varchar,
        params={"length": 5, "null": True, "default": None},
        schema=None,
    )
    manager.add_raw_backwards(drop_rules)
    return manager
