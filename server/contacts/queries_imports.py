"""Statements on imports and their ledgers."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from server import db
from server.contacts.queries import VISIBLE
from server.db import Row
from server.lib.scope import Scope

COUNTS = ("created", "updated", "unchanged", "skipped", "failed")
_ITEM = ("id", "position", "line", "outcome", "code", "contact_id", "ledger")


async def try_lock_imports(scope: Scope) -> bool:
    """Keep the household's other imports and undos out until the transaction ends; False: one runs.

    Not only the user's: two members change the contacts that they share in the orders of two
    files, and would wait for each other in a ring. Nobody waits for this lock: who waits holds a
    connection.
    """
    return bool(
        await db.fetch_value(
            "SELECT pg_try_advisory_xact_lock(hashtextextended('imports ' || $1, 0))",
            str(scope.household_id),
        )
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


def _found(condition: str, wanted: str, kind: str = "text") -> str:
    """Look each wanted value, `w.value`, up by itself: OFFSET 0 keeps PostgreSQL from joining.

    Without statistics, which a large import outruns, it would read all contacts for every batch.
    """
    return f"""SELECT c.* FROM unnest({wanted}::{kind}[]) AS w (value) CROSS JOIN LATERAL (
            SELECT id, household_id, user_id, uid, name_key, fingerprint FROM contacts c
                WHERE {condition} OFFSET 0
        ) AS c"""


_ONE_OF_SEVERAL = (
    "octet_length(fingerprint) > 32 AND fingerprints_of(fingerprint) @> ARRAY[w.value]"
)
_OWN = "household_id = $1 AND user_id = $2"
# Whose it is comes last: without statistics PostgreSQL would read all of the user's contacts, by
# another index.
_OF_SEVERAL = f"""SELECT * FROM (
        {_found(_ONE_OF_SEVERAL, "$6", "bytea")}
    ) AS c WHERE {_OWN}"""
_KNOWN = " UNION ".join(
    [
        _found(f"{_OWN} AND uid = w.value", "$3"),
        _found(f"{_OWN} AND name_key = w.value", "$4"),
        _found(f"{VISIBLE} AND id = w.value", "$5", "uuid"),
        _found(
            f"{_OWN} AND octet_length(fingerprint) = 32 AND fingerprint = w.value", "$6", "bytea"
        ),
        _OF_SEVERAL,
    ]
)


async def list_known(
    scope: Scope,
    *,
    uids: Sequence[str],
    name_keys: Sequence[str],
    ids: Sequence[UUID],
    fingerprints: Sequence[bytes],
) -> list[Row]:
    """Return the contacts that a batch of cards could be, the oldest first.

    By UID, name and fingerprint the user's own; by the id that our exports name whatever the
    user sees.
    """
    return await db.fetch(
        f"""SELECT f.*, f.user_id = $2 AS is_own, array_remove(
                    ARRAY(SELECT normalised FROM contact_points p WHERE p.contact_id = f.id), NULL
                ) AS comparable
            FROM ({_KNOWN}) AS f ORDER BY f.id""",
        scope.household_id,
        scope.user_id,
        uids,
        name_keys,
        ids,
        fingerprints,
    )


async def note_fingerprints(scope: Scope, fingerprints: Mapping[UUID, bytes]) -> None:
    """Remember the cards that contacts have taken in without a change: no new version."""
    await db.execute(
        f"""UPDATE contacts c SET fingerprint = n.fingerprint
            FROM unnest($3::uuid[], $4::bytea[]) AS n (id, fingerprint)
            WHERE {VISIBLE} AND c.id = ANY($3) AND c.id = n.id""",
        scope.household_id,
        scope.user_id,
        list(fingerprints),
        list(fingerprints.values()),
    )


async def archive_imported(scope: Scope, archived: Mapping[UUID, datetime]) -> None:
    """Archive new contacts that the file says were archived."""
    await db.execute(
        """UPDATE contact_settings s SET archived_at = n.archived_at
            FROM unnest($3::uuid[], $4::timestamptz[]) AS n (contact_id, archived_at)
            WHERE s.household_id = $1 AND s.user_id = $2 AND s.contact_id = ANY($3)
                AND s.contact_id = n.contact_id""",
        scope.household_id,
        scope.user_id,
        list(archived),
        list(archived.values()),
    )


async def widest(scope: Scope) -> dict[str, int]:
    """Return how many points of each kind the contact with most has; `date` counts dates."""
    rows = await db.fetch(
        f"""SELECT kind, max(number) AS most FROM (
                SELECT p.kind, count(*) AS number FROM contacts c
                    JOIN contact_points p ON p.contact_id = c.id
                    WHERE {VISIBLE} GROUP BY c.id, p.kind
                UNION ALL
                SELECT 'date', count(*) FROM contacts c
                    JOIN contact_dates d ON d.household_id = $1 AND d.contact_id = c.id
                    WHERE {VISIBLE} GROUP BY c.id
            ) AS counted GROUP BY kind""",
        scope.household_id,
        scope.user_id,
    )
    return {row["kind"]: row["most"] for row in rows}


async def list_imports(
    scope: Scope, *, after: tuple[datetime, UUID] | None, limit: int
) -> list[Row]:
    """Return the user's imports after (created_at, id), newest first."""
    at, import_id = after or (None, None)
    return await db.fetch(
        """SELECT id, format, created_at, undone_at, created, updated, unchanged, skipped, failed
            FROM imports WHERE household_id = $1 AND user_id = $2
                AND ($3::timestamptz IS NULL OR (created_at, id) < ($3, $4::uuid))
            ORDER BY created_at DESC, id DESC LIMIT $5""",
        scope.household_id,
        scope.user_id,
        at,
        import_id,
        limit,
    )
