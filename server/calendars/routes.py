"""Calendars: import, select, list events, find free time."""

from uuid import UUID

from quart import Blueprint, request
from quart_schema import tag_blueprint, validate_querystring, validate_request, validate_response

from server.calendars import service, service_events, service_import
from server.calendars.schemas import (
    CalendarImportOut,
    CalendarOut,
    CalendarsPage,
    EventsPage,
    EventsQuery,
    ImportQuery,
    SelectionIn,
    SlotsOut,
    SlotsQuery,
)
from server.lib.clock import utc_now
from server.lib.http import accepts_file, errors, etag, expected_version, tries_each_tag
from server.lib.paging import ShortListQuery
from server.lib.uploads import uploaded_file
from server.users.conditional import conditional
from server.users.guards import current_scope, requires
from server.users.permissions import Permission

calendars = Blueprint("calendars", __name__, url_prefix="/api/calendars")
tag_blueprint(calendars, ["calendars"])


@calendars.post("/import")
@requires(Permission.CALENDARS_WRITE)
@validate_querystring(ImportQuery)
@validate_response(CalendarImportOut)
@accepts_file("text/calendar", "application/octet-stream")
@errors(404)
async def import_calendar(query_args: ImportQuery) -> CalendarImportOut:
    """Read an iCalendar file; the calendar then holds what the file holds."""
    async with uploaded_file() as upload:
        return await service_import.import_file(current_scope(), upload, query_args, now=utc_now())


@calendars.get("")
@requires(Permission.CALENDARS_READ)
@conditional("calendar")
@validate_querystring(ShortListQuery)
@validate_response(CalendarsPage)
async def list_calendars(query_args: ShortListQuery) -> CalendarsPage:
    """List the user's calendars by name."""
    return await service.list_calendars(current_scope(), query_args)


@calendars.put("/selection")
@requires(Permission.CALENDARS_WRITE)
@validate_request(SelectionIn)
@validate_response(CalendarsPage)
@errors(404)
async def select_calendars(data: SelectionIn) -> CalendarsPage:
    """Say which calendars count for free time and suggestions."""
    return await service.select_calendars(current_scope(), data, now=utc_now())


@calendars.get("/<uuid:calendar_id>")
@requires(Permission.CALENDARS_READ, reads=True)
@validate_response(CalendarOut)
async def get_calendar(calendar_id: UUID) -> tuple[CalendarOut, int, dict[str, str]]:
    """Read one calendar."""
    calendar = await service.get_calendar(current_scope(), calendar_id)
    return calendar, 200, etag(calendar.version)


@calendars.delete("/<uuid:calendar_id>")
@requires(Permission.CALENDARS_WRITE)
@errors(412)
@tries_each_tag
async def delete_calendar(calendar_id: UUID) -> tuple[str, int]:
    """Remove a calendar with its events."""
    expected = expected_version(request.headers.get("If-Match"))
    await service.delete_calendar(current_scope(), calendar_id, expected=expected)
    return "", 204


@calendars.get("/events")
@requires(Permission.CALENDARS_READ)
@conditional("calendar")
@validate_querystring(EventsQuery)
@validate_response(EventsPage)
@errors(404)
async def list_events(query_args: EventsQuery) -> EventsPage:
    """List occurrences of events in a span, recurring ones unfolded."""
    return await service_events.list_events(current_scope(), query_args)


@calendars.get("/free-slots")
@requires(Permission.CALENDARS_READ, reads=True)
@validate_querystring(SlotsQuery)
@validate_response(SlotsOut)
async def list_free_slots(query_args: SlotsQuery) -> SlotsOut:
    """Find the user's free time in a span; what is past is never proposed."""
    return await service_events.list_free_slots(current_scope(), query_args, now=utc_now())
