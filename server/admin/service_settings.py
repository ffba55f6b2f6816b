"""Every variable as this process has it, in the shape of the API."""

from server.admin.schemas_settings import SettingOut, SettingsOut
from server.config import Settings
from server.config_listing import describe


def list_settings(settings: Settings) -> SettingsOut:
    """Return every variable, by group; of a secret only whether it is set."""
    return SettingsOut(
        items=[
            SettingOut(
                name=one.name,
                group=one.group,
                is_set=one.source != "default",
                is_secret=one.is_secret,
                source=one.source,
                value=None if one.is_secret else one.value,
                default=one.default,
                unit=one.unit,
                meaning=one.meaning,
            )
            for one in describe(settings)
        ]
    )
