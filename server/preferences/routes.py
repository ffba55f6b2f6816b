"""One user's preferences: when to be asked, how to be told."""

from quart import Blueprint, request
from quart_schema import tag_blueprint, validate_request, validate_response

from server.lib.clock import utc_now
from server.lib.http import errors, etag, expected_version, tries_each_tag
from server.preferences import service
from server.preferences.schemas import (
    AvailabilityIn,
    AvailabilityOut,
    NotificationsIn,
    NotificationsOut,
)
from server.users.guards import current_scope, requires
from server.users.permissions import Permission

preferences = Blueprint("preferences", __name__, url_prefix="/api/preferences")
tag_blueprint(preferences, ["preferences"])

AvailabilityReply = tuple[AvailabilityOut, int, dict[str, str]]
NotificationsReply = tuple[NotificationsOut, int, dict[str, str]]


@preferences.get("/availability")
@requires(Permission.PREFERENCES_READ, reads=True)
@validate_response(AvailabilityOut)
async def get_availability() -> AvailabilityReply:
    """Say when the user wants to be asked; defaults until set."""
    found = await service.get_availability(current_scope())
    return found, 200, etag(found.version)


@preferences.put("/availability")
@requires(Permission.PREFERENCES_WRITE)
@validate_request(AvailabilityIn)
@validate_response(AvailabilityOut)
@errors(412)
@tries_each_tag
async def replace_availability(data: AvailabilityIn) -> AvailabilityReply:
    """Set when the user wants to be asked; what is left out goes back to its default."""
    stored = await service.put_availability(current_scope(), data, expected=_expected())
    return stored, 200, etag(stored.version)


@preferences.get("/notifications")
@requires(Permission.PREFERENCES_READ, reads=True)
@validate_response(NotificationsOut)
async def get_notifications() -> NotificationsReply:
    """Say how and when the user hears from CatchUp; defaults until set."""
    found = await service.get_notifications(current_scope())
    return found, 200, etag(found.version)


@preferences.put("/notifications")
@requires(Permission.PREFERENCES_WRITE)
@validate_request(NotificationsIn)
@validate_response(NotificationsOut)
@errors(412)
@tries_each_tag
async def replace_notifications(data: NotificationsIn) -> NotificationsReply:
    """Set how and when the user hears from CatchUp; what is left out goes back to its default."""
    stored = await service.put_notifications(
        current_scope(), data, expected=_expected(), now=utc_now()
    )
    return stored, 200, etag(stored.version)


def _expected() -> int | None:
    return expected_version(request.headers.get("If-Match"))
