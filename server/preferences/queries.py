"""Statements on preferences: one row for each user, made when they first set something."""

from typing import Any
from uuid import UUID

from server import db
from server.db import Row
from server.lib.scope import Scope

_AVAILABILITY = """windows, commute, night_start, night_end, minimum_slot_minutes,
    horizon_days, all_day_blocks, transparent_blocks, version"""
_NOTIFICATIONS = """sms, email, digest_weekday, digest_time, quiet_hours,
    max_open_suggestions, version"""


async def get_availability(scope: Scope) -> Row | None:
    """Return what the user has set, or None."""
    return await db.fetch_row(
        f"SELECT {_AVAILABILITY} FROM availability WHERE household_id = $1 AND user_id = $2",
        scope.household_id,
        scope.user_id,
    )


async def get_notifications(scope: Scope) -> Row | None:
    """Return what the user has set, or None."""
    return await db.fetch_row(
        f"SELECT {_NOTIFICATIONS} FROM preferences WHERE household_id = $1 AND user_id = $2",
        scope.household_id,
        scope.user_id,
    )


async def list_stopped(scope: Scope) -> set[str]:
    """Return the channels to which the user said STOP, and not START since."""
    rows = await db.fetch(
        """SELECT channel FROM opt_outs WHERE household_id = $1 AND user_id = $2
            AND started_at IS NULL AND set_aside_at IS NULL""",
        scope.household_id,
        scope.user_id,
    )
    return {row["channel"] for row in rows}


async def want_email(scope: Scope) -> None:
    """Turn e-mail on for who has turned it off."""
    await db.execute(
        """UPDATE preferences SET email = true, version = version + 1
            WHERE household_id = $1 AND user_id = $2 AND NOT email""",
        scope.household_id,
        scope.user_id,
    )


async def put_availability(
    scope: Scope, row_id: UUID, values: dict[str, Any], *, expected: int | None
) -> Row | None:
    """Replace the user's row, or make it (`row_id`); None when it has another version.

    No row counts as version 0.
    """
    return await db.fetch_row(
        f"""INSERT INTO availability AS old (id, household_id, user_id, windows, commute,
                night_start, night_end, minimum_slot_minutes, horizon_days, all_day_blocks,
                transparent_blocks, version)
            SELECT $4, $1, $2, $5, $6, $7, $8, $9, $10, $11, $12, 1
                WHERE coalesce($3, 0) = 0
                    OR EXISTS (SELECT FROM availability WHERE household_id = $1 AND user_id = $2)
            ON CONFLICT (user_id) DO UPDATE SET windows = excluded.windows,
                commute = excluded.commute, night_start = excluded.night_start,
                night_end = excluded.night_end,
                minimum_slot_minutes = excluded.minimum_slot_minutes,
                horizon_days = excluded.horizon_days, all_day_blocks = excluded.all_day_blocks,
                transparent_blocks = excluded.transparent_blocks, version = old.version + 1
                WHERE $3::int IS NULL OR old.version = $3
            RETURNING {_AVAILABILITY}""",
        scope.household_id,
        scope.user_id,
        expected,
        row_id,
        values["windows"],
        values["commute"],
        values["night_start"],
        values["night_end"],
        values["minimum_slot_minutes"],
        values["horizon_days"],
        values["all_day_blocks"],
        values["transparent_blocks"],
    )


async def put_notifications(
    scope: Scope, row_id: UUID, values: dict[str, Any], *, expected: int | None
) -> Row | None:
    """Replace the user's row, or make it (`row_id`); None when it has another version.

    No row counts as version 0.
    """
    return await db.fetch_row(
        f"""INSERT INTO preferences AS old (id, household_id, user_id, sms, email, digest_weekday,
                digest_time, quiet_hours, max_open_suggestions, version)
            SELECT $4, $1, $2, $5, $6, $7, $8, $9, $10, 1
                WHERE coalesce($3, 0) = 0
                    OR EXISTS (SELECT FROM preferences WHERE household_id = $1 AND user_id = $2)
            ON CONFLICT (user_id) DO UPDATE SET sms = excluded.sms, email = excluded.email,
                digest_weekday = excluded.digest_weekday, digest_time = excluded.digest_time,
                quiet_hours = excluded.quiet_hours,
                max_open_suggestions = excluded.max_open_suggestions, version = old.version + 1
                WHERE $3::int IS NULL OR old.version = $3
            RETURNING {_NOTIFICATIONS}""",
        scope.household_id,
        scope.user_id,
        expected,
        row_id,
        values["sms"],
        values["email"],
        values["digest_weekday"],
        values["digest_time"],
        values["quiet_hours"],
        values["max_open_suggestions"],
    )
