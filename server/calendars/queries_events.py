"""Statements on events (whole series) and their occurrences."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from server import db
from server.db import Row
from server.lib.scope import Scope

EVENT_COLUMNS = (
    "id",
    "household_id",
    "user_id",
    "calendar_id",
    "uid",
    "component",
    "component_sha256",
    "is_recurring",
    "first_start",
    "last_end",
)
OCCURRENCE_COLUMNS = (
    "id",
    "household_id",
    "user_id",
    "calendar_id",
    "event_id",
    "starts_at",
    "ends_at",
    "start_on",
    "end_on",
    "is_all_day",
    "is_busy",
    "is_transparent",
    "is_private",
    "status",
    "sequence",
    "details",
)
PAGE_KEY = tuple[datetime, UUID, datetime]
"""Start, event and end of an occurrence: the order in which they are listed."""


async def list_fingerprints(scope: Scope, calendar_id: UUID) -> list[Row]:
    """Return id, uid and hash of each event of a calendar."""
    return await db.fetch(
        """SELECT id, uid, component_sha256 FROM calendar_events
            WHERE household_id = $1 AND user_id = $2 AND calendar_id = $3""",
        scope.household_id,
        scope.user_id,
        calendar_id,
    )


async def delete_events(scope: Scope, event_ids: Sequence[UUID]) -> None:
    """Remove events with their occurrences."""
    await db.execute(
        """DELETE FROM calendar_events
            WHERE household_id = $1 AND user_id = $2 AND id = ANY($3)""",
        scope.household_id,
        scope.user_id,
        event_ids,
    )


async def delete_occurrences(scope: Scope, calendar_id: UUID) -> None:
    """Remove all occurrences of a calendar."""
    await db.execute(
        """DELETE FROM calendar_occurrences
            WHERE household_id = $1 AND user_id = $2 AND calendar_id = $3""",
        scope.household_id,
        scope.user_id,
        calendar_id,
    )


async def insert_events(scope: Scope, rows: Iterable[Sequence[Any]]) -> None:
    """Add events, each with the values of EVENT_COLUMNS but household and user."""
    owner = (scope.household_id, scope.user_id)
    await db.insert_rows(
        "calendar_events", EVENT_COLUMNS, [(row[0], *owner, *row[1:]) for row in rows]
    )


async def insert_occurrences(scope: Scope, rows: Iterable[Sequence[Any]]) -> None:
    """Add occurrences, each with the values of OCCURRENCE_COLUMNS but household and user."""
    owner = (scope.household_id, scope.user_id)
    await db.insert_rows(
        "calendar_occurrences", OCCURRENCE_COLUMNS, [(row[0], *owner, *row[1:]) for row in rows]
    )


async def list_series(
    scope: Scope, start: datetime, end: datetime, calendar_id: UUID | None
) -> list[Row]:
    """Return the events of a calendar, or of all selected ones, that may touch [start, end)."""
    return await db.fetch(
        """SELECT e.id, e.uid, e.calendar_id, e.component FROM calendar_events e
            JOIN calendars c ON c.id = e.calendar_id
            WHERE e.household_id = $1 AND e.user_id = $2 AND e.first_start < $4
                AND (e.last_end IS NULL OR e.last_end >= $3)
                AND CASE WHEN $5::uuid IS NULL THEN c.is_selected ELSE c.id = $5 END""",
        scope.household_id,
        scope.user_id,
        start,
        end,
        calendar_id,
    )


async def is_expanded(
    scope: Scope, start: datetime, end: datetime, calendar_id: UUID | None
) -> bool:
    """Say whether the occurrences of [start, end) stand in the table for all that are asked."""
    return bool(
        await db.fetch_value(
            """SELECT coalesce(bool_and(coalesce(c.expanded_from <= $3, false)
                    AND coalesce(c.expanded_until >= $4, false)), true)
                FROM calendars c WHERE c.household_id = $1 AND c.user_id = $2
                AND CASE WHEN $5::uuid IS NULL THEN c.is_selected ELSE c.id = $5 END""",
            scope.household_id,
            scope.user_id,
            start,
            end,
            calendar_id,
        )
    )


async def list_occurrences(
    scope: Scope,
    start: datetime,
    end: datetime,
    calendar_id: UUID | None,
    *,
    first: PAGE_KEY | None,
    skip: int,
    limit: int,
) -> list[Row]:
    """Return occurrences that touch [start, end) from the key `first` on, but for `skip`."""
    return await db.fetch(
        """SELECT o.*, e.uid FROM calendar_occurrences o
            JOIN calendars c ON c.id = o.calendar_id
            JOIN calendar_events e ON e.id = o.event_id
            WHERE o.household_id = $1 AND o.user_id = $2 AND o.starts_at < $4
                AND (o.ends_at > $3 OR o.starts_at = o.ends_at AND o.starts_at >= $3)
                AND CASE WHEN $5::uuid IS NULL THEN c.is_selected ELSE c.id = $5 END
                AND ($6::timestamptz IS NULL
                    OR (o.starts_at, o.event_id, o.ends_at) >= ($6, $7, $8))
            ORDER BY o.starts_at, o.event_id, o.ends_at, o.id OFFSET $9 LIMIT $10""",
        scope.household_id,
        scope.user_id,
        start,
        end,
        calendar_id,
        *(first or (None, None, None)),
        skip,
        limit,
    )


async def list_busy(scopes: Sequence[Scope], start: datetime, end: datetime) -> list[Row]:
    """Return what blocks time in [start, end) on selected calendars, as each user wants it."""
    return await db.fetch(
        """SELECT o.user_id, greatest(o.starts_at, $3) AS starts_at, least(o.ends_at, $4) AS ends_at
            FROM unnest($1::uuid[], $2::uuid[]) AS s (household_id, user_id)
            JOIN calendar_occurrences o
                ON o.household_id = s.household_id AND o.user_id = s.user_id
            JOIN calendars c ON c.id = o.calendar_id AND c.is_selected
            LEFT JOIN availability a ON a.user_id = o.user_id
            WHERE o.starts_at < $4 AND o.ends_at > $3 AND o.starts_at < o.ends_at
                AND o.status <> 'cancelled'
                AND (NOT o.is_all_day OR coalesce(a.all_day_blocks, false))
                AND (NOT o.is_transparent OR coalesce(a.transparent_blocks, false))""",
        [scope.household_id for scope in scopes],
        [scope.user_id for scope in scopes],
        start,
        end,
    )
