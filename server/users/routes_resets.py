"""Choose a new password without the old one."""

import asyncio

from quart import Blueprint, Response
from quart_schema import hide, tag_blueprint, validate_request, validate_response

from server.config import settings
from server.lib.clock import utc_now
from server.limits import Limit
from server.users import resets as service
from server.users.guards import current_device, public
from server.users.reset_page import PAGE, POLICY
from server.users.schemas_resets import ResetAsked, ResetConfirmIn, ResetIn

resets = Blueprint("resets", __name__)
tag_blueprint(resets, ["auth"])

# Every answer takes as long, whether there is such a user or not.
ANSWER_S = 0.25


@resets.post("/api/auth/password-reset")
@public("who forgot their password cannot sign in", limit=Limit.SIGN_IN)
@validate_request(ResetIn)
@validate_response(ResetAsked, 202)
async def request_password_reset(data: ResetIn) -> tuple[ResetAsked, int]:
    """Ask for a link to choose a new password; the answer tells nobody who has an account."""
    asked = service.request_reset(
        data.email,
        address=current_device().address,
        base_url=settings().base_url,
        now=utc_now(),
    )
    await asyncio.gather(asked, asyncio.sleep(ANSWER_S))
    return ResetAsked(detail="If somebody here has this e-mail, a message is on its way."), 202


@resets.post("/api/auth/password-reset/confirm")
@public("the token proves who calls", limit=Limit.SIGN_IN)
@validate_request(ResetConfirmIn)
async def confirm_password_reset(data: ResetConfirmIn) -> tuple[str, int]:
    """Choose a new password by a token; sessions, API tokens and invitations end, not MFA."""
    await service.confirm_reset(data, address=current_device().address, now=utc_now())
    return "", 204


@resets.get("/password-reset")
@hide
@public("who forgot their password cannot sign in")
async def password_reset_page() -> Response:
    """Return the page behind the link."""
    return Response(
        PAGE,
        content_type="text/html; charset=utf-8",
        headers={"Content-Security-Policy": POLICY, "Cache-Control": "no-store"},
    )
