"""What a second look at messages asks for: whether a call has begun, which number said STOP."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns import Bytea, SmallInt, Timestamptz
from piccolo.columns.base import Column

ID = "2026-11-23T02:10:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "second looks at messages"

Kind = tuple[type[Column], dict[str, object]]

# (class, table) → its new columns
ADDED: dict[tuple[str, str], dict[str, Kind]] = {
    ("OutboxMessage", "outbox_messages"): {
        "uncalled_attempt": (SmallInt, {"default": None, "null": True}),
    },
    ("OptOut", "opt_outs"): {
        "set_aside_at": (Timestamptz, {"default": None, "null": True}),
        "former_numbers": (Bytea, {"default": None, "null": True}),
    },
}


async def forwards() -> MigrationManager:
    """Columns that are empty at first: of what is on its way, nobody knows more than before."""
    manager = MigrationManager(migration_id=ID, app_name="catchup", description=DESCRIPTION)
    for (class_name, table), columns in ADDED.items():
        for name, (column_class, params) in columns.items():
            manager.add_column(
                table_class_name=class_name,
                tablename=table,
                column_name=name,
                db_column_name=name,
                column_class_name=column_class.__name__,
                column_class=column_class,
                params=params,
                schema=None,
            )
    return manager
