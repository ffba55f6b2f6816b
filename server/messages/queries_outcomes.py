"""Statements on what came of an attempt.

What is decided about a message needs the token of its lease: whoever lost it decides nothing. That
a provider has it is a fact, whoever learns it; it is held to the number of the attempt.
"""

from datetime import datetime
from uuid import UUID

from server import db
from server.lib.scope import Scope

_MINE = "household_id = $1 AND user_id = $2 AND id = $3 AND lease_token = $4"


async def accept(
    scope: Scope,
    message_id: UUID,
    *,
    attempt: int,
    provider_id: str,
    segments: int | None,
    cost_micros: int | None,
    now: datetime,
) -> bool:
    """Note that the provider has what this attempt handed over; False after a later attempt.

    Its own word may have come before, and have moved the message on: then only what is missing is
    filled in.
    """
    return bool(
        await db.execute(
            """UPDATE outbox_messages SET provider_id = coalesce(provider_id, $5),
                    state = CASE WHEN state IN ('sending', 'unknown', 'pending') THEN 'accepted'
                        ELSE state END,
                    error_code = CASE WHEN state IN ('sending', 'unknown', 'pending') THEN NULL
                        ELSE error_code END,
                    segments = coalesce($6, segments), cost_micros = coalesce($7, cost_micros),
                    sent_at = coalesce(sent_at, $8), in_doubt_since = NULL,
                    lease_token = NULL, leased_until = NULL
                WHERE household_id = $1 AND user_id = $2 AND id = $3 AND attempts = $4
                    AND state <> 'suppressed'""",
            scope.household_id,
            scope.user_id,
            message_id,
            attempt,
            provider_id,
            segments,
            cost_micros,
            now,
        )
    )


async def finish(
    scope: Scope, message_id: UUID, state: str, code: str | None, *, now: datetime
) -> bool:
    """Move an accepted message on, to `delivered` or `failed`; say whether it was accepted."""
    return bool(
        await db.execute(
            """UPDATE outbox_messages SET state = $4::text, error_code = $5,
                    delivered_at = CASE WHEN $4::text = 'delivered' THEN $6 ELSE delivered_at END
                WHERE household_id = $1 AND user_id = $2 AND id = $3 AND state = 'accepted'""",
            scope.household_id,
            scope.user_id,
            message_id,
            state,
            code,
            now,
        )
    )


async def fail(scope: Scope, message_id: UUID, token: UUID, code: str) -> bool:
    """Give a message up; False when the lease is lost."""
    return bool(
        await db.execute(
            f"""UPDATE outbox_messages SET state = 'failed', error_code = $5,
                    in_doubt_since = NULL, lease_token = NULL, leased_until = NULL
                WHERE {_MINE} AND state = 'sending'""",
            scope.household_id,
            scope.user_id,
            message_id,
            token,
            code,
        )
    )


async def try_again(
    scope: Scope, message_id: UUID, token: UUID, code: str | None, *, at: datetime
) -> bool:
    """Let a message that the provider certainly does not have leave later; False: lease lost."""
    return bool(
        await db.execute(
            f"""UPDATE outbox_messages SET state = 'pending', next_attempt_at = $5,
                    error_code = coalesce($6, error_code), in_doubt_since = NULL,
                    lease_token = NULL, leased_until = NULL
                WHERE {_MINE} AND state IN ('sending', 'unknown')""",
            scope.household_id,
            scope.user_id,
            message_id,
            token,
            at,
            code,
        )
    )


async def doubt(
    scope: Scope,
    message_id: UUID,
    token: UUID,
    code: str | None,
    *,
    since: datetime,
    look_at: datetime,
) -> bool:
    """Keep a message in doubt: whoever is there looks at it then. False when the lease is lost."""
    return bool(
        await db.execute(
            f"""UPDATE outbox_messages SET in_doubt_since = $5, leased_until = $6,
                    error_code = coalesce($7, error_code)
                WHERE {_MINE} AND state = 'sending'""",
            scope.household_id,
            scope.user_id,
            message_id,
            token,
            since,
            look_at,
            code,
        )
    )


async def park(
    scope: Scope,
    message_id: UUID,
    token: UUID,
    code: str | None,
    *,
    since: datetime,
    look_at: datetime | None,
) -> bool:
    """Let a message be `unknown`, to be looked at then, or by nobody any more."""
    return bool(
        await db.execute(
            f"""UPDATE outbox_messages SET state = 'unknown', in_doubt_since = $5,
                    next_attempt_at = coalesce($6, next_attempt_at),
                    lease_token = CASE WHEN $6::timestamptz IS NULL THEN NULL ELSE lease_token END,
                    leased_until = NULL, error_code = coalesce($7, error_code)
                WHERE {_MINE} AND state IN ('sending', 'unknown')""",
            scope.household_id,
            scope.user_id,
            message_id,
            token,
            since,
            look_at,
            code,
        )
    )


async def hold_user(scope: Scope) -> None:
    """Hold a user until the commit."""
    await db.execute(
        "SELECT FROM users WHERE household_id = $1 AND id = $2 FOR NO KEY UPDATE",
        scope.household_id,
        scope.user_id,
    )


async def list_provider_ids(scope: Scope, channel: str, *, but_of: UUID) -> list[str]:
    """Return the provider's names of the user's other messages, the newest 200."""
    rows = await db.fetch(
        """SELECT provider_id FROM outbox_messages WHERE household_id = $1 AND user_id = $2
            AND channel = $3 AND id <> $4 AND provider_id IS NOT NULL
            ORDER BY attempt_at DESC NULLS LAST LIMIT 200""",
        scope.household_id,
        scope.user_id,
        channel,
        but_of,
    )
    return [row["provider_id"] for row in rows]
