"""A kept reply is whole, and what its request said is sealed with it, not hashed in the open."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from server import db

ID = "2026-11-30T09:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "replies for Idempotency-Key"


async def apply() -> None:
    """No release has written a row: whatever is there answers nobody.

    A plain hash over a request would let who has the database try out notes and passwords.
    """
    await db.execute(
        """
        DELETE FROM idempotency_keys;
        ALTER TABLE idempotency_keys DROP COLUMN request_sha256,
            ALTER COLUMN status SET NOT NULL, ALTER COLUMN status DROP DEFAULT,
            ALTER COLUMN body SET NOT NULL, ALTER COLUMN body DROP DEFAULT;
        """
    )


async def revert() -> None:
    """Replies are kept a day for retries: without them a retry is done again, as before."""
    await db.execute(
        """
        DELETE FROM idempotency_keys;
        ALTER TABLE idempotency_keys ADD COLUMN request_sha256 bytea NOT NULL,
            ALTER COLUMN status DROP NOT NULL, ALTER COLUMN body DROP NOT NULL;
        """
    )


async def forwards() -> MigrationManager:
    """Piccolo runs `apply` on the way there and `revert` on the way back, each in a transaction."""
    manager = MigrationManager(migration_id=ID, app_name="catchup", description=DESCRIPTION)
    manager.add_raw(apply)
    manager.add_raw_backwards(revert)
    return manager
