"""What a member sent us by SMS and e-mail, and what came of it."""

from uuid import UUID

from quart import Blueprint
from quart_schema import tag_blueprint, validate_querystring, validate_response

from server.lib.clock import utc_now
from server.lib.http import errors
from server.replies import service_notes
from server.replies.schemas import InboxMessageOut, InboxPage, InboxQuery
from server.users.guards import current_scope, requires
from server.users.permissions import Permission

inbox = Blueprint("inbox", __name__, url_prefix="/api/inbox")
tag_blueprint(inbox, ["inbox"])


@inbox.get("")
@requires(Permission.SUGGESTIONS_READ, reads=True)
@validate_querystring(InboxQuery)
@validate_response(InboxPage)
async def list_replies(query_args: InboxQuery) -> InboxPage:
    """List your replies and what came of each, newest first."""
    return await service_notes.list_replies(current_scope(), query_args)


@inbox.get("/<uuid:reply_id>")
@requires(Permission.SUGGESTIONS_READ, reads=True)
@validate_response(InboxMessageOut)
async def get_reply(reply_id: UUID) -> InboxMessageOut:
    """Read one reply."""
    return await service_notes.get_reply(current_scope(), reply_id)


@inbox.post("/<uuid:reply_id>/dismiss")
@requires(Permission.SUGGESTIONS_WRITE)
@validate_response(InboxMessageOut)
@errors(409)
async def dismiss_note(reply_id: UUID) -> InboxMessageOut:
    """Settle a note that waits for you; it stays readable."""
    return await service_notes.dismiss_note(current_scope(), reply_id, now=utc_now())
