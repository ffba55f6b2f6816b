"""Signing in with a second factor: the password opens a challenge, a code completes it."""

from datetime import datetime, timedelta

from server.audit import service as audit
from server.db import transaction
from server.errors import Unauthorized
from server.lib.opaque_tokens import hash_token, new_token
from server.lib.scope import Scope
from server.users import proofs, queries, queries_mfa
from server.users.proofs import WrongProof
from server.users.schemas import SignedIn
from server.users.schemas_mfa import ChallengeOut, VerifyIn
from server.users.sessions import Device
from server.users.signed_in import sign_in, user_of

PREFIX = "cmc_"
LIFE = timedelta(minutes=5)
MOST_ATTEMPTS = 5


async def challenge(scope: Scope, device: Device, *, now: datetime) -> ChallengeOut | None:
    """Open a challenge for a user whose password fits; None when they have no second factor.

    Call it in the transaction that holds the user: a password that changes calls it off. It is
    recorded: one that nobody completes tells of a stolen password.
    """
    if not await queries_mfa.has_factor(scope):
        return None
    token, token_hash = new_token(PREFIX)
    expires_at = now + LIFE
    await queries_mfa.insert_challenge(scope, token_hash, now=now, expires_at=expires_at)
    await audit.record(
        scope.household_id,
        "user.challenged",
        actor_id=None,
        subject_kind="user",
        subject_id=scope.user_id,
        address=device.address,
        now=now,
    )
    return ChallengeOut(challenge=token, expires_at=expires_at)


async def verify(data: VerifyIn, device: Device, *, now: datetime) -> SignedIn:
    """Complete a sign-in by a code.

    Raises:
        Unauthorized: `challenge_invalid`: used, expired, called off, or tried five times.
            `wrong_code`: the code does not fit, or was used before.
        RateLimited: `too_many_attempts`.
    """
    row = await queries_mfa.find_challenge(hash_token(data.challenge), most=MOST_ATTEMPTS, now=now)
    if row is None:
        raise _invalid()
    scope = Scope(row["household_id"], row["user_id"])
    try:
        async with (
            proofs.attempt(
                scope,
                "sign_in",
                is_limited=proofs.is_totp(data.code),
                address=device.address,
                now=now,
            ),
            transaction(),
        ):
            if await queries.lock_password_hash(scope) is None:
                raise _invalid()  # disabled meanwhile
            factor = await proofs.spend_code(scope, data.code, now=now)
            if not await queries_mfa.use_challenge(scope, row["id"], now=now):
                raise _invalid()
            user = await queries.get_user(scope)
            if user is None:
                raise _invalid()
            return await sign_in(user_of(user), device, now=now, factor=factor)
    except WrongProof as refused:
        raise Unauthorized(refused.detail, code=refused.code) from None


def _invalid() -> Unauthorized:
    return Unauthorized("This sign-in is over: begin again.", code="challenge_invalid")
