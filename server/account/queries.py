"""Statements on everything that is one person's, whatever table it is in."""

from uuid import UUID

from server import db
from server.account.columns import TableRule
from server.db import Row
from server.lib.scope import Scope


async def list_rows(
    scope: Scope, table: str, rule: TableRule, *, after: UUID | None, limit: int
) -> list[Row]:
    """Return a page of the caller's own rows of a table of columns.EXPORTED, by id."""
    values = (scope.household_id, scope.user_id)[: 2 if "$2" in (rule.mine or "") else 1]
    after_place, limit_place = len(values) + 1, len(values) + 2
    return await db.fetch(
        f"""SELECT {", ".join(rule.exported)} FROM {table}
            WHERE {rule.mine} AND (${after_place}::uuid IS NULL OR id > ${after_place})
            ORDER BY id LIMIT ${limit_place}""",
        *values,
        after,
        limit,
    )


async def count_contacts(scope: Scope) -> int:
    """Return how many contacts are the caller's own."""
    return int(
        await db.fetch_value(
            "SELECT count(*) FROM contacts WHERE household_id = $1 AND user_id = $2",
            scope.household_id,
            scope.user_id,
        )
    )


async def list_photos(scope: Scope, *, after: UUID | None, limit: int) -> list[Row]:
    """Return a page of the caller's own contacts that have a photo: {id, photo_id}, by id."""
    return await db.fetch(
        """SELECT id, photo_id FROM contacts
            WHERE household_id = $1 AND user_id = $2 AND photo_id IS NOT NULL
                AND ($3::uuid IS NULL OR id > $3)
            ORDER BY id LIMIT $4""",
        scope.household_id,
        scope.user_id,
        after,
        limit,
    )
