"""How many passwords are tried: of an account, a known device, a session (ADR 0022).

Counted in PostgreSQL: a flushed Redis gives nobody new tries. An address is counted beside it,
in Redis (`Limit.SIGN_IN`).
"""

import hashlib
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from server.audit import service as audit
from server.db import transaction
from server.errors import BadInput, FieldError, RateLimited
from server.lib.fields import canonical_email
from server.lib.gcra import Rule
from server.lib.opaque_tokens import hash_token
from server.lib.scope import Scope
from server.users import passwords, queries
from server.users import queries_throttle as budgets

# Five at once and one more each three minutes: never more than ten in any fifteen minutes.
TRIES = Rule(5, 900)
# Whoever has just chosen a new password by mail is known this long.
RESET_KNOWN = timedelta(hours=1)

Noted = Callable[[datetime], Coroutine[Any, Any, None]]


class TriesUsedUp(RateLimited):
    """429: too many passwords were tried; what was noted of it stays."""

    code = "too_many_tries"
    keeps_effect = True


class WrongPassword(BadInput):
    """400: the password in use does not fit; that it was tried counts, however it was sent."""

    code = "wrong_password"
    keeps_effect = True


@dataclass(frozen=True, slots=True)
class Try:
    """One try that was taken from a budget."""

    name: bytes


async def take(
    kind: str, who: str, *, now: datetime, rule: Rule = TRIES, noted: Noted | None = None
) -> Try:
    """Take one try from the budget of `who`; `noted` runs at the first refusal of a period.

    Raises:
        TriesUsedUp: none is left; `Retry-After` says when there is one.
    """
    name = _name(kind, who)
    every = timedelta(microseconds=rule.every_us)
    span = timedelta(seconds=rule.period_s)
    if await budgets.find_and_take(name, every=every, span=span, now=now):
        return Try(name)
    row = await budgets.find_budget(name)
    left = min(row["full_at"] - now, span) + every - span if row else every
    is_first = await budgets.find_and_note_refusal(name, span=span, every=span, now=now)
    if is_first and noted is not None:
        await noted(now)
    wait_s = max(1, -(-left // timedelta(seconds=1)))
    raise TriesUsedUp(
        f"That was tried too often: come back in {wait_s} s.",
        headers={"Retry-After": str(wait_s)},
    )


async def give_back(taken: Try, *, rule: Rule = TRIES) -> None:
    """Put a try back that turned out to be no guess; in the transaction that shows it."""
    await budgets.find_and_give_back(taken.name, every=timedelta(microseconds=rule.every_us))


async def is_known(email: str, earlier_token: str | None, *, now: datetime) -> UUID | None:
    """Return what a client's earlier token belongs to, if it is one of this e-mail's user."""
    if earlier_token is None:
        return None
    return await budgets.find_known(hash_token(earlier_token), email, reset_since=now - RESET_KNOWN)


async def take_sign_in(
    email: str, earlier_token: str | None, *, address: str, now: datetime
) -> Try:
    """Take a try at signing in: a known device has its own, all others share the account's.

    `email` is canonical. An unknown one has a budget, too, and is refused alike.

    Raises:
        TriesUsedUp: none is left.
    """
    known = await is_known(email, earlier_token, now=now)

    async def noted(now: datetime) -> None:
        row = await queries.find_user_by_email(email)
        await audit.record(
            row["household_id"] if row else audit.SERVER_CHAIN,
            "user.sign_in_throttled",
            actor_id=None,
            subject_kind="user" if row else None,
            subject_id=row["id"] if row else None,
            address=address,
            details={"known_device": known is not None},
            now=now,
        )

    if known is None:
        return await take("account", email, now=now, noted=noted)
    return await take("device", str(known), now=now, noted=noted)


async def check_own_password(
    scope: Scope, session_id: UUID, password: str, *, field: str, now: datetime
) -> None:
    """Check the password of the user who calls, at most as often as at sign-in.

    Counted by session, so that who stole one locks no other device out.

    Raises:
        WrongPassword: it does not fit; `field` is named. TriesUsedUp: none is left.
    """

    async def noted(now: datetime) -> None:
        await audit.record(
            scope.household_id,
            "user.password_tries_used_up",
            actor_id=scope.user_id,
            subject_kind="session",
            subject_id=session_id,
            now=now,
        )

    taken = await take("session", str(session_id), now=now, noted=noted)
    row = await queries.get_user(scope)
    if not await passwords.check_password(row["password_hash"] if row else None, password):
        raise WrongPassword(
            "The password in use does not fit.",
            fields=[FieldError(field, "wrong_password", "does not fit")],
        )
    await give_back(taken)


async def forgive(scope: Scope, email: str, *, by: dict[str, Any], now: datetime) -> None:
    """Give a user's account all of its tries back; `by` names who did it, for the audit."""
    async with transaction():
        await budgets.find_and_fill(_name("account", canonical_email(email)))
        await audit.record(
            scope.household_id,
            "user.unlocked",
            actor_id=None,
            subject_kind="user",
            subject_id=scope.user_id,
            details=by,
            now=now,
        )


def _name(kind: str, who: str) -> bytes:
    """Return what a budget is kept under: e-mails that nobody here has are not stored."""
    return hashlib.sha256(f"{kind}:{who}".encode()).digest()
