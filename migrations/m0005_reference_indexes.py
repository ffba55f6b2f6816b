"""Indexes for the two references that nothing else looks up: deletes would read whole tables."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from server import db

ID = "2026-11-22T14:20:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "deletes find their children"

INDEXES = {
    "groups_promoted_idx": "groups (promoted_from_tag_id) WHERE promoted_from_tag_id IS NOT NULL",
    "suggestions_interaction_idx": "suggestions (interaction_id) WHERE interaction_id IS NOT NULL",
}


async def apply() -> None:
    """Add them."""
    for name, target in INDEXES.items():
        await db.execute(f"CREATE INDEX {name} ON {target}")


async def revert() -> None:
    """Take them away."""
    for name in INDEXES:
        await db.execute(f"DROP INDEX {name}")


async def forwards() -> MigrationManager:
    """Piccolo runs `apply` on the way there and `revert` on the way back, each in a transaction."""
    manager = MigrationManager(migration_id=ID, app_name="catchup", description=DESCRIPTION)
    manager.add_raw(apply)
    manager.add_raw_backwards(revert)
    return manager
