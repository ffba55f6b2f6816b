"""Statements on calendars and their connections; all of it is the member's own."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from server import db
from server.db import Row
from server.lib.scope import Scope

CALENDAR_COLUMNS = """c.id, c.connection_id, k.provider, c.name, c.zone, c.is_selected,
    c.expanded_from, c.expanded_until, c.created_at, c.updated_at, c.version"""


async def lock_calendars(scope: Scope) -> None:
    """Hold the user's calendars until the transaction ends: imports run one after the other."""
    await db.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended('calendars:' || $1, 0))", str(scope.user_id)
    )


async def get_planning(scope: Scope) -> Row | None:
    """Return the user's zone and what they have set of their availability."""
    return await db.fetch_row(
        """SELECT u.zone, a.user_id IS NOT NULL AS is_set, a.windows, a.commute, a.night_start,
                a.night_end, a.minimum_slot_minutes, a.horizon_days, a.all_day_blocks,
                a.transparent_blocks
            FROM users u LEFT JOIN availability a ON a.user_id = u.id
            WHERE u.household_id = $1 AND u.id = $2""",
        scope.household_id,
        scope.user_id,
    )


async def get_upload_connection(scope: Scope) -> UUID | None:
    """Return the connection under which the user's uploaded files stand."""
    value = await db.fetch_value(
        """SELECT id FROM calendar_connections
            WHERE household_id = $1 AND user_id = $2 AND provider = 'upload'""",
        scope.household_id,
        scope.user_id,
    )
    return UUID(str(value)) if value else None


async def insert_upload_connection(
    scope: Scope, connection_id: UUID, name: str, *, now: datetime
) -> None:
    """Add the connection of uploaded files."""
    await db.execute(
        """INSERT INTO calendar_connections (id, household_id, user_id, provider, name,
                last_synced_at, created_at, version)
            VALUES ($1, $2, $3, 'upload', $4, $5, $5, 1)""",
        connection_id,
        scope.household_id,
        scope.user_id,
        name,
        now,
    )


async def list_calendars(scope: Scope) -> list[Row]:
    """Return the user's calendars by name."""
    return await db.fetch(
        f"""SELECT {CALENDAR_COLUMNS} FROM calendars c
            JOIN calendar_connections k ON k.id = c.connection_id
            WHERE c.household_id = $1 AND c.user_id = $2 ORDER BY lower(c.name), c.id""",
        scope.household_id,
        scope.user_id,
    )


async def get_calendar(scope: Scope, calendar_id: UUID) -> Row | None:
    """Return one calendar."""
    return await db.fetch_row(
        f"""SELECT {CALENDAR_COLUMNS} FROM calendars c
            JOIN calendar_connections k ON k.id = c.connection_id
            WHERE c.household_id = $1 AND c.user_id = $2 AND c.id = $3""",
        scope.household_id,
        scope.user_id,
        calendar_id,
    )


async def get_uploaded(scope: Scope, name: str) -> Row | None:
    """Return the calendar into which files of this name are read."""
    return await db.fetch_row(
        f"""SELECT {CALENDAR_COLUMNS} FROM calendars c
            JOIN calendar_connections k ON k.id = c.connection_id AND k.provider = 'upload'
            WHERE c.household_id = $1 AND c.user_id = $2 AND c.external_id = $3""",
        scope.household_id,
        scope.user_id,
        name,
    )


async def get_linked(scope: Scope, connection_id: UUID) -> Row | None:
    """Return the one calendar of a link; None before its first reading."""
    return await db.fetch_row(
        f"""SELECT {CALENDAR_COLUMNS} FROM calendars c
            JOIN calendar_connections k ON k.id = c.connection_id
            WHERE c.household_id = $1 AND c.user_id = $2 AND c.connection_id = $3""",
        scope.household_id,
        scope.user_id,
        connection_id,
    )


async def insert_calendar(scope: Scope, values: dict[str, Any], *, now: datetime) -> None:
    """Add a calendar; it is selected from the start."""
    await db.execute(
        """INSERT INTO calendars (id, household_id, user_id, connection_id, external_id, name,
                zone, is_selected, created_at, updated_at, version)
            VALUES ($1, $2, $3, $4, $5, $6, $7, true, $8, $8, 1)""",
        values["id"],
        scope.household_id,
        scope.user_id,
        values["connection_id"],
        values["external_id"],
        values["name"],
        values["zone"],
        now,
    )


async def touch_calendar(
    scope: Scope, calendar_id: UUID, *, zone: str | None, now: datetime
) -> None:
    """Note that a calendar's events have changed."""
    await db.execute(
        """UPDATE calendars SET zone = $4, updated_at = $5, version = version + 1
            WHERE household_id = $1 AND user_id = $2 AND id = $3""",
        scope.household_id,
        scope.user_id,
        calendar_id,
        zone,
        now,
    )


async def rename_calendars(scope: Scope, connection_id: UUID, name: str, *, now: datetime) -> None:
    """Let a link's calendar bear the name of its connection."""
    await db.execute(
        """UPDATE calendars SET name = $4, updated_at = $5, version = version + 1
            WHERE household_id = $1 AND user_id = $2 AND connection_id = $3 AND name <> $4""",
        scope.household_id,
        scope.user_id,
        connection_id,
        name,
        now,
    )


async def set_expanded(scope: Scope, calendar_id: UUID, start: datetime, end: datetime) -> None:
    """Note the window in which a calendar's occurrences stand."""
    await db.execute(
        """UPDATE calendars SET expanded_from = $4, expanded_until = $5
            WHERE household_id = $1 AND user_id = $2 AND id = $3""",
        scope.household_id,
        scope.user_id,
        calendar_id,
        start,
        end,
    )


async def select_calendars(scope: Scope, calendar_ids: Sequence[UUID], *, now: datetime) -> None:
    """Select these calendars of the user and no others."""
    await db.execute(
        """UPDATE calendars SET is_selected = id = ANY($3), updated_at = $4, version = version + 1
            WHERE household_id = $1 AND user_id = $2 AND is_selected <> (id = ANY($3))""",
        scope.household_id,
        scope.user_id,
        calendar_ids,
        now,
    )


async def delete_calendar(scope: Scope, calendar_id: UUID, *, version: int | None) -> bool:
    """Remove a calendar with its events; False when there is none of that version."""
    return bool(
        await db.execute(
            """DELETE FROM calendars WHERE household_id = $1 AND user_id = $2 AND id = $3
                AND version = coalesce($4, version)""",
            scope.household_id,
            scope.user_id,
            calendar_id,
            version,
        )
    )


async def list_outdated_of_server(end: datetime, *, after: UUID | None, limit: int) -> list[Row]:
    """Return calendars of any user that are not expanded as far as `end`, by id."""
    return await db.fetch(
        """SELECT c.id, c.household_id, c.user_id, u.zone FROM calendars c
            JOIN users u ON u.id = c.user_id
            WHERE (c.expanded_until IS NULL OR c.expanded_until < $1)
                AND ($2::uuid IS NULL OR c.id > $2)
            ORDER BY c.id LIMIT $3""",
        end,
        after,
        limit,
    )
