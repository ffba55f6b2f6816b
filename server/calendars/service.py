"""The user's calendars and connections: list, select, remove."""

from datetime import datetime
from uuid import UUID

from server import versions
from server.calendars import queries
from server.calendars.schemas import (
    CalendarOut,
    CalendarsPage,
    ConnectionOut,
    ConnectionsPage,
    SelectionIn,
)
from server.db import Row, transaction
from server.errors import NotFound, PreconditionFailed
from server.lib.scope import Scope


async def list_calendars(scope: Scope) -> CalendarsPage:
    """Return the user's calendars by name."""
    return CalendarsPage(items=[calendar_out(row) for row in await queries.list_calendars(scope)])


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
        return await list_calendars(scope)


async def delete_calendar(scope: Scope, calendar_id: UUID, *, expected: int | None = None) -> None:
    """Remove a calendar with its events.

    Raises:
        NotFound: the user has no such calendar.
        PreconditionFailed: it has another version than `expected`.
    """
    if not await queries.delete_calendar(scope, calendar_id, version=expected):
        if await queries.get_calendar(scope, calendar_id) is None:
            raise NotFound
        raise PreconditionFailed("The calendar was changed meanwhile; read it again.")
    await versions.changed([scope], "calendar")


async def list_connections(scope: Scope) -> ConnectionsPage:
    """Return where the user's calendars come from."""
    rows = await queries.list_connections(scope)
    return ConnectionsPage(
        items=[
            ConnectionOut.model_validate({n: row[n] for n in ConnectionOut.model_fields})
            for row in rows
        ]
    )


async def delete_connection(scope: Scope, connection_id: UUID) -> None:
    """Remove a connection with its calendars and events.

    Raises:
        NotFound: the user has no such connection.
    """
    if not await queries.delete_connection(scope, connection_id):
        raise NotFound
    await versions.changed([scope], "calendar")


def calendar_out(row: Row) -> CalendarOut:
    """Return a calendar's row as it is answered."""
    return CalendarOut.model_validate({name: row[name] for name in CalendarOut.model_fields})
