"""Invite people into one's household."""

from uuid import UUID

from quart import Blueprint
from quart_schema import tag_blueprint, validate_querystring, validate_request, validate_response

from server.lib.clock import utc_now
from server.lib.http import errors
from server.lib.paging import ShortListQuery
from server.users import invitations as service
from server.users.guards import current_scope, requires
from server.users.permissions import Permission
from server.users.schemas_invitations import InvitationCreated, InvitationIn, InvitationPage

invitations = Blueprint("invitations", __name__, url_prefix="/api/invitations")
tag_blueprint(invitations, ["invitations"])


@invitations.post("")
@requires(Permission.ACCOUNT_WRITE, step_up=True)
@validate_request(InvitationIn)
@validate_response(InvitationCreated, 201)
@errors(409)
async def create_invitation(data: InvitationIn) -> tuple[InvitationCreated, int]:
    """Invite somebody into one's household, for seven days; the reply alone has the token."""
    return await service.create_invitation(current_scope(), data, now=utc_now()), 201


@invitations.get("")
@requires(Permission.ACCOUNT_READ)
@validate_querystring(ShortListQuery)
@validate_response(InvitationPage)
async def list_invitations(query_args: ShortListQuery) -> InvitationPage:
    """List the caller's invitations, used and expired ones too, without those revoked."""
    return await service.list_invitations(current_scope(), query_args)


@invitations.delete("/<uuid:invitation_id>")
@requires(Permission.ACCOUNT_WRITE)
async def revoke_invitation(invitation_id: UUID) -> tuple[str, int]:
    """Revoke an invitation: its token opens nothing from now on."""
    await service.revoke_invitation(current_scope(), invitation_id, now=utc_now())
    return "", 204
