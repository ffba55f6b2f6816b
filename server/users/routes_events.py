"""What the trail holds of the caller: their sign-ins, failures, exports."""

from quart import Blueprint
from quart_schema import tag_blueprint, validate_querystring, validate_response

from server.audit import service
from server.audit.schemas import SecurityEventsPage, SecurityEventsQuery
from server.users.guards import current_scope, requires
from server.users.permissions import Permission

events = Blueprint("events", __name__, url_prefix="/api/auth/events")
tag_blueprint(events, ["auth"])


@events.get("")
@requires(Permission.ACCOUNT_READ)
@validate_querystring(SecurityEventsQuery)
@validate_response(SecurityEventsPage)
async def list_security_events(query_args: SecurityEventsQuery) -> SecurityEventsPage:
    """List what you did and what was tried on your account, newest first."""
    scope = current_scope()
    return await service.list_events(scope.household_id, scope.user_id, query_args)
