"""Read an uploaded calendar file into the user's calendars."""

from datetime import datetime
from uuid import UUID

from server.calendars import queries, queries_events
from server.calendars.ics_errors import NotACalendar
from server.calendars.ics_read import ParsedCalendar
from server.calendars.schemas import CalendarImportOut, ImportQuery
from server.calendars.service_store import (
    MAX_NAME,
    compare,
    first_name,
    import_reply,
    parse,
    record,
    store,
)
from server.db import Row, be_patient, transaction
from server.errors import BadInput, FieldError, NotFound
from server.lib.ids import uuid7
from server.lib.scope import Scope
from server.lib.uploads import Upload

CONNECTION_NAME = "Uploaded calendars"
DEFAULT_NAME = "Imported calendar"


async def import_file(
    scope: Scope, upload: Upload, query: ImportQuery, *, now: datetime
) -> CalendarImportOut:
    """Read a file into one calendar, which afterwards holds what the file holds.

    Malformed events are listed and the others go in, all in one transaction; a second import
    of the same file changes nothing.

    Raises:
        BadInput: `not_a_calendar`. NotFound: the user has no such uploaded calendar.
    """
    be_patient()
    try:
        parsed = await parse(scope, upload.file.read, now=now)
    except NotACalendar as error:
        raise BadInput(
            str(error),
            code="not_a_calendar",
            fields=[FieldError("file", "not_a_calendar", str(error))],
        ) from None
    async with transaction():
        await queries.lock_calendars(scope)
        calendar, name = await _find_calendar(scope, parsed, upload, query)
        change = await compare(scope, calendar, parsed)
        if not query.dry_run:
            calendar_id = calendar["id"] if calendar else await _make(scope, parsed, name, now=now)
            calendar = await store(scope, calendar_id, calendar, parsed, change, now=now)
            await record(scope, calendar_id, parsed, change, now=now)
        return import_reply(calendar, parsed, change)


async def _find_calendar(
    scope: Scope, parsed: ParsedCalendar, upload: Upload, query: ImportQuery
) -> tuple[Row | None, str]:
    """Return the calendar that a file is a newer state of, if any, and the name it bears here."""
    if query.calendar_id is not None:
        found = await queries.get_calendar(scope, query.calendar_id)
        if found is None or found["provider"] != "upload":
            raise NotFound
        return found, found["name"]
    name = stated = _name(parsed, upload, query)
    number = 2
    while (named := await queries.get_uploaded(scope, name)) is not None:
        if await _is_same(scope, named, parsed, query):
            break
        name, number = f"{stated[: MAX_NAME - 8]} {number}", number + 1
    return named, name


async def _is_same(scope: Scope, calendar: Row, parsed: ParsedCalendar, query: ImportQuery) -> bool:
    """Say whether a file is a newer state of the calendar whose name it bears.

    A name that was asked for says so, and so do shared events. Two files called
    `calendar.ics`, or by no name at all, are two calendars: neither may empty the other.
    """
    if query.name:
        return True
    rows = await queries_events.list_fingerprints(scope, calendar["id"])
    known = {row["uid"] for row in rows}
    return not known or any(series.uid in known for series in parsed.series)


async def _make(scope: Scope, parsed: ParsedCalendar, name: str, *, now: datetime) -> UUID:
    connection_id = await queries.get_upload_connection(scope)
    if connection_id is None:
        connection_id = uuid7()
        await queries.insert_upload_connection(scope, connection_id, CONNECTION_NAME, now=now)
    calendar_id = uuid7()
    values = {
        "id": calendar_id,
        "connection_id": connection_id,
        "external_id": name,
        "name": name,
        "zone": parsed.zone,
    }
    await queries.insert_calendar(scope, values, now=now)
    return calendar_id


def _name(parsed: ParsedCalendar, upload: Upload, query: ImportQuery) -> str:
    """Return the calendar's name: as asked, as the file says, as the file is called."""
    of_file = (upload.name or "").removesuffix(".ics")
    return first_name(query.name, parsed.name, of_file) or DEFAULT_NAME
