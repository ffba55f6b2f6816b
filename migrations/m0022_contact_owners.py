"""What the planner knows of a contact's owner: each user has exactly one household."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from server import db

ID = "2026-11-22T20:22:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "statistics of owners"


async def apply() -> None:
    """Without it a plan for all users expects two contacts of one, and sorts 50,000 for a page."""
    await db.execute(
        """CREATE STATISTICS contacts_owner_stx (dependencies) ON household_id, user_id
            FROM contacts"""
    )
    # Not of an empty table, which PostgreSQL would then take for empty for good: foreign keys would
    # be checked by reading all of what an import brings.
    if await db.fetch_value("SELECT EXISTS (SELECT FROM contacts)"):
        await db.execute("ANALYZE contacts")


async def revert() -> None:
    """Plans get worse again; nothing else."""
    await db.execute("DROP STATISTICS contacts_owner_stx")


async def forwards() -> MigrationManager:
    """Statements only."""
    manager = MigrationManager(migration_id=ID, app_name="catchup", description=DESCRIPTION)
    manager.add_raw(apply)
    manager.add_raw_backwards(revert)
    return manager
