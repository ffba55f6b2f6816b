"""The log, for who looks after the server."""

from quart import Blueprint
from quart_schema import tag_blueprint, validate_querystring, validate_response

from server import config
from server.admin import service_logs
from server.admin.schemas_logs import LogPage, LogsQuery
from server.users.guards import requires
from server.users.permissions import Permission

admin_logs = Blueprint("admin_logs", __name__, url_prefix="/api/admin/logs")
tag_blueprint(admin_logs, ["admin"])


@admin_logs.get("")
@requires(Permission.ADMIN_READ)
@validate_querystring(LogsQuery)
@validate_response(LogPage)
async def list_log_lines(query_args: LogsQuery) -> LogPage:
    """List lines of the log, oldest first; to follow, ask again with `after`."""
    return await service_logs.list_lines(query_args, home=config.home())
