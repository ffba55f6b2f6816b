"""Alerts, for who looks after the server."""

from quart import Blueprint
from quart_schema import tag_blueprint, validate_querystring, validate_request, validate_response

from server.alerts import service_seen
from server.alerts.schemas import Acknowledged, AcknowledgeIn, AlertPage
from server.lib.clock import utc_now
from server.lib.paging import ShortListQuery
from server.users.guards import current_scope, requires
from server.users.permissions import Permission

admin_alerts = Blueprint("admin_alerts", __name__, url_prefix="/api/admin/alerts")
tag_blueprint(admin_alerts, ["admin"])


@admin_alerts.get("")
@requires(Permission.ADMIN_READ)
@validate_querystring(ShortListQuery)
@validate_response(AlertPage)
async def list_alerts(query_args: ShortListQuery) -> AlertPage:
    """List the last hundred alerts, those that were acknowledged, too."""
    return await service_seen.list_alerts(query_args)


@admin_alerts.post("/acknowledge")
@requires(Permission.ADMIN_WRITE)
@validate_request(AcknowledgeIn)
@validate_response(Acknowledged)
async def acknowledge_alerts(data: AcknowledgeIn) -> Acknowledged:
    """Say that every alert up to an instant was seen: `/health` warns of them no more."""
    return await service_seen.acknowledge(
        up_to=data.up_to, actor_id=current_scope().user_id, now=utc_now()
    )
