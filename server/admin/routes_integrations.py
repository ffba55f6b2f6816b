"""Outside services, for who looks after the server."""

from quart import Blueprint
from quart_schema import tag_blueprint, validate_request, validate_response

from server.admin import service_integrations
from server.admin.schemas_integrations import (
    IntegrationsOut,
    IntegrationTestIn,
    IntegrationTestOut,
)
from server.config import settings
from server.lib.clock import utc_now
from server.lib.http import errors
from server.users.guards import current_scope, requires
from server.users.permissions import Permission

admin_integrations = Blueprint("admin_integrations", __name__, url_prefix="/api/admin/integrations")
tag_blueprint(admin_integrations, ["admin"])


@admin_integrations.get("")
@requires(Permission.ADMIN_READ)
@validate_response(IntegrationsOut)
async def list_integrations() -> IntegrationsOut:
    """List outside services: what is set up, and how it went; none is asked."""
    return await service_integrations.list_integrations(settings(), now=utc_now())


@admin_integrations.post("/<integration>/test")
@requires(Permission.ADMIN_WRITE)
@validate_request(IntegrationTestIn)
@validate_response(IntegrationTestOut)
@errors(409)
async def test_integration(integration: str, data: IntegrationTestIn) -> IntegrationTestOut:
    """Ask a provider whether it would work, by the real path; it may take up to 30 s.

    With `send` a real message goes to who asks.
    """
    scope = current_scope()
    return await service_integrations.try_out(
        service_integrations.known(integration),
        settings(),
        send_to=scope if data.send else None,
        by=scope,
        now=utc_now(),
    )
