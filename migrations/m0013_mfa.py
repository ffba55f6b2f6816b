"""A second factor, when a session last proved who holds it, and one successor for a refresh token."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns import UUID, BigInt, Bytea, SmallInt, Timestamptz, Varchar
from piccolo.columns.base import Column

from server import db
from server.lib.ids import uuid7

ID = "2026-11-22T20:13:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "second factor"

Kind = tuple[type[Column], dict[str, object]]

_PRIMARY: Kind = (UUID, {"default": uuid7, "null": False, "primary_key": True})
_REFERENCE: Kind = (UUID, {"default": None, "null": False})
_BYTES: Kind = (Bytea, {"default": b"", "null": False})
_INSTANT: Kind = (Timestamptz, {"default": None, "null": False})
_MAYBE: Kind = (Timestamptz, {"default": None, "null": True})
_COUNT: Kind = (SmallInt, {"default": 0, "null": False})
_OWN: dict[str, Kind] = {"id": _PRIMARY, "household_id": _REFERENCE, "user_id": _REFERENCE}

# (class, table) → its columns
TABLES: dict[tuple[str, str], dict[str, Kind]] = {
    ("TotpFactor", "totp_factors"): _OWN
    | {
        "secret": _BYTES,
        "created_at": _INSTANT,
        "confirmed_at": _MAYBE,
        "last_step": (BigInt, {"default": None, "null": True}),
    },
    ("RecoveryCode", "recovery_codes"): _OWN
    | {"code_hash": _BYTES, "created_at": _INSTANT, "used_at": _MAYBE},
    ("SignInChallenge", "sign_in_challenges"): _OWN
    | {
        "token_hash": _BYTES,
        "attempts": _COUNT,
        "created_at": _INSTANT,
        "expires_at": _INSTANT,
        "used_at": _MAYBE,
    },
    ("ProofBudget", "proof_budgets"): _OWN
    | {
        "purpose": (Varchar, {"length": 7, "default": "", "null": False}),
        "attempts": _COUNT,
        "last_at": _INSTANT,
    },
}
ADDED: dict[tuple[str, str], dict[str, Kind]] = {
    ("Session", "sessions"): {"mfa_at": _MAYBE, "proven_at": _MAYBE},
    ("RefreshToken", "refresh_tokens"): {"successor": (Bytea, {"default": None, "null": True})},
}


class TablesThenRules(MigrationManager):
    """Piccolo runs raw statements before it adds tables; these rules belong to new ones."""

    async def _run_add_tables(self, backwards: bool = False) -> None:
        await super()._run_add_tables(backwards=backwards)
        if not backwards:
            await apply()


async def apply() -> None:
    """On the way back all of it goes with the tables."""
    for _, table in TABLES:
        for column in ("id", "household_id", "user_id"):
            # The application makes every id; Piccolo's default is one fixed value for all rows.
            await db.execute(f"ALTER TABLE {table} ALTER {column} DROP DEFAULT")
        await db.execute(
            f"ALTER TABLE {table} ADD CONSTRAINT {table}_user_id_fk"
            " FOREIGN KEY (household_id, user_id) REFERENCES users (household_id, id)"
            " ON DELETE CASCADE"
        )
    await db.execute(
        """
        CREATE UNIQUE INDEX totp_factors_user_uq ON totp_factors (user_id);
        CREATE UNIQUE INDEX recovery_codes_user_hash_uq ON recovery_codes (user_id, code_hash);
        CREATE UNIQUE INDEX sign_in_challenges_token_uq ON sign_in_challenges (token_hash);
        CREATE INDEX sign_in_challenges_user_idx ON sign_in_challenges (user_id);
        CREATE UNIQUE INDEX proof_budgets_user_uq ON proof_budgets (user_id, purpose);
        ALTER TABLE totp_factors ADD CONSTRAINT totp_factors_step_ck
            CHECK ((confirmed_at IS NULL) = (last_step IS NULL));
        ALTER TABLE sign_in_challenges ADD CONSTRAINT sign_in_challenges_attempts_ck
            CHECK (attempts >= 0);
        ALTER TABLE proof_budgets
            ADD CONSTRAINT proof_budgets_attempts_ck CHECK (attempts >= 0),
            ADD CONSTRAINT proof_budgets_purpose_ck CHECK (purpose IN ('sign_in', 'session'));
        """
    )


async def forwards() -> MigrationManager:
    """Add tables and columns; on the way back Piccolo drops them, and a password alone signs in."""
    manager = TablesThenRules(migration_id=ID, app_name="catchup", description=DESCRIPTION)
    for class_name, table in TABLES:
        manager.add_table(class_name=class_name, tablename=table, schema=None)
    for (class_name, table), columns in (TABLES | ADDED).items():
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
    return manager
