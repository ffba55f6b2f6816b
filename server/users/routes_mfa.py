"""Second factors: an authenticator app, recovery codes, and proving again who one is."""

from quart import Blueprint
from quart_schema import tag_blueprint, validate_request, validate_response

from server.lib.clock import utc_now
from server.lib.http import errors
from server.limits import Limit
from server.users import challenges
from server.users import mfa as service
from server.users.guards import current_device, current_identity, current_scope, public, requires
from server.users.permissions import Permission
from server.users.schemas import SignedIn
from server.users.schemas_mfa import (
    ConfirmTotpIn,
    DisableIn,
    MfaOut,
    Proven,
    RecoveryCodesOut,
    StepUpIn,
    TotpBegun,
    VerifyIn,
)

mfa = Blueprint("mfa", __name__, url_prefix="/api/auth/mfa")
tag_blueprint(mfa, ["auth"])


@mfa.get("")
@requires(Permission.ACCOUNT_READ)
@validate_response(MfaOut)
async def get_mfa() -> MfaOut:
    """Say whether one has a second factor, needs one, and how many recovery codes are left."""
    return await service.get_status(current_scope())


@mfa.post("/verify")
@public("the challenge and a code prove who calls", limit=Limit.SIGN_IN)
@validate_request(VerifyIn)
@validate_response(SignedIn)
@errors(401)
async def verify_mfa(data: VerifyIn) -> SignedIn:
    """Complete a sign-in by a code of the authenticator app or a recovery code."""
    return await challenges.verify(data, current_device(), now=utc_now())


@mfa.post("/totp")
@requires(Permission.ACCOUNT_WRITE, step_up=True)
@validate_response(TotpBegun, 201)
@errors(409)
async def begin_totp() -> tuple[TotpBegun, int]:
    """Begin with an authenticator app: the reply alone has its secret."""
    return await service.begin_totp(current_scope(), now=utc_now()), 201


@mfa.post("/totp/confirm")
@requires(Permission.ACCOUNT_WRITE)
@validate_request(ConfirmTotpIn)
@validate_response(RecoveryCodesOut)
@errors(409)
async def confirm_totp(data: ConfirmTotpIn) -> RecoveryCodesOut:
    """Turn the app on by its first code; the reply alone has the recovery codes.

    Every other session ends.
    """
    return await service.confirm_totp(current_identity(), data.code, now=utc_now())


@mfa.delete("/totp")
@requires(Permission.ACCOUNT_WRITE)
@validate_request(DisableIn)
@errors(409)
async def disable_totp(data: DisableIn) -> tuple[str, int]:
    """Turn the second factor off; an admin has no admin rights until there is one again."""
    await service.disable_totp(current_identity(), data, now=utc_now())
    return "", 204


@mfa.post("/recovery-codes")
@requires(Permission.ACCOUNT_WRITE, step_up=True)
@validate_response(RecoveryCodesOut)
@errors(409)
async def renew_recovery_codes() -> RecoveryCodesOut:
    """Get ten new recovery codes; the old ones are worth nothing from now on."""
    return await service.renew_codes(current_scope(), now=utc_now())


@mfa.post("/step-up")
@requires(Permission.ACCOUNT_WRITE)
@validate_request(StepUpIn)
@validate_response(Proven)
async def step_up(data: StepUpIn) -> Proven:
    """Prove again who one is, for ten minutes, for acts that cannot be taken back."""
    return await service.step_up(current_identity(), data, now=utc_now())
