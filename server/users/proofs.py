"""Proofs of who somebody is, beyond the token that they hold: a code, or their password.

Guesses are limited (`attempt`) and each code counts once, however many requests bring it at once.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Literal

from server.audit import service as audit
from server.errors import BadInput, CatchUpError, FieldError, RateLimited
from server.keys import service as keys
from server.lib.scope import Scope
from server.users import queries_mfa, recovery_codes, totp
from server.users.throttle import WrongPassword

# Three of a million codes fit at any time: 960 guesses a day are one chance in 347.
MOST = 10
QUIET = timedelta(minutes=15)

Factor = Literal["totp", "recovery_code"]
# Who knows a password must not be able to lock out those who are signed in: two budgets.
Purpose = Literal["sign_in", "session"]


class WrongProof(BadInput):
    """400: a code or password does not fit; that it was tried stays counted and recorded."""

    keeps_effect = True


@asynccontextmanager
async def attempt(
    scope: Scope,
    purpose: Purpose,
    *,
    is_limited: bool = True,
    address: str | None = None,
    now: datetime,
) -> AsyncIterator[None]:
    """Count an attempt before the block looks at a proof; it counts no more when all went well.

    Recovery codes alone need no limit (`is_limited`): nobody guesses 80 bits, and they let in
    whoever somebody else's guesses keep out. `address` is for the audit trail.

    Raises:
        RateLimited: `too_many_attempts`: ten failed in a row, the last less than 15 minutes ago.
    """
    if is_limited:
        await _take(scope, purpose, now=now)
    try:
        yield
    except (WrongProof, WrongPassword):
        await audit.record(
            scope.household_id,
            "user.sign_in_failed" if purpose == "sign_in" else "session.proof_failed",
            actor_id=None if purpose == "sign_in" else scope.user_id,
            subject_kind="user",
            subject_id=scope.user_id,
            address=address,
            details={"step": "proof"},
            now=now,
        )
        raise
    except CatchUpError:  # for another reason: nothing was guessed
        if is_limited:
            await queries_mfa.give_attempt_back(scope, purpose)
        raise
    if is_limited:
        await queries_mfa.give_attempt_back(scope, purpose)


async def spend_code(scope: Scope, code: str, *, now: datetime) -> Factor:
    """Check a code and spend it, in the transaction of what it allows; return what it was.

    Raises:
        WrongProof: `wrong_code`: it is none, or it was used before.
    """
    text = recovery_codes.plain(code)
    if not is_totp(code):
        if await queries_mfa.use_code(
            scope, recovery_codes.hash_code(scope.user_id, text), now=now
        ):
            return "recovery_code"
        raise wrong_code()
    row = await queries_mfa.get_factor(scope)
    if row is not None and row["confirmed_at"] is not None:
        box = await keys.box(scope.household_id)
        secret = box.open("totp_factors", "secret", row["id"], row["secret"])
        step = totp.matching_step(secret, text, now=now)
        if step is not None and await queries_mfa.use_step(scope, row["id"], step):
            return "totp"
    raise wrong_code()


def is_totp(code: str) -> bool:
    """Say whether a code looks like the app's, and not like a recovery code."""
    text = recovery_codes.plain(code)
    return len(text) == totp.DIGITS and text.isascii() and text.isdigit()


def wrong_code() -> WrongProof:
    """Return the refusal of a code."""
    return WrongProof(
        "The code does not fit, or was used before. The app shows a new one each half minute.",
        code="wrong_code",
        fields=[FieldError("code", "wrong_code", "does not fit, or was used before")],
    )


async def _take(scope: Scope, purpose: Purpose, *, now: datetime) -> None:
    if await queries_mfa.take_attempt(scope, purpose, most=MOST, quiet_since=now - QUIET, now=now):
        return
    last_at = await queries_mfa.get_last_attempt(scope, purpose) or now
    wait_s = max(1, round((last_at + QUIET - now).total_seconds()))
    raise RateLimited(
        f"{MOST} attempts failed: try again in {wait_s} s.",
        code="too_many_attempts",
        headers={"Retry-After": str(wait_s)},
    )
