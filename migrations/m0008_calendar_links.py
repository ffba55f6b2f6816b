"""Calendars by link: when each one is looked at again, and how often it has failed."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns import Integer, Timestamptz
from piccolo.columns.base import Column

from server import db

ID = "2026-11-22T16:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "calendars by link"

COLUMNS: dict[str, tuple[type[Column], dict[str, object]]] = {
    "last_checked_at": (Timestamptz, {"default": None, "null": True}),
    "next_refresh_at": (Timestamptz, {"default": None, "null": True}),
    "failures": (Integer, {"default": 0, "null": False}),
}


async def apply() -> None:
    """A link without its address could never be fetched."""
    await db.execute(
        """
        ALTER TABLE calendar_connections ADD CONSTRAINT calendar_connections_link_ck
            CHECK (provider <> 'ics_link' OR credential IS NOT NULL)
        """
    )


async def revert() -> None:
    """Take the rule away; Piccolo drops the columns."""
    await db.execute(
        "ALTER TABLE calendar_connections DROP CONSTRAINT calendar_connections_link_ck"
    )


async def forwards() -> MigrationManager:
    """Piccolo runs the statements before it adds or drops the columns."""
    manager = MigrationManager(migration_id=ID, app_name="catchup", description=DESCRIPTION)
    for name, (column_class, params) in COLUMNS.items():
        manager.add_column(
            table_class_name="CalendarConnection",
            tablename="calendar_connections",
            column_name=name,
            db_column_name=name,
            column_class_name=column_class.__name__,
            column_class=column_class,
            params=params,
            schema=None,
        )
    manager.add_raw(apply)
    manager.add_raw_backwards(revert)
    return manager
