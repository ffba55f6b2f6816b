"""Codes that verify a phone, a key for macs, and messages found by what their provider calls them."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns import UUID, Bytea, SmallInt, Timestamptz
from piccolo.columns.base import Column

from server import db
from server.lib.ids import uuid7

ID = "2026-11-22T20:18:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "webhooks and phones"

Kind = tuple[type[Column], dict[str, object]]

_REFERENCE: Kind = (UUID, {"default": None, "null": False})
_BYTES: Kind = (Bytea, {"default": b"", "null": False})
_INSTANT: Kind = (Timestamptz, {"default": None, "null": False})
COLUMNS: dict[str, Kind] = {
    "id": (UUID, {"default": uuid7, "null": False, "primary_key": True}),
    "household_id": _REFERENCE,
    "user_id": _REFERENCE,
    "phone": _BYTES,
    "number_hash": _BYTES,
    "code_hash": _BYTES,
    "attempts": (SmallInt, {"default": 0, "null": False}),
    "created_at": _INSTANT,
    "expires_at": _INSTANT,
    "used_at": (Timestamptz, {"default": None, "null": True}),
}


class TableThenRules(MigrationManager):
    """Piccolo runs raw statements before it adds tables; some of these rules are about a new one."""

    async def _run_add_tables(self, backwards: bool = False) -> None:
        await super()._run_add_tables(backwards=backwards)
        if not backwards:
            await apply()


async def apply() -> None:
    """A code is its user's; keys of macs are keys of the server's own, and are rotated like them."""
    await db.execute(
        """
        -- The application makes every id; Piccolo's default is one fixed value.
        ALTER TABLE phone_codes ALTER id DROP DEFAULT, ALTER household_id DROP DEFAULT,
            ALTER user_id DROP DEFAULT;
        ALTER TABLE phone_codes ADD CONSTRAINT phone_codes_user_id_fk
            FOREIGN KEY (household_id, user_id) REFERENCES users (household_id, id)
            ON DELETE CASCADE;
        ALTER TABLE phone_codes ADD CONSTRAINT phone_codes_attempts_ck CHECK (attempts >= 0);
        CREATE INDEX phone_codes_user_idx ON phone_codes (user_id, created_at);
        CREATE INDEX phone_codes_number_idx ON phone_codes (number_hash, created_at);
        CREATE INDEX outbox_messages_provider_idx ON outbox_messages (provider, provider_id)
            WHERE provider_id IS NOT NULL;

        ALTER TABLE key_ring DROP CONSTRAINT key_ring_purpose_ck;
        ALTER TABLE key_ring ADD CONSTRAINT key_ring_purpose_ck
            CHECK (purpose IN ('master', 'data', 'index', 'jwt', 'audit', 'mac'));
        ALTER TABLE key_rotations DROP CONSTRAINT key_rotations_purpose_ck;
        ALTER TABLE key_rotations ADD CONSTRAINT key_rotations_purpose_ck
            CHECK (purpose IN ('data', 'index', 'jwt', 'audit', 'mac'));
        """
    )


async def revert() -> None:
    """Forget the keys of macs: callbacks under way are refused, and codes must be asked for anew."""
    await db.execute(
        """
        DROP INDEX outbox_messages_provider_idx;
        DELETE FROM key_ring WHERE purpose = 'mac';
        DELETE FROM key_rotations WHERE purpose = 'mac';
        ALTER TABLE key_ring DROP CONSTRAINT key_ring_purpose_ck;
        ALTER TABLE key_ring ADD CONSTRAINT key_ring_purpose_ck
            CHECK (purpose IN ('master', 'data', 'index', 'jwt', 'audit'));
        ALTER TABLE key_rotations DROP CONSTRAINT key_rotations_purpose_ck;
        ALTER TABLE key_rotations ADD CONSTRAINT key_rotations_purpose_ck
            CHECK (purpose IN ('data', 'index', 'jwt', 'audit'));
        """
    )


async def forwards() -> MigrationManager:
    """On the way back the rules go first, then Piccolo drops the table."""
    manager = TableThenRules(migration_id=ID, app_name="catchup", description=DESCRIPTION)
    manager.add_table(class_name="PhoneCode", tablename="phone_codes", schema=None)
    for name, (column_class, params) in COLUMNS.items():
        manager.add_column(
            table_class_name="PhoneCode",
            tablename="phone_codes",
            column_name=name,
            db_column_name=name,
            column_class_name=column_class.__name__,
            column_class=column_class,
            params=params,
            schema=None,
        )
    manager.add_raw_backwards(revert)
    return manager
