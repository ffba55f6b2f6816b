"""A user's phone: shown to be theirs by a code that comes by SMS (docs/adr/0028)."""

from datetime import datetime
from uuid import UUID

from server.audit import service as audit
from server.db import transaction
from server.errors import BadInput, Conflict, FieldError, RateLimited
from server.failpoints import Step, durable
from server.keys import macs
from server.keys import service as keys
from server.keys.macs import Use
from server.lib import phones
from server.lib.ids import uuid7
from server.lib.scope import Scope
from server.outbox import service as outbox
from server.preferences import phone_codes as codes
from server.preferences import queries_phone as queries
from server.preferences.schemas_phone import OwnPhoneOut, PhonePending
from server.users import reach
from server.users import service as users
from server.users.proofs import WrongProof


async def get_phone(scope: Scope, *, now: datetime) -> OwnPhoneOut:
    """Return the user's verified phone, and the one that waits for its code."""
    found = await reach.get_phone(scope)
    row = await queries.get_open_code(scope, most=codes.MOST_TRIES, now=now)
    pending = None
    if row is not None:
        box = await keys.box(scope.household_id)
        pending = PhonePending(
            phone=box.open("phone_codes", "phone", row["id"], row["phone"]),
            expires_at=row["expires_at"],
            tries_left=codes.MOST_TRIES - row["attempts"],
        )
    phone, verified_at = found or (None, None)
    return OwnPhoneOut(phone=phone, verified_at=verified_at, pending=pending)


async def ask_for_code(scope: Scope, text: str, *, code: str, now: datetime) -> OwnPhoneOut:
    """Send `code` to the number in `text`; an earlier code of the user's counts no more.

    Nobody learns here whether the number is somebody else's.

    Raises:
        BadInput: `not_a_phone`. RateLimited: `too_many_codes`.
    """
    e164 = await _read_phone(scope, text)
    code_id = uuid7()
    box = await keys.box(scope.household_id)
    number_hash = await macs.mac(Use.PHONE, e164)
    async with transaction():
        await queries.lock_codes(scope, number_hash)
        await _demand_budget(scope, number_hash, now=now)
        await queries.insert_code(
            scope,
            code_id,
            phone=box.seal("phone_codes", "phone", code_id, e164),
            number_hash=number_hash,
            code_hash=await macs.mac(Use.PHONE_CODE, _bound(code_id, code)),
            now=now,
            expires_at=now + codes.LIFE,
        )
        await outbox.write(
            scope,
            kind="phone_code",
            channel="sms",
            address=e164,
            dedupe_key=f"phone_code:{code_id}",
            subject=codes.SUBJECT,
            body=codes.TEXT.format(code=code),
            is_urgent=True,
            life=codes.LIFE,
            cause=outbox.Cause("verification", code_id),
            now=now,
        )
    return await get_phone(scope, now=now)


async def verify(scope: Scope, code: str, *, now: datetime) -> OwnPhoneOut:
    """Make the number that waits the user's phone, if the code fits.

    Who had the number until now loses it, and is told by e-mail: it is with somebody else.

    Raises:
        Conflict: `no_code`: none was asked for, it has expired, or was tried too often.
        WrongProof: `wrong_code`; that it was tried stays counted.
    """
    async with transaction():
        row = await queries.take_try(scope, most=codes.MOST_TRIES, now=now)
    if row is None:
        raise Conflict("Ask for a code first: none is open.", code="no_code")
    if not await macs.fits(Use.PHONE_CODE, _bound(row["id"], code), row["code_hash"]):
        raise _wrong(codes.MOST_TRIES - row["attempts"])
    box = await keys.box(scope.household_id)
    e164 = box.open("phone_codes", "phone", row["id"], row["phone"])
    async with durable(Step.PHONE_VERIFY):
        if not await queries.use_code(scope, row["id"], now=now):
            raise Conflict("This code was used before.", code="no_code")
        former = await reach.set_phone(scope, e164, now=now)
        if former is not None:
            await _tell_former(former, row["id"], now=now)
        await _record(scope, "phone.verified", now=now)
    return await get_phone(scope, now=now)


async def forget_phone(scope: Scope, *, now: datetime) -> None:
    """Forget the user's phone and any code that is waited for; nothing to forget is as good."""
    async with transaction():
        await queries.end_codes(scope, now=now)
        if await reach.clear_phone(scope, now=now):
            await _record(scope, "phone.removed", now=now)


async def _read_phone(scope: Scope, text: str) -> str:
    zone = (await users.me(scope)).zone
    e164 = phones.to_e164(text, phones.region_of_zone(zone))
    if e164 is None or not phones.may_take_sms(e164):
        message = "must be a number that takes SMS, such as +4915123456789"
        raise BadInput(
            "This is no phone number that a code can be sent to; begin with + and the country.",
            code="not_a_phone",
            fields=[FieldError("phone", "not_a_phone", message)],
        )
    return e164


async def _demand_budget(scope: Scope, number_hash: bytes, *, now: datetime) -> None:
    oldest = await queries.find_oldest_beyond(
        scope, number_hash, most=codes.MOST_CODES, since=now - codes.HOUR
    )
    if oldest is not None:
        wait_s = max(1, round((oldest + codes.HOUR - now).total_seconds()))
        raise RateLimited(
            f"{codes.MOST_CODES} codes in an hour are enough: ask again in {wait_s} s.",
            code="too_many_codes",
            headers={"Retry-After": str(wait_s)},
        )


async def _tell_former(former: Scope, code_id: UUID, *, now: datetime) -> None:
    await outbox.write(
        former,
        kind="phone_moved",
        dedupe_key=f"phone_moved:{code_id}",
        subject=codes.MOVED_SUBJECT,
        body=codes.MOVED,
        is_urgent=True,
        cause=outbox.Cause("account", former.user_id),
        now=now,
    )
    await _record(former, "phone.moved_away", now=now)


async def _record(scope: Scope, action: str, *, now: datetime) -> None:
    await audit.record(
        scope.household_id,
        action,
        actor_id=None if action == "phone.moved_away" else scope.user_id,
        subject_kind="user",
        subject_id=scope.user_id,
        now=now,
    )


def _bound(code_id: UUID, code: str) -> str:
    return f"{code_id}|{code}"


def _wrong(left: int) -> WrongProof:
    sentence = f"{left} tries are left." if left else "Ask for another code."
    return WrongProof(
        f"The code does not fit. {sentence}",
        code="wrong_code",
        fields=[FieldError("code", "wrong_code", "does not fit")],
    )
