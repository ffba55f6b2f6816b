"""Statements on the numbers that messages gave to suggestions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from server import db
from server.db import Row
from server.lib.ids import uuid7
from server.lib.scope import Scope

# May still be answered: a question only while it was accepted and neither confirmed nor missed.
_ANSWERABLE = """(mc.purpose = 'suggestion' AND s.state IN ('pending', 'snoozed', 'accepted')
    OR mc.purpose = 'confirmation' AND s.state = 'accepted')"""


@dataclass(frozen=True, slots=True)
class NewCode:
    """A number to be kept with the message that tells it."""

    scope: Scope
    message_id: UUID
    suggestion_id: UUID
    purpose: str
    number: int
    code: int


async def find_code(scope: Scope, code: int, *, since: datetime) -> Row | None:
    """Return what `code` stands for in the user's newest message that used it and can be answered.

    Numbers wrap: of two messages with one code the newer counts, unless its suggestion is over.
    """
    return await db.fetch_row(
        f"""SELECT mc.code, mc.suggestion_id, mc.purpose, mc.message_id
            FROM message_codes mc JOIN suggestions s ON s.id = mc.suggestion_id
            WHERE mc.household_id = $1 AND mc.user_id = $2 AND mc.code = $3
                AND mc.created_at > $4 AND {_ANSWERABLE}
            ORDER BY mc.created_at DESC, mc.number DESC LIMIT 1""",
        scope.household_id,
        scope.user_id,
        code,
        since,
    )


async def is_told(scope: Scope, code: int, *, since: datetime) -> bool:
    """Say whether any message of the user's used `code`, answerable or not."""
    return bool(
        await db.fetch_value(
            """SELECT EXISTS (SELECT FROM message_codes
                WHERE household_id = $1 AND user_id = $2 AND code = $3 AND created_at > $4)""",
            scope.household_id,
            scope.user_id,
            code,
            since,
        )
    )


async def list_newest(scope: Scope, *, since: datetime) -> list[Row]:
    """Return what can still be answered of the user's newest message with codes, by code.

    Channels of one message have one `created_at`.
    """
    return await db.fetch(
        f"""SELECT DISTINCT ON (mc.code) mc.code, mc.suggestion_id, mc.purpose, mc.message_id
            FROM message_codes mc JOIN suggestions s ON s.id = mc.suggestion_id
            WHERE mc.household_id = $1 AND mc.user_id = $2 AND {_ANSWERABLE}
                AND mc.created_at = (SELECT max(created_at) FROM message_codes
                    WHERE household_id = $1 AND user_id = $2)
                AND mc.created_at > $3
            ORDER BY mc.code""",
        scope.household_id,
        scope.user_id,
        since,
    )


async def list_last_numbers(scopes: Sequence[Scope]) -> dict[UUID, int]:
    """Return the highest number of each of these users."""
    rows = await db.fetch(
        """SELECT user_id, max(number) AS number FROM message_codes
            WHERE user_id = ANY($1) GROUP BY user_id""",
        [scope.user_id for scope in scopes],
    )
    return {row["user_id"]: row["number"] for row in rows}


async def list_held(scopes: Sequence[Scope]) -> list[Row]:
    """Return the numbers of these users that can still be answered, the newest of each last."""
    return await db.fetch(
        f"""SELECT mc.user_id, mc.suggestion_id, mc.purpose, mc.number, mc.code, mc.created_at
            FROM message_codes mc JOIN suggestions s ON s.id = mc.suggestion_id
            WHERE mc.user_id = ANY($1) AND {_ANSWERABLE} ORDER BY mc.created_at, mc.number""",
        [scope.user_id for scope in scopes],
    )


async def insert_codes(scopes: Sequence[Scope], codes: Sequence[NewCode], *, now: datetime) -> None:
    """Keep the numbers of new messages of these users, by one COPY."""
    if not codes:
        return
    if not {code.scope for code in codes} <= set(scopes):
        raise ValueError("a code for a user who is not written to")
    await db.insert_rows(
        "message_codes",
        (
            "id", "household_id", "user_id", "message_id", "suggestion_id", "purpose", "number",
            "code", "created_at",
        ),
        [
            (
                uuid7(), c.scope.household_id, c.scope.user_id, c.message_id, c.suggestion_id,
                c.purpose, c.number, c.code, now,
            )
            for c in codes
        ],
    )  # fmt: skip
