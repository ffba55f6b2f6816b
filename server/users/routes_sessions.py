"""Sessions: which devices are signed in, and signing them out."""

from uuid import UUID

from quart import Blueprint
from quart_schema import tag_blueprint, validate_querystring, validate_response

from server.lib.clock import utc_now
from server.lib.paging import ShortListQuery
from server.users import service_sessions as service
from server.users.guards import current_identity, current_scope, requires
from server.users.permissions import Permission
from server.users.schemas_mfa import SessionPage

sessions = Blueprint("sessions", __name__, url_prefix="/api/auth/sessions")
tag_blueprint(sessions, ["auth"])


@sessions.get("")
@requires(Permission.ACCOUNT_READ)
@validate_querystring(ShortListQuery)
@validate_response(SessionPage)
async def list_sessions(query_args: ShortListQuery) -> SessionPage:
    """List the devices that are signed in, newest first."""
    identity = current_identity()
    return await service.list_sessions(
        identity.scope, query_args, current=identity.session_id, now=utc_now()
    )


@sessions.delete("")
@requires(Permission.ACCOUNT_WRITE, step_up=True)
async def revoke_other_sessions() -> tuple[str, int]:
    """Sign every other device out."""
    identity = current_identity()
    await service.revoke_others(identity.scope, identity.session_id, now=utc_now())
    return "", 204


@sessions.delete("/<uuid:session_id>")
@requires(Permission.ACCOUNT_WRITE, step_up=True)
async def revoke_session(session_id: UUID) -> tuple[str, int]:
    """Sign one device out; its tokens are worth nothing from now on."""
    await service.revoke_session(current_scope(), session_id, now=utc_now())
    return "", 204
