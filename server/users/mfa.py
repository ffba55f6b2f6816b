"""Second factors: an authenticator app, recovery codes, and acts that want a fresh proof."""

from datetime import datetime, timedelta
from uuid import UUID

from server.audit import service as audit
from server.db import transaction
from server.errors import BadInput, Conflict, FieldError, NotFound
from server.keys import service as keys
from server.lib.ids import uuid7
from server.lib.scope import Scope
from server.users import (
    proofs,
    queries,
    queries_mfa,
    queries_sessions,
    recovery_codes,
    sessions,
    throttle,
)
from server.users import totp as otp
from server.users.schemas_mfa import (
    DisableIn,
    MfaOut,
    Proven,
    RecoveryCodesOut,
    StepUpIn,
    TotpBegun,
)
from server.users.sessions import PROOF_LASTS, Identity

# A secret that was shown and never confirmed is worth nothing after this.
BEGUN_LASTS = timedelta(hours=1)


async def get_status(scope: Scope) -> MfaOut:
    """Return whether the user has a second factor, must have one, and what is left of it.

    Raises:
        NotFound: the user is gone.
    """
    user = await queries.get_user(scope)
    if user is None:
        raise NotFound
    return MfaOut(
        is_on=await queries_mfa.has_factor(scope),
        is_required=user["server_role"] == "admin",
        recovery_codes_left=await queries_mfa.count_codes(scope),
    )


async def begin_totp(scope: Scope, *, now: datetime) -> TotpBegun:
    """Make a secret for an authenticator app; another that was only begun is forgotten.

    Raises:
        Conflict: `mfa_on`: an app is in force. NotFound: the user is gone.
    """
    secret, factor_id = otp.new_secret(), uuid7()
    box = await keys.box(scope.household_id)
    sealed = box.seal("totp_factors", "secret", factor_id, secret)
    async with transaction():
        user = await queries.lock_user(scope)
        if user is None:
            raise NotFound
        if not await queries_mfa.begin_factor(scope, factor_id, sealed, now=now):
            raise Conflict(
                "You have an authenticator app already: turn it off first.", code="mfa_on"
            )
    return TotpBegun(secret=secret, uri=otp.otpauth_uri(secret, user["email"]))


async def confirm_totp(identity: Identity, code: str, *, now: datetime) -> RecoveryCodesOut:
    """Put the app that was begun in force by its first code; return the recovery codes.

    The user's other sessions end: they were opened without a second factor.

    Raises:
        Conflict: `mfa_not_begun`: nothing waits for its first code.
        WrongProof: `wrong_code`. RateLimited: `too_many_attempts`.
    """
    scope = identity.scope
    async with proofs.attempt(scope, "session", now=now), transaction():
        await queries.lock_user(scope)
        row = await queries_mfa.get_factor(scope)
        if row is None or row["confirmed_at"] or now - row["created_at"] > BEGUN_LASTS:
            raise Conflict("Ask for a secret at POST /api/auth/mfa/totp.", code="mfa_not_begun")
        box = await keys.box(scope.household_id)
        secret = box.open("totp_factors", "secret", row["id"], row["secret"])
        step = otp.matching_step(secret, recovery_codes.plain(code), now=now)
        if step is None:
            raise proofs.wrong_code()
        await queries_mfa.confirm_factor(scope, row["id"], step, now=now)
        await queries_sessions.note_proof(scope, identity.session_id, by_code=True, now=now)
        await sessions.forget_identity(identity)
        ended = await sessions.end_other_sessions(
            scope, identity.session_id, reason="mfa_enabled", now=now
        )
        codes = await _new_codes(scope, now=now)
        await _record(scope, "mfa.enabled", now=now, sessions_ended=ended)
    return codes


async def disable_totp(identity: Identity, data: DisableIn, *, now: datetime) -> None:
    """Turn the second factor off: the app, the recovery codes, and rights that need them.

    Raises:
        Conflict: `mfa_off`. WrongProof: `wrong_password` or `wrong_code`.
        RateLimited: `too_many_attempts`.
    """
    scope = identity.scope
    await _demand_factor(scope)
    async with proofs.attempt(scope, "session", now=now):
        await throttle.check_own_password(
            scope, identity.session_id, data.password, field="password", now=now
        )
        async with transaction():
            await queries.lock_user(scope)
            await proofs.spend_code(scope, data.code, now=now)
            await _forget(scope)
            await _record(scope, "mfa.disabled", now=now)


async def renew_codes(scope: Scope, *, now: datetime) -> RecoveryCodesOut:
    """Replace the recovery codes; the route sees to a fresh proof.

    Raises:
        Conflict: `mfa_off`: they stand in for an app, and there is none.
    """
    async with transaction():
        await queries.lock_user(scope)
        await _demand_factor(scope)
        codes = await _new_codes(scope, now=now)
        await _record(scope, "mfa.recovery_codes_renewed", now=now)
    return codes


async def step_up(identity: Identity, data: StepUpIn, *, now: datetime) -> Proven:
    """Prove again who holds the session: by a code, or the password where there is no factor.

    Raises:
        BadInput: `code_needed` or `password_needed`: it was the other one.
        WrongProof: `wrong_password` or `wrong_code`. RateLimited: `too_many_attempts`.
    """
    scope = identity.scope
    has_factor = await queries_mfa.has_factor(scope)
    wanted = "code" if has_factor else "password"
    if wanted not in data.model_fields_set:
        raise _needed(wanted)
    is_limited = not has_factor or proofs.is_totp(data.code)
    async with proofs.attempt(scope, "session", is_limited=is_limited, now=now):
        if not has_factor:
            await throttle.check_own_password(
                scope, identity.session_id, data.password, field="password", now=now
            )
        async with transaction():
            by = await proofs.spend_code(scope, data.code, now=now) if has_factor else "password"
            await queries_sessions.note_proof(
                scope, identity.session_id, by_code=has_factor, now=now
            )
            await sessions.forget_identity(identity)
            await _record(scope, "session.proven", now=now, by=by)
    return Proven(proven_until=now + PROOF_LASTS)


async def reset(
    scope: Scope, *, by: dict[str, object], actor_id: UUID | None = None, now: datetime
) -> dict[str, int]:
    """Take a user's second factor away; their sessions end. Return what it touched, counted.

    For the audit trail `by` names who did it on the box's own command line, `actor_id` the admin.
    """
    async with transaction():
        await queries.lock_user(scope)
        was_on = await _forget(scope)
        await queries_mfa.delete_attempts(scope)
        ended = await sessions.end_other_sessions(scope, None, reason="mfa_reset", now=now)
        await audit.record(
            scope.household_id,
            "mfa.reset",
            actor_id=actor_id,
            subject_kind="user",
            subject_id=scope.user_id,
            details={**by, "was_on": was_on, "sessions_ended": ended},
            now=now,
        )
    return {"factors_removed": int(was_on), "sessions_ended": ended}


async def _forget(scope: Scope) -> bool:
    """Forget the factor and what hangs on it; say whether one was in force."""
    was_on = await queries_mfa.delete_factor(scope)
    await queries_mfa.delete_challenges(scope)
    await sessions.forget_sessions(await queries_sessions.forget_factor(scope))
    return was_on


async def _demand_factor(scope: Scope) -> None:
    if not await queries_mfa.has_factor(scope):
        raise Conflict("You have no second factor.", code="mfa_off")


async def _new_codes(scope: Scope, *, now: datetime) -> RecoveryCodesOut:
    codes = recovery_codes.new_codes()
    hashes = [recovery_codes.hash_code(scope.user_id, recovery_codes.plain(c)) for c in codes]
    await queries_mfa.replace_codes(scope, hashes, now=now)
    return RecoveryCodesOut(recovery_codes=codes)


async def _record(scope: Scope, action: str, *, now: datetime, **details: object) -> None:
    await audit.record(
        scope.household_id,
        action,
        actor_id=scope.user_id,
        subject_kind="user",
        subject_id=scope.user_id,
        details=details,
        now=now,
    )


def _needed(field: str) -> BadInput:
    word = "a code of your second factor" if field == "code" else "your password"
    return BadInput(
        f"Send {word}.",
        code=f"{field}_needed",
        fields=[FieldError(field, f"{field}_needed", "is what proves it is you")],
    )
