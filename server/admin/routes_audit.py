"""The audit trail for admins: ids, counts and codes, nobody's content."""

from quart import Blueprint
from quart_schema import tag_blueprint, validate_querystring, validate_response

from server.audit import service
from server.audit.schemas import AuditPage, AuditQuery
from server.users.guards import requires
from server.users.permissions import Permission

admin_audit = Blueprint("admin_audit", __name__, url_prefix="/api/admin/audit")
tag_blueprint(admin_audit, ["admin"])


@admin_audit.get("")
@requires(Permission.ADMIN_READ)
@validate_querystring(AuditQuery)
@validate_response(AuditPage)
async def list_audit_entries(query_args: AuditQuery) -> AuditPage:
    """List who did what on this server, newest first: ids, counts and codes only."""
    return await service.list_entries(query_args)
