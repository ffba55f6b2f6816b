"""The user's calendars: list, select, remove."""

from datetime import datetime
from uuid import UUID

from server import versions
from server.calendars import queries, queries_connections
from server.calendars.schemas import (
    CalendarOut,
    CalendarsPage,
    SelectionIn,
)
from server.db import Row, transaction
from server.errors import NotFound, PreconditionFailed
from server.lib.paging import ShortListQuery, page_of
from server.lib.scope import Scope
from server.lib.texts import search_key


async def list_calendars(scope: Scope, query: ShortListQuery) -> CalendarsPage:
    """Return a page of the user's calendars by name.

    Raises:
        BadInput: the cursor is not one of this list.
    """
    rows = await queries.list_calendars(scope)
    page, more = page_of(rows, query, _place, str, UUID)
    return CalendarsPage(items=[calendar_out(row) for row in page], next_cursor=more)


async def get_calendar(scope: Scope, calendar_id: UUID) -> CalendarOut:
    """Return one calendar.

    Raises:
        NotFound: the user has no such calendar.
    """
    row = await queries.get_calendar(scope, calendar_id)
    if row is None:
        raise NotFound
    return calendar_out(row)


async def select_calendars(scope: Scope, data: SelectionIn, *, now: datetime) -> CalendarsPage:
    """Let these calendars count and no others.

    Raises:
        NotFound: one of them is not the user's.
    """
    async with transaction():
        known = {row["id"] for row in await queries.list_calendars(scope)}
        if not known.issuperset(data.calendar_ids):
            raise NotFound
        await queries.select_calendars(scope, data.calendar_ids, now=now)
        await versions.changed([scope], "calendar")
        rows = sorted(await queries.list_calendars(scope), key=_place)
        return CalendarsPage(items=[calendar_out(row) for row in rows])


async def delete_calendar(scope: Scope, calendar_id: UUID, *, expected: int | None = None) -> None:
    """Remove a calendar with its events; a link's goes with its connection, or it would be back.

    Raises:
        NotFound: the user has no such calendar.
        PreconditionFailed: it has another version than `expected`.
    """
    async with transaction():
        await queries.lock_calendars(scope)
        calendar = await queries.get_calendar(scope, calendar_id)
        if calendar is None:
            raise NotFound
        if expected is not None and calendar["version"] != expected:
            raise PreconditionFailed("The calendar was changed meanwhile; read it again.")
        if calendar["provider"] == "upload":
            await queries.delete_calendar(scope, calendar_id, version=expected)
        else:
            await queries_connections.delete_connection(
                scope, calendar["connection_id"], version=None
            )
        await versions.changed([scope], "calendar")


def _place(calendar: Row) -> tuple[str, UUID]:
    return search_key(calendar["name"])[:255], calendar["id"]


def calendar_out(row: Row) -> CalendarOut:
    """Return a calendar's row as it is answered."""
    return CalendarOut.model_validate({name: row[name] for name in CalendarOut.model_fields})
