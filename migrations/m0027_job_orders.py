"""Failed jobs in other orders: by function, and by what they met."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from server import db

ID = "2026-11-23T09:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "orders of failed jobs"

INDEXES = {
    "job_failures_function_idx": "job_failures (function, failed_at, id)",
    "job_failures_error_idx": "job_failures (error_code, failed_at, id)",
}


async def index() -> None:
    """A page in any order is read from an index, however many wait."""
    for name, definition in INDEXES.items():
        await db.execute(f"CREATE INDEX {name} ON {definition} WHERE resolved_at IS NULL")


async def drop_index() -> None:
    """Take them away."""
    for name in INDEXES:
        await db.execute(f"DROP INDEX {name}")


async def forwards() -> MigrationManager:
    """Two indexes of a table that is small unless much has failed."""
    manager = MigrationManager(migration_id=ID, app_name="catchup", description=DESCRIPTION)
    manager.add_raw(index)
    manager.add_raw_backwards(drop_index)
    return manager
