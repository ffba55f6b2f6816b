"""Keys are rotated: their states, how far a rotation is, and a blind index of two versions."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns import UUID, BigInt, Bytea, Integer, Timestamptz, Varchar
from piccolo.columns.base import Column

from server import db
from server.lib.ids import uuid7

ID = "2026-11-22T20:12:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "rotation of keys"

_ID: tuple[type[Column], dict[str, object]] = (
    UUID,
    {"default": uuid7, "null": False, "primary_key": True},
)
_REFERENCE: tuple[type[Column], dict[str, object]] = (UUID, {"default": None, "null": False})
_NO_REFERENCE: tuple[type[Column], dict[str, object]] = (UUID, {"default": None, "null": True})
_INSTANT: tuple[type[Column], dict[str, object]] = (Timestamptz, {"default": None, "null": False})
_NO_INSTANT: tuple[type[Column], dict[str, object]] = (Timestamptz, {"default": None, "null": True})
_COUNT: tuple[type[Column], dict[str, object]] = (BigInt, {"default": 0, "null": False})


def _word(length: int, *, null: bool = False) -> tuple[type[Column], dict[str, object]]:
    return Varchar, {"length": length, "default": None if null else "", "null": null}


# (class, table) → its columns
NEW: dict[tuple[str, str], dict[str, tuple[type[Column], dict[str, object]]]] = {
    ("Rotation", "key_rotations"): {
        "id": _ID,
        "purpose": _word(6),
        "household_id": _NO_REFERENCE,
        "data_class": _word(20, null=True),
        "state": _word(9),
        "table_name": _word(63, null=True),
        "position": _NO_REFERENCE,
        "unreadable": _COUNT,
        "horizon": (BigInt, {"default": None, "null": True}),
        "values_done": _COUNT,
        "values_total": _COUNT,
        "started_at": _INSTANT,
        "activated_at": _NO_INSTANT,
        "finished_at": _NO_INSTANT,
    },
    ("KeyHolder", "key_holders"): {
        "id": _ID,
        "master_version": (Integer, {"default": 0, "null": False}),
        "seen_at": _INSTANT,
    },
    ("ArchiveKey", "archive_keys"): {
        "id": _ID,
        "key_id": _REFERENCE,
        "archive": _word(200),
        "noted_at": _INSTANT,
    },
}
ADDED: dict[tuple[str, str], dict[str, tuple[type[Column], dict[str, object]]]] = {
    ("Key", "key_ring"): {"retiring_at": _NO_INSTANT, "needed_until": _NO_INSTANT},
    ("User", "users"): {
        "phone_index_2": (Bytea, {"default": None, "null": True}),
        "phone_index_2_key_id": _NO_REFERENCE,
    },
}


class ColumnsThenRules(MigrationManager):
    """Piccolo runs raw statements before it adds tables and columns; these rules are about them."""

    async def _run_add_columns(self, backwards: bool = False) -> None:
        await super()._run_add_columns(backwards=backwards)
        if not backwards:
            await apply()


async def apply() -> None:
    """A key that only verified is one that retires. Of each purpose one rotation runs at a time."""
    await db.execute(
        """
        ALTER TABLE key_rotations ALTER id DROP DEFAULT, ALTER household_id DROP DEFAULT,
            ALTER position DROP DEFAULT;
        ALTER TABLE key_holders ALTER id DROP DEFAULT;
        ALTER TABLE archive_keys ALTER id DROP DEFAULT, ALTER key_id DROP DEFAULT;
        ALTER TABLE users ALTER phone_index_2_key_id DROP DEFAULT;

        ALTER TABLE key_ring DROP CONSTRAINT key_ring_state_ck;
        UPDATE key_ring SET state = 'retiring', retiring_at = now(),
                needed_until = now() + interval '7 days'
            WHERE state = 'verify_only';
        ALTER TABLE key_ring ADD CONSTRAINT key_ring_state_ck
            CHECK (state IN ('readable', 'active', 'retiring', 'retired', 'revoked'));

        ALTER TABLE users DROP CONSTRAINT users_phone_indexed_ck;
        ALTER TABLE users ADD CONSTRAINT users_phone_indexed_ck
            CHECK ((phone IS NULL) = (coalesce(phone_index, phone_index_2) IS NULL));
        ALTER TABLE users ADD CONSTRAINT users_phone_index_key_ck
            CHECK ((phone_index IS NULL) = (phone_index_key_id IS NULL)
                AND (phone_index_2 IS NULL) = (phone_index_2_key_id IS NULL));
        CREATE UNIQUE INDEX users_phone_index_2_uq ON users (phone_index_2)
            WHERE phone_verified_at IS NOT NULL;

        ALTER TABLE key_rotations ADD CONSTRAINT key_rotations_purpose_ck
            CHECK (purpose IN ('data', 'index', 'jwt', 'audit'));
        ALTER TABLE key_rotations ADD CONSTRAINT key_rotations_state_ck
            CHECK (state IN ('readable', 'rewriting', 'waiting', 'clearing', 'done')
                AND (state = 'done') = (finished_at IS NOT NULL));
        ALTER TABLE key_rotations ADD CONSTRAINT key_rotations_scope_ck
            CHECK (purpose = 'data' OR (household_id IS NULL AND data_class IS NULL));
        ALTER TABLE key_rotations ADD CONSTRAINT key_rotations_household_fk
            FOREIGN KEY (household_id) REFERENCES households (id) ON DELETE CASCADE;
        CREATE UNIQUE INDEX key_rotations_open_uq ON key_rotations (purpose)
            WHERE finished_at IS NULL;
        CREATE UNIQUE INDEX archive_keys_uq ON archive_keys (key_id, archive);
        """
    )


async def revert() -> None:
    """Go back to the states of before; the version of before cannot finish a rotation.

    It could not read values of a key that it takes for retired: only those that nothing needs are.
    """
    await db.execute(
        """
        ALTER TABLE key_ring DROP CONSTRAINT key_ring_state_ck;
        UPDATE key_ring SET state = CASE
            WHEN state = 'revoked' THEN 'retired'
            WHEN state = 'retiring' AND purpose = 'jwt' THEN 'verify_only'
            WHEN state = 'retiring' THEN 'readable' ELSE state END;
        ALTER TABLE key_ring ADD CONSTRAINT key_ring_state_ck
            CHECK (state IN ('readable', 'active', 'verify_only', 'retired'));

        DROP INDEX users_phone_index_2_uq;
        ALTER TABLE users DROP CONSTRAINT users_phone_index_key_ck;
        ALTER TABLE users DROP CONSTRAINT users_phone_indexed_ck;
        UPDATE users SET phone_index = coalesce(phone_index, phone_index_2),
            phone_index_key_id = coalesce(phone_index_key_id, phone_index_2_key_id);
        ALTER TABLE users ADD CONSTRAINT users_phone_indexed_ck
            CHECK ((phone IS NULL) = (phone_index IS NULL));
        """
    )


async def forwards() -> MigrationManager:
    """On the way back the rules go first, then Piccolo drops tables and columns."""
    manager = ColumnsThenRules(migration_id=ID, app_name="catchup", description=DESCRIPTION)
    for class_name, table in NEW:
        manager.add_table(class_name=class_name, tablename=table, schema=None)
    for (class_name, table), columns in {**NEW, **ADDED}.items():
        for name, (column_class, params) in columns.items():
            manager.add_column(
                table_class_name=class_name,
                tablename=table,
                column_name=name,
                db_column_name=name,
                column_class_name=column_class.__name__,
                column_class=column_class,
                params=params,
                schema=None,
            )
    manager.add_raw_backwards(revert)
    return manager
