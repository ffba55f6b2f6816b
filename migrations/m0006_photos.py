"""A contact may have a photo: its object, the object's key, and what lists say about it."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns import UUID, Bytea, SmallInt, Timestamptz
from piccolo.columns.base import Column

from server import db

ID = "2026-11-22T16:10:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "photos of contacts"

COLUMNS: dict[str, type[Column]] = {
    "photo_id": UUID,
    "photo_key": Bytea,
    "photo_width": SmallInt,
    "photo_height": SmallInt,
    "photo_at": Timestamptz,
}


class ColumnsThenRules(MigrationManager):
    """Piccolo runs raw statements before it adds columns; these rules are about new columns."""

    async def _run_add_columns(self, backwards: bool = False) -> None:
        await super()._run_add_columns(backwards=backwards)
        if not backwards:
            await apply()


async def apply() -> None:
    """All of the columns are set, or none is; the sweep asks for objects by id."""
    await db.execute(
        """
        ALTER TABLE contacts ADD CONSTRAINT contacts_photo_ck CHECK (num_nulls(
            photo_id, photo_key, photo_width, photo_height, photo_at) IN (0, 5));
        CREATE UNIQUE INDEX contacts_photo_uq ON contacts (photo_id) WHERE photo_id IS NOT NULL;
        """
    )


async def forwards() -> MigrationManager:
    """On the way back Piccolo drops the columns, and PostgreSQL the rules with them.

    Every photo is lost then: its object stays in the store, but the only key to it was the
    column `photo_key`. Put the photos again, or restore a backup of the database.
    """
    manager = ColumnsThenRules(migration_id=ID, app_name="catchup", description=DESCRIPTION)
    for name, column_class in COLUMNS.items():
        manager.add_column(
            table_class_name="Contact",
            tablename="contacts",
            column_name=name,
            db_column_name=name,
            column_class_name=column_class.__name__,
            column_class=column_class,
            params={"default": None, "null": True},
            schema=None,
        )
    return manager
