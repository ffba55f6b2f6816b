"""How the server is, was and is set up, for who looks after it."""

from quart import Blueprint
from quart_schema import tag_blueprint, validate_querystring, validate_response

from server.admin import (
    service_expiries,
    service_overview,
    service_samples,
    service_settings,
    service_upgrade,
)
from server.admin.schemas_expiries import ExpiriesOut
from server.admin.schemas_overview import OverviewOut
from server.admin.schemas_samples import SamplesOut, SamplesQuery
from server.admin.schemas_settings import SettingsOut
from server.admin.schemas_upgrade import UpgradeOut
from server.config import settings
from server.lib.clock import utc_now
from server.users.guards import requires
from server.users.permissions import Permission

admin_overview = Blueprint("admin_overview", __name__, url_prefix="/api/admin")
tag_blueprint(admin_overview, ["admin"])


@admin_overview.get("/overview")
@requires(Permission.ADMIN_READ)
@validate_response(OverviewOut)
async def get_overview() -> OverviewOut:
    """Say how the server is, and what waits for somebody; it may be a second old."""
    return await service_overview.overview(settings(), now=utc_now())


@admin_overview.get("/samples")
@requires(Permission.ADMIN_READ)
@validate_querystring(SamplesQuery)
@validate_response(SamplesOut)
async def list_samples(query_args: SamplesQuery) -> SamplesOut:
    """Show the server's figures of the last seven days; by default of the last three hours."""
    return await service_samples.list_samples(query_args, now=utc_now())


@admin_overview.get("/expiries")
@requires(Permission.ADMIN_READ)
@validate_response(ExpiriesOut)
async def list_expiries() -> ExpiriesOut:
    """List what ends by itself or grows old, the worst first; it may be a minute old."""
    return await service_expiries.list_expiries(settings(), now=utc_now())


@admin_overview.get("/settings")
@requires(Permission.ADMIN_READ)
@validate_response(SettingsOut)
async def list_settings() -> SettingsOut:
    """List every environment variable as this process read it; a secret's value is not told."""
    return service_settings.list_settings(settings())


@admin_overview.get("/upgrade")
@requires(Permission.ADMIN_READ)
@validate_response(UpgradeOut)
async def get_upgrade() -> UpgradeOut:
    """Look ahead of an upgrade: room, migrations with what they lock, and what leads back."""
    return await service_upgrade.preflight(settings())
