"""The audit trail for admins: ids, counts and codes, nobody's content."""

from quart import Blueprint
from quart_schema import tag_blueprint, validate_querystring, validate_response

from server.admin import service_audit
from server.admin.schemas_audit import AuditPage, AuditQuery, VerifiedOut
from server.audit import service
from server.lib.clock import utc_now
from server.users.guards import current_scope, requires
from server.users.permissions import Permission

admin_audit = Blueprint("admin_audit", __name__, url_prefix="/api/admin/audit")
tag_blueprint(admin_audit, ["admin"])


@admin_audit.get("")
@requires(Permission.ADMIN_READ)
@validate_querystring(AuditQuery)
@validate_response(AuditPage)
async def list_audit_entries(query_args: AuditQuery) -> AuditPage:
    """List who did what on this server, by age: ids, counts and codes only."""
    return await service.list_entries(query_args)


@admin_audit.post("/verify")
@requires(Permission.ADMIN_READ)
@validate_response(VerifiedOut)
async def verify_audit_trail() -> VerifiedOut:
    """Walk every chain of the trail and say whether it is as it was written.

    Takes some seconds for each 100,000 entries. What was found stands in the trail, too.
    """
    return await service_audit.verify(actor_id=current_scope().user_id, now=utc_now())
