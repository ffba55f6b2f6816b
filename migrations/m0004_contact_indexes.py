"""Indexes on contacts and dates that no key check can mistake for its own.

A new table has no statistics. Between two indexes that begin with household_id the planner then
takes either for the foreign keys' (household_id, id), and an import of n contacts costs n².
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from server import db

ID = "2026-11-22T14:10:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "indexes that leave key checks alone"

# index → what stands after CREATE INDEX … ON: new (None: gone) and old
INDEXES = {
    # Lists read the reader's own contacts by contacts_user_idx and add what is shared.
    "contacts_household_name_idx": (
        "contacts (household_id, name_key, id) WHERE visibility = 'household'",
        "contacts (household_id, name_key, id)",
    ),
    # One index for the dates of a contact, of a household, and for the key.
    "contact_dates_contact_idx": (
        "contact_dates (household_id, contact_id)",
        "contact_dates (contact_id)",
    ),
    "contact_dates_day_idx": (None, "contact_dates (household_id, month, day)"),
}


async def apply() -> None:
    """Put the new indexes in the place of the old."""
    for name, (new, _) in INDEXES.items():
        await db.execute(f"DROP INDEX {name}")
        if new:
            await db.execute(f"CREATE INDEX {name} ON {new}")


async def revert() -> None:
    """Put the old ones back."""
    for name, (new, old) in INDEXES.items():
        if new:
            await db.execute(f"DROP INDEX {name}")
        await db.execute(f"CREATE INDEX {name} ON {old}")


async def forwards() -> MigrationManager:
    """Piccolo runs `apply` on the way there and `revert` on the way back, each in a transaction."""
    manager = MigrationManager(migration_id=ID, app_name="catchup", description=DESCRIPTION)
    manager.add_raw(apply)
    manager.add_raw_backwards(revert)
    return manager
