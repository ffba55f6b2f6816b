"""A feed may leave out what is only suggested."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns import Boolean

from server import db

ID = "2026-11-22T16:20:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "feeds with or without pending suggestions"


async def apply() -> None:
    """A feed without a name cannot be told from the others."""
    await db.execute(
        "ALTER TABLE feeds ADD CONSTRAINT feeds_name_ck CHECK (char_length(name) BETWEEN 1 AND 100)"
    )


async def revert() -> None:
    """Take the rule away; Piccolo drops the column."""
    await db.execute("ALTER TABLE feeds DROP CONSTRAINT feeds_name_ck")


async def forwards() -> MigrationManager:
    """Piccolo runs the statements before it adds or drops the column."""
    manager = MigrationManager(migration_id=ID, app_name="catchup", description=DESCRIPTION)
    manager.add_column(
        table_class_name="Feed",
        tablename="feeds",
        column_name="include_pending",
        db_column_name="include_pending",
        column_class_name="Boolean",
        column_class=Boolean,
        params={"default": True, "null": False},
        schema=None,
    )
    manager.add_raw(apply)
    manager.add_raw_backwards(revert)
    return manager
