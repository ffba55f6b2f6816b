"""Accounts may be closed: the wish, its time of grace, and the proof of the erasure."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns import JSONB, UUID, Bytea, Timestamptz, Varchar
from piccolo.columns.base import Column

from server import db
from server.lib.ids import uuid7

ID = "2026-11-22T20:16:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "closing an account"

_TABLE = {"table_class_name": "Erasure", "tablename": "erasures"}
_REQUIRED = {"default": None, "null": False}
_OPTIONAL = {"default": None, "null": True}
COLUMNS: dict[str, tuple[type[Column], dict[str, object]]] = {
    "id": (UUID, {"default": uuid7, "null": False, "primary_key": True}),
    "person_id": (UUID, _REQUIRED),
    "home_id": (UUID, _REQUIRED),
    "requested_at": (Timestamptz, _REQUIRED),
    "due_at": (Timestamptz, _REQUIRED),
    "shared": (Varchar, {"length": 9, "default": "hand_over", "null": False}),
    "restore_hash": (Bytea, _OPTIONAL),
    "cancelled_at": (Timestamptz, _OPTIONAL),
    "started_at": (Timestamptz, _OPTIONAL),
    "erased_at": (Timestamptz, _OPTIONAL),
    "certificate": (JSONB, _OPTIONAL),
}


class TableThenRules(MigrationManager):
    """Piccolo runs raw statements before it adds tables; these rules are about a new one."""

    async def _run_add_tables(self, backwards: bool = False) -> None:
        await super()._run_add_tables(backwards=backwards)
        if not backwards:
            await apply()


async def apply() -> None:
    """One open wish to a person; what has begun is not cancelled, and counts what there was."""
    await db.execute(
        """
        -- The application makes every id; Piccolo's default is one fixed value.
        ALTER TABLE erasures ALTER id DROP DEFAULT;
        ALTER TABLE erasures
            ADD CONSTRAINT erasures_shared_ck CHECK (shared IN ('hand_over', 'erase')),
            ADD CONSTRAINT erasures_grace_ck CHECK (due_at >= requested_at),
            ADD CONSTRAINT erasures_cancelled_ck
                CHECK (cancelled_at IS NULL OR started_at IS NULL),
            ADD CONSTRAINT erasures_started_ck CHECK ((started_at IS NULL) = (certificate IS NULL)),
            ADD CONSTRAINT erasures_erased_ck CHECK (erased_at IS NULL OR started_at IS NOT NULL);
        CREATE UNIQUE INDEX erasures_open_uq ON erasures (person_id)
            WHERE cancelled_at IS NULL AND erased_at IS NULL;
        CREATE UNIQUE INDEX erasures_restore_uq ON erasures (restore_hash);
        CREATE INDEX erasures_due_idx ON erasures (due_at)
            WHERE cancelled_at IS NULL AND erased_at IS NULL;
        """
    )


async def forwards() -> MigrationManager:
    """On the way back Piccolo drops the table: open wishes are forgotten, and so are the proofs.

    Users whose accounts were closed stay disabled then; `catchup users` does not know why.
    """
    manager = TableThenRules(migration_id=ID, app_name="catchup", description=DESCRIPTION)
    manager.add_table(class_name="Erasure", tablename="erasures", schema=None)
    for name, (column_class, params) in COLUMNS.items():
        manager.add_column(
            **_TABLE,
            column_name=name,
            db_column_name=name,
            column_class_name=column_class.__name__,
            column_class=column_class,
            params=params,
            schema=None,
        )
    return manager
