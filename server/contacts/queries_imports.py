"""Statements on imports and their ledgers."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from server import db
from server.db import Row
from server.lib.scope import Scope

COUNTS = ("created", "updated", "unchanged", "skipped", "failed")
_ITEM = ("id", "position", "line", "outcome", "code", "contact_id", "ledger")


async def lock_imports(scope: Scope) -> None:
    """Let the user's imports run one after the other, until the transaction ends."""
    await db.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended('imports ' || $1, 0))", str(scope.user_id)
    )


async def insert_import(scope: Scope, import_id: UUID, *, file_format: str, now: datetime) -> None:
    """Open an import; its counts and hash are known when the file has been read."""
    await db.execute(
        """INSERT INTO imports (id, household_id, user_id, format, content_sha256, created_at)
            VALUES ($1, $2, $3, $4, ''::bytea, $5)""",
        import_id,
        scope.household_id,
        scope.user_id,
        file_format,
        now,
    )


async def finish_import(
    scope: Scope, import_id: UUID, *, counts: Mapping[str, int], content_sha256: bytes
) -> None:
    """Write what became of the file."""
    await db.execute(
        """UPDATE imports SET content_sha256 = $4, created = $5, updated = $6, unchanged = $7,
                skipped = $8, failed = $9
            WHERE household_id = $1 AND user_id = $2 AND id = $3""",
        scope.household_id,
        scope.user_id,
        import_id,
        content_sha256,
        *(counts.get(name, 0) for name in COUNTS),
    )


async def insert_items(scope: Scope, import_id: UUID, items: Sequence[Mapping[str, Any]]) -> None:
    """Add lines to an import's ledger."""
    await db.insert_rows(
        "import_items",
        ("household_id", "user_id", "import_id", *_ITEM),
        (
            (scope.household_id, scope.user_id, import_id, *(item[name] for name in _ITEM))
            for item in items
        ),
    )


async def get_import(scope: Scope, import_id: UUID) -> Row | None:
    """Return an import of the user."""
    return await db.fetch_row(
        """SELECT id, format, created_at, undone_at, created, updated, unchanged, skipped, failed
            FROM imports WHERE household_id = $1 AND user_id = $2 AND id = $3""",
        scope.household_id,
        scope.user_id,
        import_id,
    )


async def list_items(scope: Scope, import_id: UUID, *, after: int, limit: int) -> list[Row]:
    """Return lines of an import's ledger, in the order of the file."""
    return await db.fetch(
        f"""SELECT {", ".join(_ITEM)} FROM import_items
            WHERE household_id = $1 AND user_id = $2 AND import_id = $3 AND position > $4
            ORDER BY position LIMIT $5""",
        scope.household_id,
        scope.user_id,
        import_id,
        after,
        limit,
    )


def _found(column: str, wanted: str) -> str:
    """Look each wanted value up by itself: OFFSET 0 keeps PostgreSQL from joining instead.

    Without statistics, which a large import outruns, it would read all contacts for every batch.
    """
    return f"""SELECT c.* FROM unnest({wanted}::text[]) AS w (value) CROSS JOIN LATERAL (
            SELECT id, uid, name_key, fingerprint FROM contacts
                WHERE household_id = $1 AND user_id = $2 AND {column} = w.value OFFSET 0
        ) AS c"""


async def list_known(scope: Scope, *, uids: Sequence[str], name_keys: Sequence[str]) -> list[Row]:
    """Return the user's own contacts that a batch of cards could be."""
    return await db.fetch(
        f"""SELECT f.*, array_remove(
                    ARRAY(SELECT normalised FROM contact_points p WHERE p.contact_id = f.id), NULL
                ) AS comparable
            FROM ({_found("uid", "$3")} UNION {_found("name_key", "$4")}) AS f""",
        scope.household_id,
        scope.user_id,
        uids,
        name_keys,
    )
