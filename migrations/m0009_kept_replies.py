"""A kept reply is whole, and what its request said is sealed with it, not hashed in the open."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import Bytea, SmallInt

from server import db

ID = "2026-11-22T16:40:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "replies for Idempotency-Key"

# column → (its class, its default)
WHOLE = {"status": (SmallInt, 0), "body": (Bytea, b"")}


async def forget() -> None:
    """No release has written a row: whatever is there answers nobody.

    Nor are rows worth keeping on the way back: without them a retry is done again, as before.
    """
    await db.execute("DELETE FROM idempotency_keys")


async def forwards() -> MigrationManager:
    """A plain hash of a request would let who has the database try out notes and passwords."""
    manager = MigrationManager(migration_id=ID, app_name="catchup", description=DESCRIPTION)
    table = {"table_class_name": "IdempotencyKey", "tablename": "idempotency_keys"}
    manager.add_raw(forget)
    manager.add_raw_backwards(forget)
    manager.drop_column(
        **table, column_name="request_sha256", db_column_name="request_sha256", schema=None
    )
    for name, (column_class, default) in WHOLE.items():
        manager.alter_column(
            **table,
            column_name=name,
            db_column_name=name,
            params={"default": default, "null": False},
            old_params={"default": None, "null": True},
            column_class=column_class,
            old_column_class=column_class,
            schema=None,
        )
    return manager
