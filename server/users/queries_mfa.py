"""Statements on second factors, the sign-ins that wait for one, and the attempts at them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from server import db
from server.db import Row
from server.lib.ids import uuid7
from server.lib.scope import Scope

_OWN = "household_id = $1 AND user_id = $2"


async def get_factor(scope: Scope) -> Row | None:
    """Return the user's authenticator app, confirmed or only begun."""
    return await db.fetch_row(
        f"""SELECT id, secret, created_at, confirmed_at, last_step FROM totp_factors
            WHERE {_OWN}""",
        scope.household_id,
        scope.user_id,
    )


async def has_factor(scope: Scope) -> bool:
    """Say whether the user signs in with a second factor."""
    return bool(
        await db.fetch_value(
            f"""SELECT EXISTS (SELECT FROM totp_factors
                WHERE {_OWN} AND confirmed_at IS NOT NULL)""",
            scope.household_id,
            scope.user_id,
        )
    )


async def begin_factor(scope: Scope, factor_id: UUID, secret: bytes, *, now: datetime) -> bool:
    """Store a secret that waits for its first code; False when one is in force already."""
    await db.execute(
        f"DELETE FROM totp_factors WHERE {_OWN} AND confirmed_at IS NULL",
        scope.household_id,
        scope.user_id,
    )
    return bool(
        await db.execute(
            """INSERT INTO totp_factors (id, household_id, user_id, secret, created_at)
                VALUES ($3, $1, $2, $4, $5) ON CONFLICT (user_id) DO NOTHING""",
            scope.household_id,
            scope.user_id,
            factor_id,
            secret,
            now,
        )
    )


async def confirm_factor(scope: Scope, factor_id: UUID, step: int, *, now: datetime) -> bool:
    """Put a begun factor in force; False when another request did."""
    return bool(
        await db.execute(
            f"""UPDATE totp_factors SET confirmed_at = $4, last_step = $5
                WHERE {_OWN} AND id = $3 AND confirmed_at IS NULL""",
            scope.household_id,
            scope.user_id,
            factor_id,
            now,
            step,
        )
    )


async def use_step(scope: Scope, factor_id: UUID, step: int) -> bool:
    """Spend a time step's code; False when it, or one after it, was used before."""
    return bool(
        await db.execute(
            f"""UPDATE totp_factors SET last_step = $4
                WHERE {_OWN} AND id = $3 AND confirmed_at IS NOT NULL AND last_step < $4""",
            scope.household_id,
            scope.user_id,
            factor_id,
            step,
        )
    )


async def delete_factor(scope: Scope) -> bool:
    """Forget the user's app and recovery codes; False when there was no app in force."""
    await db.execute(f"DELETE FROM recovery_codes WHERE {_OWN}", scope.household_id, scope.user_id)
    return bool(
        await db.fetch_value(
            f"""DELETE FROM totp_factors WHERE {_OWN} RETURNING confirmed_at IS NOT NULL""",
            scope.household_id,
            scope.user_id,
        )
    )


async def replace_codes(scope: Scope, hashes: Sequence[bytes], *, now: datetime) -> None:
    """Replace the user's recovery codes, used ones included."""
    await db.execute(f"DELETE FROM recovery_codes WHERE {_OWN}", scope.household_id, scope.user_id)
    await db.execute(
        """INSERT INTO recovery_codes (id, household_id, user_id, code_hash, created_at)
            SELECT id, $1, $2, hash, $5 FROM unnest($3::uuid[], $4::bytea[]) AS new (id, hash)""",
        scope.household_id,
        scope.user_id,
        [uuid7() for _ in hashes],
        hashes,
        now,
    )


async def use_code(scope: Scope, code_hash: bytes, *, now: datetime) -> bool:
    """Spend a recovery code; False when there is none such, or it was used before."""
    return bool(
        await db.execute(
            f"""UPDATE recovery_codes SET used_at = $4
                WHERE {_OWN} AND code_hash = $3 AND used_at IS NULL""",
            scope.household_id,
            scope.user_id,
            code_hash,
            now,
        )
    )


async def count_codes(scope: Scope) -> int:
    """Return how many recovery codes are left."""
    return int(
        await db.fetch_value(
            f"SELECT count(*) FROM recovery_codes WHERE {_OWN} AND used_at IS NULL",
            scope.household_id,
            scope.user_id,
        )
    )


async def insert_challenge(
    scope: Scope, token_hash: bytes, *, now: datetime, expires_at: datetime
) -> None:
    """Add a sign-in that waits for its second factor; those of the user that expired go."""
    await db.execute(
        f"DELETE FROM sign_in_challenges WHERE {_OWN} AND expires_at <= $3",
        scope.household_id,
        scope.user_id,
        now,
    )
    await db.execute(
        """INSERT INTO sign_in_challenges
                (id, household_id, user_id, token_hash, created_at, expires_at)
            VALUES ($3, $1, $2, $4, $5, $6)""",
        scope.household_id,
        scope.user_id,
        uuid7(),
        token_hash,
        now,
        expires_at,
    )


async def find_challenge(token_hash: bytes, *, most: int, now: datetime) -> Row | None:
    """Count one attempt at an open challenge and return whose it is; None when it is over."""
    return await db.fetch_row(
        """UPDATE sign_in_challenges SET attempts = attempts + 1
            WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2 AND attempts < $3
            RETURNING id, household_id, user_id""",
        token_hash,
        now,
        most,
    )


async def use_challenge(scope: Scope, challenge_id: UUID, *, now: datetime) -> bool:
    """Spend a challenge; False when another request did, or it was called off."""
    return bool(
        await db.execute(
            f"""UPDATE sign_in_challenges SET used_at = $4
                WHERE {_OWN} AND id = $3 AND used_at IS NULL""",
            scope.household_id,
            scope.user_id,
            challenge_id,
            now,
        )
    )


async def delete_challenges(scope: Scope) -> None:
    """Call off every sign-in that waits for its second factor."""
    await db.execute(
        f"DELETE FROM sign_in_challenges WHERE {_OWN}", scope.household_id, scope.user_id
    )


async def take_attempt(
    scope: Scope, purpose: str, *, most: int, quiet_since: datetime, now: datetime
) -> bool:
    """Count an attempt at a proof; False when there were `most` in a row.

    The row ends when none was made since `quiet_since`.
    """
    return bool(
        await db.execute(
            """INSERT INTO proof_budgets AS b
                    (id, household_id, user_id, purpose, attempts, last_at)
                VALUES ($3, $1, $2, $4, 1, $5)
                ON CONFLICT (user_id, purpose) DO UPDATE SET last_at = $5,
                    attempts = CASE WHEN b.last_at <= $6 THEN 1 ELSE b.attempts + 1 END
                    WHERE b.last_at <= $6 OR b.attempts < $7""",
            scope.household_id,
            scope.user_id,
            uuid7(),
            purpose,
            now,
            quiet_since,
            most,
        )
    )


async def give_attempt_back(scope: Scope, purpose: str) -> None:
    """Count the last attempt no more: it succeeded."""
    await db.execute(
        f"""UPDATE proof_budgets SET attempts = attempts - 1
            WHERE {_OWN} AND purpose = $3 AND attempts > 0""",
        scope.household_id,
        scope.user_id,
        purpose,
    )


async def get_last_attempt(scope: Scope, purpose: str) -> datetime | None:
    """Return when the last attempt was made."""
    value: datetime | None = await db.fetch_value(
        f"SELECT last_at FROM proof_budgets WHERE {_OWN} AND purpose = $3",
        scope.household_id,
        scope.user_id,
        purpose,
    )
    return value


async def delete_attempts(scope: Scope) -> None:
    """Forget the attempts that failed."""
    await db.execute(f"DELETE FROM proof_budgets WHERE {_OWN}", scope.household_id, scope.user_id)
