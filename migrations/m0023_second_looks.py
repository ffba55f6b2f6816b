"""What a second look at messages asks for: whether a call has begun, which number said STOP.

And ways between states that were missing: `_WAYS`.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns import Bytea, SmallInt, Timestamptz
from piccolo.columns.base import Column

from server import db

ID = "2026-11-23T02:10:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "second looks at messages"

Kind = tuple[type[Column], dict[str, object]]

# (class, table) → its new columns
ADDED: dict[tuple[str, str], dict[str, Kind]] = {
    ("OutboxMessage", "outbox_messages"): {
        "uncalled_attempt": (SmallInt, {"default": None, "null": True}),
    },
    ("InboxMessage", "inbox_messages"): {"mail_id": (Bytea, {"default": None, "null": True})},
    ("OptOut", "opt_outs"): {
        "set_aside_at": (Timestamptz, {"default": None, "null": True}),
        "former_numbers": (Bytea, {"default": None, "null": True}),
    },
}
# table → from where it now goes where, too
_WAYS = {
    "suggestions": "accepted>snoozed",  # an undo of "later", then "yes"
    "outbox_messages": "delivered>failed",  # a late bounce
}


async def apply() -> None:
    """Allow the new ways, beside whatever earlier migrations allow."""
    for table, way in _WAYS.items():
        await _replace(table, "refuse_transition('", f"refuse_transition('{way} ")


async def revert() -> None:
    """Refuse them again; what has gone them stays where it is."""
    for table, way in _WAYS.items():
        await _replace(table, f"refuse_transition('{way} ", "refuse_transition('")


async def _replace(table: str, old: str, new: str) -> None:
    definition = await db.fetch_value(
        "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname = $1", f"{table}_transition"
    )
    await db.execute(
        f"""DROP TRIGGER {table}_transition ON {table};
            {str(definition).replace(old, new, 1)}"""
    )


async def forwards() -> MigrationManager:
    """Columns that are empty at first: of what is on its way, nobody knows more than before."""
    manager = MigrationManager(migration_id=ID, app_name="catchup", description=DESCRIPTION)
    manager.add_raw(apply)
    manager.add_raw_backwards(revert)
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
