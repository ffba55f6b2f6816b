"""The routes of settings, typed."""

from server.admin.schemas_settings import SettingsOut
from server.admin.schemas_upgrade import UpgradeOut
from tui.api import AdminApi


async def list_settings(api: AdminApi) -> SettingsOut:
    """Read every variable; of a secret only whether it is set."""
    return await api.get("/settings", SettingsOut)


async def get_upgrade(api: AdminApi) -> UpgradeOut:
    """Read what an upgrade would do."""
    return await api.get("/upgrade", UpgradeOut)
