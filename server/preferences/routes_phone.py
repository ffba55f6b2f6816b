"""The phone that a user gets SMS on, and answers from."""

from quart import Blueprint
from quart_schema import tag_blueprint, validate_request, validate_response

from server.lib.clock import utc_now
from server.lib.http import errors
from server.preferences import service_phone as service
from server.preferences.phone_codes import new_code
from server.preferences.schemas_phone import OwnPhoneIn, OwnPhoneOut, PhoneCodeIn
from server.users.guards import current_scope, requires
from server.users.permissions import Permission

phone = Blueprint("phone", __name__, url_prefix="/api/preferences/phone")
tag_blueprint(phone, ["preferences"])


@phone.get("")
@requires(Permission.PREFERENCES_READ)
@validate_response(OwnPhoneOut)
async def get_phone() -> OwnPhoneOut:
    """Show the user's verified phone, and the one that waits for its code."""
    return await service.get_phone(current_scope(), now=utc_now())


@phone.post("")
@requires(Permission.PREFERENCES_WRITE)
@validate_request(OwnPhoneIn)
@validate_response(OwnPhoneOut, 202)
async def ask_for_phone_code(data: OwnPhoneIn) -> tuple[OwnPhoneOut, int]:
    """Send a code of six digits to a phone; it is valid for ten minutes."""
    found = await service.ask_for_code(current_scope(), data.phone, code=new_code(), now=utc_now())
    return found, 202


@phone.post("/verify")
@requires(Permission.PREFERENCES_WRITE)
@validate_request(PhoneCodeIn)
@validate_response(OwnPhoneOut)
@errors(409)
async def verify_phone(data: PhoneCodeIn) -> OwnPhoneOut:
    """Make the phone the user's, by the code that was sent to it."""
    return await service.verify(current_scope(), data.code, now=utc_now())


@phone.delete("")
@requires(Permission.PREFERENCES_WRITE)
async def delete_phone() -> tuple[str, int]:
    """Forget the user's phone: no SMS is sent or taken any more."""
    await service.forget_phone(current_scope(), now=utc_now())
    return "", 204
