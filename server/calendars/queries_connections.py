"""Statements on connections: where a user's calendars come from."""

from datetime import datetime
from typing import Any
from uuid import UUID

from server import db
from server.db import Row
from server.lib.scope import Scope

_SHOWN = """SELECT k.id, k.provider, k.name, k.credential, k.sync_state, k.last_synced_at,
    k.last_checked_at, k.next_refresh_at, k.last_error_code, k.failures, k.created_at, k.version,
    (SELECT count(*) FROM calendars c WHERE c.connection_id = k.id) AS calendars,
    (SELECT count(*) FROM calendar_events e JOIN calendars c ON c.id = e.calendar_id
        WHERE c.connection_id = k.id) AS events
    FROM calendar_connections k WHERE k.household_id = $1 AND k.user_id = $2"""
_CLAIMED = """k.id, k.household_id, k.user_id, k.credential, k.sync_state, k.failures"""


async def list_connections(scope: Scope) -> list[Row]:
    """Return the user's connections, oldest first, with the numbers of calendars and events."""
    return await db.fetch(
        f"{_SHOWN} ORDER BY k.created_at, k.id", scope.household_id, scope.user_id
    )


async def get_connection(scope: Scope, connection_id: UUID) -> Row | None:
    """Return one connection as `list_connections` does."""
    return await db.fetch_row(
        f"{_SHOWN} AND k.id = $3", scope.household_id, scope.user_id, connection_id
    )


async def list_links(scope: Scope) -> list[Row]:
    """Return id and credential of each of the user's links."""
    return await db.fetch(
        """SELECT id, credential FROM calendar_connections
            WHERE household_id = $1 AND user_id = $2 AND provider = 'ics_link'""",
        scope.household_id,
        scope.user_id,
    )


async def insert_link(scope: Scope, values: dict[str, Any], *, now: datetime) -> None:
    """Add a link that has just been read."""
    await db.execute(
        """INSERT INTO calendar_connections (id, household_id, user_id, provider, name, credential,
                sync_state, last_synced_at, last_checked_at, next_refresh_at, failures, created_at,
                version)
            VALUES ($1, $2, $3, 'ics_link', $4, $5, $6, $8, $8, $7, 0, $8, 1)""",
        values["id"],
        scope.household_id,
        scope.user_id,
        values["name"],
        values["credential"],
        values["sync_state"],
        values["next_refresh_at"],
        now,
    )


async def lock_link(scope: Scope, connection_id: UUID) -> Row | None:
    """Return name and credential of a link, and hold it until the transaction ends."""
    return await db.fetch_row(
        """SELECT name, credential FROM calendar_connections
            WHERE household_id = $1 AND user_id = $2 AND id = $3 FOR UPDATE""",
        scope.household_id,
        scope.user_id,
        connection_id,
    )


async def set_synced(
    scope: Scope,
    connection_id: UUID,
    *,
    sync_state: bytes | None,
    next_refresh_at: datetime | None,
    now: datetime,
) -> None:
    """Note a good refresh; `sync_state` None stays what it is."""
    await db.execute(
        """UPDATE calendar_connections SET sync_state = coalesce($4, sync_state),
                last_synced_at = $6, last_checked_at = $6, next_refresh_at = $5,
                last_error_code = NULL, failures = 0
            WHERE household_id = $1 AND user_id = $2 AND id = $3""",
        scope.household_id,
        scope.user_id,
        connection_id,
        sync_state,
        next_refresh_at,
        now,
    )


async def set_failed(
    scope: Scope,
    connection_id: UUID,
    credential: bytes,
    *,
    error_code: str,
    failures: int,
    next_refresh_at: datetime | None,
) -> None:
    """Note a refresh that failed, unless the connection has got another link meanwhile."""
    await db.execute(
        """UPDATE calendar_connections
            SET last_error_code = $5, failures = $6, next_refresh_at = $7
            WHERE household_id = $1 AND user_id = $2 AND id = $3 AND credential = $4""",
        scope.household_id,
        scope.user_id,
        connection_id,
        credential,
        error_code,
        failures,
        next_refresh_at,
    )


async def edit_connection(
    scope: Scope,
    connection_id: UUID,
    *,
    name: str | None,
    credential: bytes | None,
    version: int | None,
) -> bool:
    """Change what is not None; False when there is no such connection of that version."""
    return bool(
        await db.execute(
            """UPDATE calendar_connections SET name = coalesce($4, name),
                    credential = coalesce($5, credential), version = version + 1
                WHERE household_id = $1 AND user_id = $2 AND id = $3
                    AND version = coalesce($6, version)""",
            scope.household_id,
            scope.user_id,
            connection_id,
            name,
            credential,
            version,
        )
    )


async def delete_connection(scope: Scope, connection_id: UUID, *, version: int | None) -> bool:
    """Remove a connection with its calendars and events; False when none is of that version."""
    return bool(
        await db.execute(
            """DELETE FROM calendar_connections WHERE household_id = $1 AND user_id = $2
                AND id = $3 AND version = coalesce($4, version)""",
            scope.household_id,
            scope.user_id,
            connection_id,
            version,
        )
    )


async def claim_link(
    scope: Scope, connection_id: UUID, *, checked_before: datetime, until: datetime, now: datetime
) -> Row | None:
    """Take a link to refresh it now; None when it was looked at after `checked_before`."""
    return await db.fetch_row(
        f"""UPDATE calendar_connections k SET last_checked_at = $6, next_refresh_at = $5
            WHERE k.household_id = $1 AND k.user_id = $2 AND k.id = $3 AND k.provider = 'ics_link'
                AND (k.last_checked_at IS NULL OR k.last_checked_at <= $4)
            RETURNING {_CLAIMED}""",
        scope.household_id,
        scope.user_id,
        connection_id,
        checked_before,
        until,
        now,
    )


async def claim_due_of_server(*, until: datetime, now: datetime) -> Row | None:
    """Take the link of any user that has been due for longest; None when none is.

    Nobody else takes it before `until`, when it is due again should we die.
    """
    return await db.fetch_row(
        f"""UPDATE calendar_connections k SET last_checked_at = $2, next_refresh_at = $1
            WHERE k.id = (SELECT id FROM calendar_connections
                WHERE provider = 'ics_link' AND next_refresh_at <= $2
                    AND EXISTS (SELECT FROM users u WHERE u.disabled_at IS NULL
                        AND u.id = calendar_connections.user_id)
                ORDER BY next_refresh_at FOR UPDATE SKIP LOCKED LIMIT 1)
            RETURNING {_CLAIMED}""",
        until,
        now,
    )
