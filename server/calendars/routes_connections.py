"""Connections: where calendars come from; calendars by link."""

from uuid import UUID

from quart import Blueprint, request
from quart_schema import tag_blueprint, validate_querystring, validate_request, validate_response

from server.calendars import service_links
from server.calendars.schemas import CalendarLinkIn, ConnectionOut, ConnectionPatch, ConnectionsPage
from server.lib.clock import utc_now
from server.lib.http import errors, etag, expected_version, tries_each_tag
from server.lib.paging import ShortListQuery
from server.users.guards import current_scope, requires
from server.users.permissions import Permission

connections = Blueprint("calendar_connections", __name__, url_prefix="/api/calendars/connections")
tag_blueprint(connections, ["calendars"])

Reply = tuple[ConnectionOut, int, dict[str, str]]


@connections.get("")
@requires(Permission.CALENDARS_READ, reads=True)
@validate_querystring(ShortListQuery)
@validate_response(ConnectionsPage)
async def list_calendar_connections(query_args: ShortListQuery) -> ConnectionsPage:
    """List where the user's calendars come from, oldest first."""
    return await service_links.list_connections(current_scope(), query_args)


@connections.post("")
@requires(Permission.CALENDARS_WRITE)
@validate_request(CalendarLinkIn)
@validate_response(ConnectionOut, 201)
@errors(409)
async def create_calendar_connection(data: CalendarLinkIn) -> Reply:
    """Add a calendar by its secret link; it is read at once and then every half hour.

    A link that cannot be read answers 400 with a code for the field `url` and nothing is stored:
    `refused_address` (private networks, unusual ports), `unreachable`, `not_found`, `forbidden`,
    `web_page`, `not_a_calendar` and the other codes of `last_error_code`.
    """
    return _reply(await service_links.add_link(current_scope(), data, now=utc_now()), 201)


@connections.get("/<uuid:connection_id>")
@requires(Permission.CALENDARS_READ, reads=True)
@validate_response(ConnectionOut)
async def get_calendar_connection(connection_id: UUID) -> Reply:
    """Read one connection."""
    return _reply(await service_links.get_connection(current_scope(), connection_id))


@connections.patch("/<uuid:connection_id>")
@requires(Permission.CALENDARS_WRITE)
@validate_request(ConnectionPatch)
@validate_response(ConnectionOut)
@errors(409, 412)
@tries_each_tag
async def patch_calendar_connection(connection_id: UUID, data: ConnectionPatch) -> Reply:
    """Rename a connection, or give it another link; that is read at once, or nothing changes."""
    return _reply(
        await service_links.patch_connection(
            current_scope(), connection_id, data, expected=_expected(), now=utc_now()
        )
    )


@connections.delete("/<uuid:connection_id>")
@requires(Permission.CALENDARS_WRITE)
@errors(412)
@tries_each_tag
async def delete_calendar_connection(connection_id: UUID) -> tuple[str, int]:
    """Remove a connection with its calendars and events."""
    await service_links.delete_connection(
        current_scope(), connection_id, expected=_expected(), now=utc_now()
    )
    return "", 204


@connections.post("/<uuid:connection_id>/refresh")
@requires(Permission.CALENDARS_WRITE)
@validate_response(ConnectionOut)
@errors(409)
async def refresh_calendar_connection(connection_id: UUID) -> Reply:
    """Read a link now; `state` and `last_error` of the reply say how it went.

    Within 30 s of the last try nothing is fetched, and the connection is answered as it is.
    """
    return _reply(
        await service_links.refresh_connection(current_scope(), connection_id, now=utc_now())
    )


def _reply(connection: ConnectionOut, status: int = 200) -> Reply:
    return connection, status, etag(connection.version)


def _expected() -> int | None:
    return expected_version(request.headers.get("If-Match"))
