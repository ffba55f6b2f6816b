"""Every message from its cause to its reply, and why a user got none."""

from uuid import UUID

from quart import Blueprint
from quart_schema import tag_blueprint, validate_querystring, validate_request, validate_response

from server import config
from server.admin import service_messages, service_silence
from server.admin.schemas_messages import (
    MessageOut,
    MessagePage,
    MessagesQuery,
    MessageTraceOut,
    RetryIn,
)
from server.admin.schemas_silence import SilenceOut
from server.lib.clock import utc_now
from server.lib.http import errors
from server.users.guards import current_scope, requires
from server.users.permissions import Permission

admin_messages = Blueprint("admin_messages", __name__, url_prefix="/api/admin/messages")
tag_blueprint(admin_messages, ["admin"])
admin_silence = Blueprint("admin_silence", __name__, url_prefix="/api/admin/users")
tag_blueprint(admin_silence, ["admin"])


@admin_messages.get("")
@requires(Permission.ADMIN_READ)
@validate_querystring(MessagesQuery)
@validate_response(MessagePage)
async def list_messages(query_args: MessagesQuery) -> MessagePage:
    """List messages to users by age: where each is and why, not what it says."""
    return await service_messages.list_messages(query_args)


@admin_messages.get("/<uuid:message_id>")
@requires(Permission.ADMIN_READ)
@validate_response(MessageTraceOut)
async def get_message(message_id: UUID) -> MessageTraceOut:
    """Trace one message: cause, suggestions, digest, attempts, provider's events, replies."""
    return await service_messages.trace(message_id)


@admin_messages.post("/<uuid:message_id>/retry")
@requires(Permission.ADMIN_WRITE)
@validate_request(RetryIn)
@validate_response(MessageOut)
@errors(409)
async def retry_message(message_id: UUID, data: RetryIn) -> MessageOut:
    """Send a message that failed, or one that is `unknown`: that one may arrive twice."""
    return await service_messages.retry(
        message_id, confirm=data.confirm, actor_id=current_scope().user_id, now=utc_now()
    )


@admin_silence.get("/<uuid:user_id>/why-silent")
@requires(Permission.ADMIN_READ)
@validate_response(SilenceOut)
async def why_silent(user_id: UUID) -> SilenceOut:
    """Say why a user got nothing: what holds now, then what happened, newest first."""
    return await service_silence.why_silent(user_id, config.settings(), now=utc_now())
