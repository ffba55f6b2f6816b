"""Failed jobs that are to be tried again, and the list of those that wait for somebody."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns import Timestamptz

from server import db

ID = "2026-11-23T02:20:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "retries of failed jobs"


async def index() -> None:
    """Pages and counts read what is not settled, however much is."""
    await db.execute(
        """CREATE INDEX job_failures_waiting_idx ON job_failures (failed_at DESC, id DESC)
            WHERE resolved_at IS NULL"""
    )
    await db.execute(
        """CREATE INDEX job_failures_asked_idx ON job_failures (retry_asked_at, id)
            WHERE retry_asked_at IS NOT NULL AND resolved_at IS NULL"""
    )


async def drop_index() -> None:
    """The other index goes with its column."""
    await db.execute("DROP INDEX job_failures_waiting_idx")


class ColumnThenIndex(MigrationManager):
    """Piccolo runs raw statements before it adds columns; these indexes need the new one."""

    async def _run_add_columns(self, backwards: bool = False) -> None:
        await super()._run_add_columns(backwards=backwards)
        if not backwards:
            await index()


async def forwards() -> MigrationManager:
    """On the way back a retry that waits for the worker is forgotten; its job stays failed."""
    manager = ColumnThenIndex(migration_id=ID, app_name="catchup", description=DESCRIPTION)
    manager.add_column(
        table_class_name="JobFailure",
        tablename="job_failures",
        column_name="retry_asked_at",
        db_column_name="retry_asked_at",
        column_class_name="Timestamptz",
        column_class=Timestamptz,
        params={"null": True, "default": None},
        schema=None,
    )
    manager.add_raw_backwards(drop_index)
    return manager
