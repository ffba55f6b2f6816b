"""What an admin may do to a user; each act answers what it touched."""

from uuid import UUID

from quart import Blueprint, Response
from quart_schema import tag_blueprint, validate_request, validate_response

from server import config
from server.account.routes import EXPORT_LIMIT_S
from server.account.schemas import ExportedAccount
from server.account.service_export import CONTENT_TYPES, ENDINGS
from server.admin import service_user_acts as service
from server.admin.schemas_users import (
    ActOut,
    EraseIn,
    ExportIn,
    ResetPasswordIn,
    ResetPasswordOut,
    RoleIn,
)
from server.lib.clock import utc_now
from server.lib.http import answers_file, errors
from server.users.guards import current_scope, requires
from server.users.permissions import Permission

admin_user_acts = Blueprint("admin_user_acts", __name__, url_prefix="/api/admin/users")
tag_blueprint(admin_user_acts, ["admin"])

# The one place that says what an act on a user needs that they could not undo themselves.
acts_on_users = requires(Permission.ADMIN_WRITE, step_up=True)


@admin_user_acts.post("/<uuid:user_id>/disable")
@acts_on_users
@validate_response(ActOut)
@errors(409)
async def disable_user(user_id: UUID) -> ActOut:
    """Let nobody sign in as a user any more; their sessions end at once. 409: `last_admin`."""
    return await service.disable(user_id, actor_id=_actor(), now=utc_now())


@admin_user_acts.post("/<uuid:user_id>/enable")
@acts_on_users
@validate_response(ActOut)
@errors(409)
async def enable_user(user_id: UUID) -> ActOut:
    """Let a disabled user sign in again."""
    return await service.enable(user_id, actor_id=_actor(), now=utc_now())


@admin_user_acts.post("/<uuid:user_id>/role")
@acts_on_users
@validate_request(RoleIn)
@validate_response(ActOut)
@errors(409)
async def set_user_role(user_id: UUID, data: RoleIn) -> ActOut:
    """Let somebody look after the server, or no more. 409: `last_admin`."""
    return await service.set_role(user_id, data, actor_id=_actor(), now=utc_now())


@admin_user_acts.post("/<uuid:user_id>/reset-password")
@acts_on_users
@validate_request(ResetPasswordIn)
@validate_response(ResetPasswordOut)
@errors(409)
async def reset_user_password(user_id: UUID, data: ResetPasswordIn) -> ResetPasswordOut:
    """Give a user a link by which they choose a new password within an hour, once."""
    return await service.reset_password(
        user_id,
        data,
        base_url=config.settings().base_url,
        actor_id=_actor(),
        now=utc_now(),
    )


@admin_user_acts.post("/<uuid:user_id>/reset-mfa")
@acts_on_users
@validate_response(ActOut)
async def reset_user_mfa(user_id: UUID) -> ActOut:
    """Take a user's second factor away; all of their sessions end."""
    return await service.reset_mfa(user_id, actor_id=_actor(), now=utc_now())


@admin_user_acts.post("/<uuid:user_id>/export")
@acts_on_users
@validate_request(ExportIn)
@answers_file("application/zip", models={"application/json": ExportedAccount})
async def export_user(user_id: UUID, data: ExportIn) -> Response:
    """Export everything that is a user's, decrypted, for their right to have it.

    Noted in the audit trail, where they see it, too.
    """
    reply = Response(
        await service.export(user_id, data, actor_id=_actor(), now=utc_now()),
        content_type=CONTENT_TYPES[data.format],
        headers={"Content-Disposition": f'attachment; filename="catchup.{ENDINGS[data.format]}"'},
    )
    reply.timeout = EXPORT_LIMIT_S
    return reply


@admin_user_acts.post("/<uuid:user_id>/erase")
@acts_on_users
@validate_request(EraseIn)
@validate_response(ActOut)
@errors(409)
async def erase_user(user_id: UUID, data: EraseIn) -> ActOut:
    """Close a user's account; it is erased for good when the time of grace is over.

    409: `last_admin` or `already_closed`.
    """
    return await service.erase(user_id, data, actor_id=_actor(), now=utc_now())


@admin_user_acts.post("/<uuid:user_id>/restore")
@acts_on_users
@validate_response(ActOut)
@errors(409)
async def restore_user(user_id: UUID) -> ActOut:
    """Open a closed account again. 409: `not_closed`, or `not_restorable`: too late."""
    return await service.restore(user_id, actor_id=_actor(), now=utc_now())


@admin_user_acts.delete("/<uuid:user_id>/sessions")
@acts_on_users
@validate_response(ActOut)
async def end_user_sessions(user_id: UUID) -> ActOut:
    """Sign a user out on all devices."""
    return await service.end_sessions(user_id, None, actor_id=_actor(), now=utc_now())


@admin_user_acts.delete("/<uuid:user_id>/sessions/<uuid:session_id>")
@acts_on_users
@validate_response(ActOut)
async def end_user_session(user_id: UUID, session_id: UUID) -> ActOut:
    """Sign a user out on one device."""
    return await service.end_sessions(user_id, session_id, actor_id=_actor(), now=utc_now())


def _actor() -> UUID:
    return current_scope().user_id
