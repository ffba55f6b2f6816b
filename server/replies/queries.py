"""Statements on replies and on what they did."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from server import db
from server.db import Row
from server.lib.scope import Scope

_NOTE = "id, channel, body, state, outcome_code, received_at, handled_at"


@dataclass(frozen=True, slots=True)
class Action:
    """A row of `reply_actions` to be."""

    id: UUID
    inbox_message_id: UUID
    suggestion_id: UUID
    code: int
    action: str
    left_as: str
    before_state: str
    before_slot_start: datetime | None
    before_slot_end: datetime | None
    before_snoozed_until: datetime | None


async def find_next_received(*, now: datetime) -> Row | None:
    """Lock and return the oldest reply that nobody works on, with its user.

    Of the whole server: the job serves everybody. A user's replies are handled in the order in
    which they came, by however many workers.
    """
    return await db.fetch_row(
        """SELECT m.id, m.household_id, m.user_id, m.channel, m.provider, m.body, m.attempts,
                u.name, u.language, u.zone, u.disabled_at IS NOT NULL AS is_disabled
            FROM inbox_messages m
            JOIN users u ON u.household_id = m.household_id AND u.id = m.user_id
            WHERE m.state = 'received'
                AND (m.next_attempt_at IS NULL OR m.next_attempt_at <= $1)
                AND NOT EXISTS (SELECT FROM inbox_messages earlier
                    WHERE earlier.user_id = m.user_id AND earlier.state = 'received'
                        AND (earlier.received_at, earlier.id) < (m.received_at, m.id))
            ORDER BY m.received_at, m.id LIMIT 1 FOR UPDATE OF m SKIP LOCKED""",
        now,
    )


async def find_any_received(*, now: datetime) -> bool:
    """Say whether any reply of the server's waits for its turn."""
    return bool(
        await db.fetch_value(
            """SELECT EXISTS (SELECT FROM inbox_messages WHERE state = 'received'
                AND (next_attempt_at IS NULL OR next_attempt_at <= $1))""",
            now,
        )
    )


async def finish(
    scope: Scope, message_id: UUID, *, state: str, outcome_code: str, now: datetime
) -> None:
    """Say what has come of a reply."""
    await db.execute(
        """UPDATE inbox_messages SET state = $4, outcome_code = $5, handled_at = $6,
                next_attempt_at = NULL
            WHERE household_id = $1 AND user_id = $2 AND id = $3""",
        scope.household_id,
        scope.user_id,
        message_id,
        state,
        outcome_code,
        now,
    )


async def note_failure(scope: Scope, message_id: UUID, *, next_attempt_at: datetime) -> None:
    """Count a failure of one that still waits; it has its turn again at `next_attempt_at`."""
    await db.execute(
        """UPDATE inbox_messages SET attempts = attempts + 1, next_attempt_at = $4
            WHERE household_id = $1 AND user_id = $2 AND id = $3 AND state = 'received'""",
        scope.household_id,
        scope.user_id,
        message_id,
        next_attempt_at,
    )


async def count_unasked(scope: Scope, *, since: datetime) -> int:
    """Return how many replies that were no command the user has sent since."""
    return int(
        await db.fetch_value(
            """SELECT count(*) FROM inbox_messages WHERE household_id = $1 AND user_id = $2
                AND handled_at > $3 AND outcome_code IN ('note', 'unclear', 'empty')""",
            scope.household_id,
            scope.user_id,
            since,
        )
    )


async def list_pending(scope: Scope, suggestion_ids: Sequence[UUID]) -> set[UUID]:
    """Return which of these suggestions of the user nobody has answered yet."""
    rows = await db.fetch(
        """SELECT id FROM suggestions WHERE household_id = $1 AND user_id = $2
            AND id = ANY($3) AND state = 'pending'""",
        scope.household_id,
        scope.user_id,
        suggestion_ids,
    )
    return {row["id"] for row in rows}


async def insert_action(scope: Scope, action: Action, *, now: datetime) -> None:
    """Keep what a reply did, in the transaction that does it."""
    await db.execute(
        """INSERT INTO reply_actions (household_id, user_id, applied_at, id, inbox_message_id,
                suggestion_id, code, action, left_as, before_state, before_slot_start,
                before_slot_end, before_snoozed_until)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)""",
        scope.household_id,
        scope.user_id,
        now,
        action.id,
        action.inbox_message_id,
        action.suggestion_id,
        action.code,
        action.action,
        action.left_as,
        action.before_state,
        action.before_slot_start,
        action.before_slot_end,
        action.before_snoozed_until,
    )


async def list_last_actions(scope: Scope, *, since: datetime) -> list[Row]:
    """Return what the user's last reply that did anything did, the last first; since then at most.

    What was taken back already is left out: an undo does not reach the reply before.
    """
    return await db.fetch(
        """SELECT id, suggestion_id, code, left_as, before_state, before_slot_start,
                before_slot_end, before_snoozed_until
            FROM reply_actions
            WHERE household_id = $1 AND user_id = $2 AND undone_at IS NULL AND applied_at > $3
                AND inbox_message_id = (SELECT inbox_message_id FROM reply_actions
                    WHERE household_id = $1 AND user_id = $2
                    ORDER BY applied_at DESC, id DESC LIMIT 1)
            ORDER BY id DESC""",
        scope.household_id,
        scope.user_id,
        since,
    )


async def find_slot_before_snooze(scope: Scope, suggestion_id: UUID) -> Row | None:
    """Return start and end of the time that a suggestion had before a reply put it off."""
    return await db.fetch_row(
        """SELECT before_slot_start AS start, before_slot_end AS "end" FROM reply_actions
            WHERE household_id = $1 AND user_id = $2 AND suggestion_id = $3
                AND action = 'snooze' AND before_state = 'pending' AND undone_at IS NULL
            ORDER BY applied_at DESC, id DESC LIMIT 1""",
        scope.household_id,
        scope.user_id,
        suggestion_id,
    )


async def set_undone(scope: Scope, action_id: UUID, *, now: datetime) -> None:
    """Note that an action was taken back."""
    await db.execute(
        """UPDATE reply_actions SET undone_at = $4
            WHERE household_id = $1 AND user_id = $2 AND id = $3""",
        scope.household_id,
        scope.user_id,
        action_id,
        now,
    )


async def list_replies(
    scope: Scope, *, states: Sequence[str], after: tuple[Any, ...] | None, limit: int
) -> list[Row]:
    """Return the user's replies in these states, newest first, after a cursor's (at, id)."""
    return await db.fetch(
        f"""SELECT {_NOTE} FROM inbox_messages
            WHERE household_id = $1 AND user_id = $2 AND state = ANY($3)
                AND ($5::uuid IS NULL OR (received_at, id) < ($4::timestamptz, $5))
            ORDER BY received_at DESC, id DESC LIMIT $6""",
        scope.household_id,
        scope.user_id,
        states,
        after[0] if after else None,
        after[1] if after else None,
        limit,
    )


async def get_reply(scope: Scope, message_id: UUID, *, lock: bool = False) -> Row | None:
    """Return one reply of the user; `lock` holds it until the commit."""
    held = " FOR UPDATE" if lock else ""
    return await db.fetch_row(
        f"""SELECT {_NOTE} FROM inbox_messages
            WHERE household_id = $1 AND user_id = $2 AND id = $3{held}""",
        scope.household_id,
        scope.user_id,
        message_id,
    )


async def get_receipt(scope: Scope, message_id: UUID) -> Row | None:
    """Return id and sealed body of the message that answered a reply."""
    return await db.fetch_row(
        """SELECT id, body FROM outbox_messages WHERE household_id = $1 AND user_id = $2
            AND cause_kind = 'inbox' AND cause_id = $3 ORDER BY created_at LIMIT 1""",
        scope.household_id,
        scope.user_id,
        message_id,
    )
