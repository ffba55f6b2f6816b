"""An import may be a JSON export of ours."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from server import db

ID = "2026-11-22T16:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "imports of JSON"


async def apply() -> None:
    """Allow the word."""
    await _allow("vcard", "csv", "json", "ics")


async def revert() -> None:
    """Forget it; such an import of JSON is told as one of CSV, which has the same undo."""
    await db.execute("UPDATE imports SET format = 'csv' WHERE format = 'json'")
    await _allow("vcard", "csv", "ics")


async def _allow(*formats: str) -> None:
    words = ", ".join(f"'{word}'" for word in formats)
    await db.execute(
        f"""
        ALTER TABLE imports DROP CONSTRAINT imports_format_ck;
        ALTER TABLE imports ADD CONSTRAINT imports_format_ck CHECK (format IN ({words}));
        """
    )


async def forwards() -> MigrationManager:
    """Piccolo runs `apply` on the way there and `revert` on the way back, each in a transaction."""
    manager = MigrationManager(migration_id=ID, app_name="catchup", description=DESCRIPTION)
    manager.add_raw(apply)
    manager.add_raw_backwards(revert)
    return manager
