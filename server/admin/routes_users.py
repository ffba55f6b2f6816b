"""Users of the server, for who looks after it: listed, counted, and what an act would touch."""

from uuid import UUID

from quart import Blueprint
from quart_schema import tag_blueprint, validate_querystring, validate_request, validate_response

from server.admin import service_users
from server.admin.schemas_users import (
    AdminUserDetailOut,
    AdminUserPage,
    PreviewOut,
    PreviewQuery,
    UserSessionPage,
    UsersQuery,
)
from server.lib.clock import utc_now
from server.lib.http import errors
from server.lib.paging import ShortListQuery
from server.users import invitations
from server.users.guards import current_scope, requires
from server.users.permissions import Permission
from server.users.schemas_invitations import InvitationCreated, InvitationIn, InvitationPage

admin_users = Blueprint("admin_users", __name__, url_prefix="/api/admin/users")
tag_blueprint(admin_users, ["admin"])
admin_invitations = Blueprint("admin_invitations", __name__, url_prefix="/api/admin/invitations")
tag_blueprint(admin_invitations, ["admin"])


@admin_users.get("")
@requires(Permission.ADMIN_READ)
@validate_querystring(UsersQuery)
@validate_response(AdminUserPage)
async def list_users(query_args: UsersQuery) -> AdminUserPage:
    """List users of the server, filtered and sorted."""
    return await service_users.list_users(query_args, now=utc_now())


@admin_users.get("/<uuid:user_id>")
@requires(Permission.ADMIN_READ)
@validate_response(AdminUserDetailOut)
async def get_user(user_id: UUID) -> AdminUserDetailOut:
    """Show a user with all that hangs on them, counted."""
    return await service_users.get_user(user_id, now=utc_now())


@admin_users.get("/<uuid:user_id>/preview")
@requires(Permission.ADMIN_READ)
@validate_querystring(PreviewQuery)
@validate_response(PreviewOut)
async def preview_act(user_id: UUID, query_args: PreviewQuery) -> PreviewOut:
    """Say what an act on a user would touch, and whether it would be refused; changes nothing."""
    return await service_users.preview(user_id, query_args, now=utc_now())


@admin_users.get("/<uuid:user_id>/sessions")
@requires(Permission.ADMIN_READ)
@validate_querystring(ShortListQuery)
@validate_response(UserSessionPage)
async def list_user_sessions(user_id: UUID, query_args: ShortListQuery) -> UserSessionPage:
    """List the devices on which a user is signed in, newest first."""
    return await service_users.list_sessions(user_id, query_args, now=utc_now())


@admin_invitations.get("")
@requires(Permission.ADMIN_READ)
@validate_querystring(ShortListQuery)
@validate_response(InvitationPage)
async def list_own_invitations(query_args: ShortListQuery) -> InvitationPage:
    """List the admin's invitations, used and expired ones too, without those revoked."""
    return await invitations.list_invitations(current_scope(), query_args)


@admin_invitations.post("")
@requires(Permission.ADMIN_WRITE, step_up=True)
@validate_request(InvitationIn)
@validate_response(InvitationCreated, 201)
@errors(409)
async def invite(data: InvitationIn) -> tuple[InvitationCreated, int]:
    """Invite somebody into the admin's household, for seven days; the reply alone has the token."""
    return await invitations.create_invitation(current_scope(), data, now=utc_now()), 201


@admin_invitations.delete("/<uuid:invitation_id>")
@requires(Permission.ADMIN_WRITE)
async def take_invitation_back(invitation_id: UUID) -> tuple[str, int]:
    """Revoke an invitation of the admin's: its token opens nothing from now on."""
    await invitations.revoke_invitation(current_scope(), invitation_id, now=utc_now())
    return "", 204
