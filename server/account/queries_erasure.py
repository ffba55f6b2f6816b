"""Statements that close an account, and that erase it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from server import db
from server.account.columns import EXPORTED, TableRule
from server.db import Row
from server.lib.scope import Scope

_COLUMNS = """id, person_id, home_id, requested_at, due_at, shared, cancelled_at, started_at,
    erased_at, certificate"""
_OPEN = "cancelled_at IS NULL AND erased_at IS NULL"


async def get_standing(scope: Scope) -> Row | None:
    """Return what the others lose with this user; None when there is no such user.

    {email, disabled_at, server_role, household_role, others: users of the server,
    other_admins, other_owners, successor_id: the owner, else the member, who has been there
    longest, shared: contacts and talks that the household sees}
    """
    return await db.fetch_row(
        """SELECT u.email, u.disabled_at, u.server_role, u.household_role,
                (SELECT count(*) FROM users o WHERE o.id <> u.id) AS others,
                (SELECT count(*) FROM users o WHERE o.id <> u.id AND o.disabled_at IS NULL
                    AND o.server_role = 'admin') AS other_admins,
                (SELECT count(*) FROM users o WHERE o.id <> u.id AND o.disabled_at IS NULL
                    AND o.household_id = u.household_id AND o.household_role = 'owner')
                    AS other_owners,
                (SELECT o.id FROM users o WHERE o.id <> u.id AND o.disabled_at IS NULL
                    AND o.household_id = u.household_id
                    ORDER BY o.household_role = 'owner' DESC, o.created_at, o.id LIMIT 1)
                    AS successor_id,
                (SELECT count(*) FROM contacts WHERE household_id = $1 AND user_id = $2
                    AND visibility = 'household')
                + (SELECT count(*) FROM interactions WHERE household_id = $1 AND user_id = $2
                    AND visibility = 'household') AS shared
            FROM users u WHERE u.household_id = $1 AND u.id = $2""",
        scope.household_id,
        scope.user_id,
    )


async def insert_erasure(scope: Scope, values: dict[str, Any]) -> None:
    """Note that the user wants to be forgotten: {id, requested_at, due_at, shared, restore_hash}.

    Disables them at the same instant; who was disabled before is so after a restore, too.
    """
    await db.execute(
        """INSERT INTO erasures (id, person_id, home_id, requested_at, due_at, shared, restore_hash)
            VALUES ($3, $2, $1, $4, $5, $6, $7)""",
        scope.household_id,
        scope.user_id,
        values["id"],
        values["requested_at"],
        values["due_at"],
        values["shared"],
        values["restore_hash"],
    )
    await db.execute(
        """UPDATE users SET disabled_at = coalesce(disabled_at, $3)
            WHERE household_id = $1 AND id = $2""",
        scope.household_id,
        scope.user_id,
        values["requested_at"],
    )


async def make_owner(scope: Scope, user_id: UUID) -> None:
    """Make a housemate an owner of the household."""
    await db.execute(
        "UPDATE users SET household_role = 'owner' WHERE household_id = $1 AND id = $2",
        scope.household_id,
        user_id,
    )


async def find_erasure(restore_hash: bytes) -> Row | None:
    """Return the erasure that a restore token belongs to, and hold it."""
    return await db.fetch_row(
        f"SELECT {_COLUMNS} FROM erasures WHERE restore_hash = $1 FOR UPDATE", restore_hash
    )


async def find_open_erasure(person_id: UUID) -> Row | None:
    """Return the open erasure of a person, and hold it."""
    return await db.fetch_row(
        f"SELECT {_COLUMNS} FROM erasures WHERE person_id = $1 AND {_OPEN} FOR UPDATE", person_id
    )


async def find_due(now: datetime) -> list[UUID]:
    """Return the erasures whose grace is over and that are not done, those begun first."""
    rows = await db.fetch(
        f"""SELECT id FROM erasures WHERE due_at <= $1 AND {_OPEN}
            ORDER BY started_at, due_at, id""",
        now,
    )
    return [row["id"] for row in rows]


async def lock_erasure(erasure_id: UUID) -> Row | None:
    """Return an open erasure, and hold it until the transaction ends."""
    return await db.fetch_row(
        f"SELECT {_COLUMNS} FROM erasures WHERE id = $1 AND {_OPEN} FOR UPDATE", erasure_id
    )


async def list_erasures_of_server() -> list[Row]:
    """Return every erasure, newest first, for the admin's commands."""
    return await db.fetch(f"SELECT {_COLUMNS} FROM erasures ORDER BY requested_at DESC, id")


async def cancel(scope: Scope, erasure_id: UUID, *, now: datetime) -> None:
    """Take a wish back; the user is enabled again, unless somebody disabled them meanwhile."""
    await db.execute(
        """UPDATE users SET disabled_at = NULL FROM erasures e
            WHERE users.household_id = $1 AND users.id = $2 AND e.id = $3
                AND users.disabled_at = e.requested_at""",
        scope.household_id,
        scope.user_id,
        erasure_id,
    )
    await db.execute("UPDATE erasures SET cancelled_at = $2 WHERE id = $1", erasure_id, now)


async def note(
    scope: Scope,
    erasure_id: UUID,
    step: Literal["started", "erased"],
    certificate: dict[str, Any],
    *,
    now: datetime,
) -> None:
    """Note that the erasure has begun, and what there was; or that nothing is left, with the proof.

    Once begun it cannot be taken back any more.
    """
    await db.execute(
        f"""UPDATE erasures SET {step}_at = $4, certificate = $5
            WHERE id = $3 AND home_id = $1 AND person_id = $2""",
        scope.household_id,
        scope.user_id,
        erasure_id,
        now,
        certificate,
    )


async def count_rows(scope: Scope) -> dict[str, int]:
    """Return how many rows of each table are the user's, in one statement."""
    parts = [
        f"SELECT '{table}' AS name, count(*) AS rows FROM {table} WHERE {_condition(rule)}"
        for table, rule in EXPORTED.items()
    ]
    rows = await db.fetch(" UNION ALL ".join(parts), scope.household_id, scope.user_id)
    return {row["name"]: row["rows"] for row in rows}


def _condition(rule: TableRule) -> str:
    # Each part names both values, so that the whole statement does.
    return f"({rule.mine}) AND $1::uuid IS NOT NULL AND $2::uuid IS NOT NULL"


async def hand_over(scope: Scope, successor_id: UUID) -> dict[str, int]:
    """Make a housemate the author of what the household sees of the user's; return the numbers."""
    numbers = {}
    for table, child_tables, key in (
        ("contacts", ("contact_points", "contact_dates"), "contact_id"),
        ("interactions", ("interaction_contacts",), "interaction_id"),
    ):
        for child in child_tables:
            await db.execute(
                f"""UPDATE {child} c SET user_id = $3 FROM {table} p
                    WHERE c.household_id = $1 AND c.user_id = $2 AND p.id = c.{key}
                        AND p.household_id = $1 AND p.user_id = $2
                        AND p.visibility = 'household'""",
                scope.household_id,
                scope.user_id,
                successor_id,
            )
        numbers[table] = await db.execute(
            f"""UPDATE {table} SET user_id = $3
                WHERE household_id = $1 AND user_id = $2 AND visibility = 'household'""",
            scope.household_id,
            scope.user_id,
            successor_id,
        )
    return numbers


async def list_doomed_photos(
    scope: Scope, *, keep_shared: bool, after: UUID | None, limit: int
) -> list[Row]:
    """Return a page of the user's contacts with a photo that nobody inherits, by id."""
    return await db.fetch(
        """SELECT id, photo_id FROM contacts
            WHERE household_id = $1 AND user_id = $2 AND photo_id IS NOT NULL
                AND (visibility = 'private' OR NOT $3) AND ($4::uuid IS NULL OR id > $4)
            ORDER BY id LIMIT $5""",
        scope.household_id,
        scope.user_id,
        keep_shared,
        after,
        limit,
    )


async def delete_contacts(scope: Scope, *, limit: int) -> int:
    """Delete some of the user's contacts with all that hangs on them; return their number."""
    return await db.execute(
        """DELETE FROM contacts WHERE id IN (
            SELECT id FROM contacts WHERE household_id = $1 AND user_id = $2 LIMIT $3)""",
        scope.household_id,
        scope.user_id,
        limit,
    )


async def delete_person(scope: Scope) -> bool:
    """Delete the user, and the household with its keys if nobody is left; say whether it went."""
    await db.execute(
        "DELETE FROM users WHERE household_id = $1 AND id = $2", scope.household_id, scope.user_id
    )
    return bool(
        await db.execute(
            """DELETE FROM households WHERE id = $1
                AND NOT EXISTS (SELECT FROM users WHERE household_id = $1)""",
            scope.household_id,
        )
    )


async def list_session_ids(scope: Scope) -> list[UUID]:
    """Return the user's sessions, which name keys in Redis."""
    rows = await db.fetch(
        "SELECT id FROM sessions WHERE household_id = $1 AND user_id = $2",
        scope.household_id,
        scope.user_id,
    )
    return [row["id"] for row in rows]


async def list_housemates(scopes: Sequence[Scope]) -> list[Scope]:
    """Return everybody of these households."""
    rows = await db.fetch(
        "SELECT household_id, id FROM users WHERE household_id = ANY($1)",
        [scope.household_id for scope in scopes],
    )
    return [Scope(row["household_id"], row["id"]) for row in rows]
