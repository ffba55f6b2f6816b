"""Contacts are found by the cards they were, also after the user corrected their name."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from server import db

ID = "2026-11-22T17:40:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "finding contacts by fingerprint"


async def apply() -> None:
    """Nearly every contact was one card: a plain index; those that were several have another.

    `fingerprints_of` parts a column of SHA-256, one after the other.
    """
    await db.execute(
        """
        CREATE FUNCTION fingerprints_of(fingerprint bytea) RETURNS bytea[]
            LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
                SELECT array_agg(substring(fingerprint FROM place FOR 32))
                    FROM generate_series(1, octet_length(fingerprint), 32) AS place
            $$;
        CREATE INDEX contacts_fingerprint_idx ON contacts (user_id, fingerprint)
            WHERE octet_length(fingerprint) = 32;
        CREATE INDEX contacts_fingerprints_idx ON contacts USING gin (fingerprints_of(fingerprint))
            WITH (fastupdate = off) WHERE octet_length(fingerprint) > 32;
        """
    )


async def revert() -> None:
    """Take both and the function away."""
    await db.execute(
        """
        DROP INDEX contacts_fingerprint_idx, contacts_fingerprints_idx;
        DROP FUNCTION fingerprints_of;
        """
    )


async def forwards() -> MigrationManager:
    """Piccolo runs `apply` on the way there and `revert` on the way back, each in a transaction."""
    manager = MigrationManager(migration_id=ID, app_name="catchup", description=DESCRIPTION)
    manager.add_raw(apply)
    manager.add_raw_backwards(revert)
    return manager
