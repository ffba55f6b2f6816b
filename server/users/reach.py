"""How a user is reached, and found by it: their e-mail address and their verified phone."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from server.keys import blind_index
from server.keys import service as keys
from server.keys.classes import BLIND_INDEXES
from server.lib.fields import canonical_email
from server.lib.scope import Scope
from server.users import queries_reach

_PHONE = BLIND_INDEXES[0]

NumberStep = Callable[[Scope, str | None, str | None, datetime], Awaitable[None]]
number_steps: list[NumberStep] = []
"""What follows when a user's number is another, or none: (scope, before, after, now), in the
transaction that changes it; set by server/wiring.py."""


async def find_by_phone(e164: str) -> Scope | None:
    """Return whose verified phone this is, under any key of the index; None: nobody's.

    Who cannot sign in any more is nobody.
    """
    row = await queries_reach.find_by_phone(await blind_index.digests_of(_PHONE, e164))
    return Scope(row["household_id"], row["id"]) if row else None


async def find_by_email(address: str) -> Scope | None:
    """Return whose e-mail address this is, however it is written; None: nobody's, or no address."""
    try:
        email = canonical_email(address)
    except ValueError:
        return None
    row = await queries_reach.find_by_email(email)
    return Scope(row["household_id"], row["id"]) if row else None


async def get_phone(scope: Scope) -> tuple[str, datetime] | None:
    """Return the user's verified phone as E.164 and when it was verified."""
    row = await queries_reach.get_phone(scope)
    if row is None:
        return None
    box = await keys.box(scope.household_id)
    return box.open("users", "phone", scope.user_id, row["phone"]), row["phone_verified_at"]


async def set_phone(scope: Scope, e164: str, *, now: datetime) -> Scope | None:
    """Make a number the user's verified phone; return who had it until now, and has none then.

    In one transaction with what proves that they hold it. Two who prove it at once take turns.
    """
    await queries_reach.lock_phones()
    digests = await blind_index.digests_of(_PHONE, e164)
    row = await queries_reach.find_by_phone(digests, with_disabled=True)
    former = Scope(row["household_id"], row["id"]) if row else None
    if former is not None and former != scope:
        await clear_phone(former, now=now)
    own = await get_phone(scope)
    box = await keys.box(scope.household_id)
    sealed = box.seal("users", "phone", scope.user_id, e164)
    columns = await blind_index.columns_for(_PHONE, e164)
    await queries_reach.set_phone(scope, sealed, columns, now=now)
    await _follow(scope, own[0] if own else None, e164, now=now)
    return former if former != scope else None


async def clear_phone(scope: Scope, *, now: datetime) -> bool:
    """Forget the user's phone; False when there was none. In the caller's transaction."""
    own = await get_phone(scope)
    is_cleared = await queries_reach.clear_phone(scope)
    if own is not None:
        await _follow(scope, own[0], None, now=now)
    return is_cleared


async def _follow(scope: Scope, before: str | None, after: str | None, *, now: datetime) -> None:
    if before != after:
        for step in number_steps:
            await step(scope, before, after, now)
