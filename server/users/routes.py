"""Register, sign in and out."""

from pydantic import ValidationError
from quart import Blueprint, request
from quart_schema import tag_blueprint, validate_request, validate_response

from server.lib.clock import utc_now
from server.lib.http import errors, etag, expected_version, tries_each_tag
from server.limits import Limit
from server.users import service, service_passwords, sessions, throttle
from server.users.guards import current_device, current_identity, current_scope, public, requires
from server.users.permissions import Permission
from server.users.schemas import (
    ChangePasswordIn,
    LoginIn,
    ProfilePatch,
    RefreshIn,
    RegisterIn,
    SignedIn,
    UserOut,
)
from server.users.schemas_mfa import ChallengeOut

auth = Blueprint("auth", __name__, url_prefix="/api/auth")
tag_blueprint(auth, ["auth"])


async def _is_known_device() -> bool:
    try:
        data = LoginIn.model_validate(await request.get_json(silent=True))
    except ValidationError:
        return False
    return await throttle.is_known(data.email, data.earlier_token, now=utc_now()) is not None


@auth.post("/register")
@public("nobody has an account before this", limit=Limit.SIGN_IN)
@validate_request(RegisterIn)
@validate_response(SignedIn, 201)
@errors(403, 409)
async def register(data: RegisterIn) -> tuple[SignedIn, int]:
    """Make a user and sign in; the first one becomes admin.

    Later ones need an invitation, or REGISTRATION=open.
    """
    return await service.register(data, current_device(), now=utc_now()), 201


@auth.post("/login")
@public("it proves who calls", limit=Limit.SIGN_IN, unless=_is_known_device)
@validate_request(LoginIn)
@validate_response(SignedIn)
@validate_response(ChallengeOut, 202)
@errors(401)
async def login(data: LoginIn) -> tuple[SignedIn | ChallengeOut, int]:
    """Sign in with e-mail and password; 202: complete it at /api/auth/mfa/verify."""
    reply = await service.login(data, current_device(), now=utc_now())
    return reply, 202 if isinstance(reply, ChallengeOut) else 200


@auth.post("/refresh")
@public("the refresh token proves who calls")
@validate_request(RefreshIn)
@validate_response(SignedIn)
@errors(401)
async def refresh(data: RefreshIn) -> SignedIn:
    """Trade a refresh token for a new pair; each is good for one use."""
    return await service.refresh(data.refresh_token, now=utc_now())


@auth.post("/logout")
@requires(Permission.ACCOUNT_WRITE)
async def logout() -> tuple[str, int]:
    """End this session; its tokens are worth nothing from now on."""
    await sessions.logout(current_identity(), now=utc_now())
    return "", 204


@auth.get("/me")
@requires(Permission.ACCOUNT_READ)
@validate_response(UserOut)
async def me() -> tuple[UserOut, int, dict[str, str]]:
    """Say who is signed in."""
    user = await service.me(current_scope())
    return user, 200, etag(user.version)


@auth.patch("/me")
@requires(Permission.ACCOUNT_WRITE)
@validate_request(ProfilePatch)
@validate_response(UserOut)
@errors(412)
@tries_each_tag
async def change_profile(data: ProfilePatch) -> tuple[UserOut, int, dict[str, str]]:
    """Correct one's own name, zone, place or language."""
    expected = expected_version(request.headers.get("If-Match"))
    user = await service.change_profile(current_identity(), data, expected=expected)
    return user, 200, etag(user.version)


@auth.post("/change-password")
@requires(Permission.ACCOUNT_WRITE)
@validate_request(ChangePasswordIn)
async def change_password(data: ChangePasswordIn) -> tuple[str, int]:
    """Change the password; other sessions, API tokens and open invitations end."""
    await service_passwords.change_password(current_identity(), data, now=utc_now())
    return "", 204
