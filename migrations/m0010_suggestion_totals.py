"""How many suggestions were ever made, by trigger: rows go with their contact, a total does not."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns import BigInt, Varchar

from server import db

ID = "2026-11-22T17:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "totals of suggestions"

_TABLE = {"table_class_name": "SuggestionTotal", "tablename": "suggestion_totals"}


class TableThenRows(MigrationManager):
    """Piccolo runs raw statements before it adds tables; these rows belong into a new one."""

    async def _run_add_tables(self, backwards: bool = False) -> None:
        await super()._run_add_tables(backwards=backwards)
        if not backwards:
            await apply()


async def apply() -> None:
    """Begin with the suggestions that are still there; nobody knows of the others."""
    await db.execute(
        """INSERT INTO suggestion_totals (trigger, made)
            SELECT trigger, count(*) FROM suggestions GROUP BY trigger"""
    )


async def forwards() -> MigrationManager:
    """On the way back Piccolo drops the table; the next way there counts anew, as `apply` says."""
    manager = TableThenRows(migration_id=ID, app_name="catchup", description=DESCRIPTION)
    manager.add_table(class_name="SuggestionTotal", tablename="suggestion_totals", schema=None)
    manager.add_column(
        **_TABLE,
        column_name="trigger",
        db_column_name="trigger",
        column_class_name="Varchar",
        column_class=Varchar,
        params={"length": 15, "default": "", "null": False, "primary_key": True},
        schema=None,
    )
    manager.add_column(
        **_TABLE,
        column_name="made",
        db_column_name="made",
        column_class_name="BigInt",
        column_class=BigInt,
        params={"default": 0, "null": False},
        schema=None,
    )
    return manager
