"""Invitations, password resets, budgets of sign-in, and API tokens that can be renewed."""

from typing import Any

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns import UUID, Bytea, Timestamptz, Varchar
from piccolo.columns.base import Column

from server import db
from server.lib.ids import uuid7

ID = "2026-11-22T20:14:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "sign-in under attack"

Params = dict[str, Any]
NEW: Params = {"null": False}
NULL: Params = {"default": None, "null": True}
OWN: dict[str, tuple[type[Column], Params]] = {
    "id": (UUID, {"default": uuid7, "null": False, "primary_key": True}),
    "household_id": (UUID, {"default": None, **NEW}),
    "user_id": (UUID, {"default": None, **NEW}),
    "token_hash": (Bytea, {"default": b"", **NEW}),
    "created_at": (Timestamptz, {"default": None, **NEW}),
    "expires_at": (Timestamptz, {"default": None, **NEW}),
    "used_at": (Timestamptz, NULL),
}
TABLES: dict[str, tuple[str, dict[str, tuple[type[Column], Params]]]] = {
    "invitations": (
        "Invitation",
        {**OWN, "email": (Varchar, {"length": 320, **NULL}), "revoked_at": (Timestamptz, NULL)},
    ),
    "password_resets": ("PasswordReset", OWN),
    "sign_in_budgets": (
        "Budget",
        {
            "id": OWN["id"],
            "name": (Bytea, {"default": b"", **NEW}),
            "full_at": (Timestamptz, {"default": None, **NEW}),
            "noted_at": (Timestamptz, NULL),
        },
    ),
}
RENEWED: dict[str, type[Column]] = {"previous_hash": Bytea, "previous_until": Timestamptz}


class ColumnsThenRules(MigrationManager):
    """Piccolo runs raw statements before it adds tables and columns; these rules need both."""

    async def _run_add_columns(self, backwards: bool = False) -> None:
        await super()._run_add_columns(backwards=backwards)
        if not backwards:
            await apply()


async def apply() -> None:
    """Each row belongs to a user of its household, and no two tokens are the same."""
    for table in ("invitations", "password_resets"):
        for column in ("id", "household_id", "user_id"):
            await db.execute(f"ALTER TABLE {table} ALTER {column} DROP DEFAULT")
        await db.execute(
            f"""
            ALTER TABLE {table} ADD CONSTRAINT {table}_user_id_fk
                FOREIGN KEY (household_id, user_id) REFERENCES users (household_id, id)
                ON DELETE CASCADE;
            CREATE UNIQUE INDEX {table}_token_uq ON {table} (token_hash);
            CREATE INDEX {table}_user_idx ON {table} (user_id, created_at);
            """
        )
    # One address is one account, however it is written; what two users have stays as it is.
    await db.execute(
        """UPDATE users u SET email = lower(normalize(u.email, NFKC))
            WHERE u.email IS NOT NFKC NORMALIZED AND NOT EXISTS (
                SELECT FROM users o WHERE o.id <> u.id
                    AND lower(normalize(o.email, NFKC)) = lower(normalize(u.email, NFKC)))"""
    )
    await db.execute(
        """
        ALTER TABLE invitations ADD CONSTRAINT invitations_email_ck
            CHECK (email = lower(btrim(email)));
        ALTER TABLE api_tokens ADD CONSTRAINT api_tokens_previous_ck
            CHECK ((previous_hash IS NULL) = (previous_until IS NULL));
        CREATE UNIQUE INDEX api_tokens_previous_uq ON api_tokens (previous_hash)
            WHERE previous_hash IS NOT NULL;
        ALTER TABLE sign_in_budgets ALTER id DROP DEFAULT;
        CREATE UNIQUE INDEX sign_in_budgets_name_uq ON sign_in_budgets (name);
        CREATE INDEX sign_in_budgets_full_idx ON sign_in_budgets (full_at);
        """
    )


async def forwards() -> MigrationManager:
    """On the way back Piccolo drops tables and columns, and PostgreSQL the rules with them.

    Open invitations and resets are void then, and budgets full: whoever waits may try again.
    """
    manager = ColumnsThenRules(migration_id=ID, app_name="catchup", description=DESCRIPTION)
    for table, (class_name, columns) in TABLES.items():
        manager.add_table(class_name=class_name, tablename=table, schema=None)
        for name, (column_class, params) in columns.items():
            _add(manager, class_name, table, name, column_class, params)
    for name, column_class in RENEWED.items():
        _add(manager, "ApiToken", "api_tokens", name, column_class, NULL)
    return manager


def _add(
    manager: MigrationManager,
    class_name: str,
    table: str,
    name: str,
    column_class: type[Column],
    params: Params,
) -> None:
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
