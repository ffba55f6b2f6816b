"""Figures of each process every ten seconds, so that an admin can look back (ADR 0032)."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns import UUID, Array, BigInt, Integer, Real, SmallInt, Timestamptz, Varchar
from piccolo.columns.base import Column

from server import db
from server.lib.ids import uuid7

ID = "2026-11-23T02:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "samples"

Kind = tuple[type[Column], dict[str, object]]

_MAYBE: Kind = (Integer, {"default": None, "null": True})
COLUMNS: dict[str, Kind] = {
    "id": (UUID, {"default": uuid7, "null": False, "primary_key": True}),
    "process": (Varchar, {"length": 10, "default": "", "null": False}),
    "at": (Timestamptz, {"default": None, "null": False}),
    "span_s": (SmallInt, {"default": 10, "null": False}),
    "cpu_percent": (Real, {"default": 0.0, "null": False}),
    "memory_bytes": (BigInt, {"default": 0, "null": False}),
    "requests": (Integer, {"default": 0, "null": False}),
    "latency_counts": (
        Array,
        {"base_column": Integer(default=0), "default": None, "null": True},
    ),
    "queued": _MAYBE,
    "running": _MAYBE,
    "messages_pending": _MAYBE,
    "connections": (Integer, {"default": 0, "null": False}),
}


class TableThenRules(MigrationManager):
    """Piccolo runs raw statements before it adds tables; these rules are about a new one."""

    async def _run_add_tables(self, backwards: bool = False) -> None:
        await super()._run_add_tables(backwards=backwards)
        if not backwards:
            await apply()


async def apply() -> None:
    """A sample stands for 10 s, and is thinned to 60 s and 600 s as it grows old."""
    await db.execute(
        """
        -- The application makes every id; Piccolo's default is one fixed value for all rows.
        ALTER TABLE samples ALTER id DROP DEFAULT;
        ALTER TABLE samples
            ADD CONSTRAINT samples_process_ck CHECK (process IN ('server', 'worker')),
            ADD CONSTRAINT samples_span_s_ck CHECK (span_s IN (10, 60, 600));
        CREATE INDEX samples_at_idx ON samples (at);
        """
    )


async def forwards() -> MigrationManager:
    """On the way back Piccolo drops the table, and the history with it."""
    manager = TableThenRules(migration_id=ID, app_name="catchup", description=DESCRIPTION)
    manager.add_table(class_name="Sample", tablename="samples", schema=None)
    for name, (column_class, params) in COLUMNS.items():
        manager.add_column(
            table_class_name="Sample",
            tablename="samples",
            column_name=name,
            db_column_name=name,
            column_class_name=column_class.__name__,
            column_class=column_class,
            params=params,
            schema=None,
        )
    return manager
