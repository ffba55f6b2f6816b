"""Read and set one user's preferences; the defaults hold until then."""

from server.db import Row
from server.errors import PreconditionFailed
from server.lib.ids import uuid7
from server.lib.scope import Scope
from server.preferences import queries
from server.preferences.schemas import (
    AvailabilityIn,
    AvailabilityOut,
    NotificationsIn,
    NotificationsOut,
)
from server.users import reach

_DEFAULT_AVAILABILITY = AvailabilityOut.model_validate({"is_default": True, "version": 0})
_DEFAULT_NOTIFICATIONS = NotificationsOut.model_validate({"is_default": True, "version": 0})


async def get_availability(scope: Scope) -> AvailabilityOut:
    """Return when the user wants to be asked."""
    row = await queries.get_availability(scope)
    return _availability(row) if row else _DEFAULT_AVAILABILITY


async def put_availability(
    scope: Scope, data: AvailabilityIn, *, expected: int | None
) -> AvailabilityOut:
    """Replace when the user wants to be asked; `expected` is the version they know, or None.

    Raises:
        PreconditionFailed: it has another version (0 until set).
    """
    values = data.model_dump(exclude={"night"})
    values["night_start"] = data.night.start if data.night else None
    values["night_end"] = data.night.end if data.night else None
    row = await queries.put_availability(scope, uuid7(), values, expected=expected)
    if row is None:
        raise _changed_meanwhile()
    return _availability(row)


async def get_notifications(scope: Scope) -> NotificationsOut:
    """Return how and when the user wants to hear from us."""
    row = await queries.get_notifications(scope)
    return await _notifications(scope, row) if row else _DEFAULT_NOTIFICATIONS


async def put_notifications(
    scope: Scope, data: NotificationsIn, *, expected: int | None
) -> NotificationsOut:
    """Replace how and when the user hears from us; `expected` is the version they know, or None.

    Raises:
        PreconditionFailed: it has another version (0 until set).
    """
    row = await queries.put_notifications(scope, uuid7(), data.model_dump(), expected=expected)
    if row is None:
        raise _changed_meanwhile()
    return await _notifications(scope, row)


def _availability(row: Row) -> AvailabilityOut:
    night = {"start": row["night_start"], "end": row["night_end"]} if row["night_start"] else None
    values = {name: row[name] for name in AvailabilityIn.model_fields if name != "night"}
    return AvailabilityOut.model_validate(
        {**values, "night": night, "is_default": False, "version": row["version"]}
    )


async def _notifications(scope: Scope, row: Row) -> NotificationsOut:
    values = {name: row[name] for name in NotificationsIn.model_fields}
    sms_state = "off"
    if row["sms"]:
        sms_state = "on" if await reach.get_phone(scope) else "needs_phone"
    return NotificationsOut.model_validate(
        {**values, "sms_state": sms_state, "is_default": False, "version": row["version"]}
    )


def _changed_meanwhile() -> PreconditionFailed:
    return PreconditionFailed("The preferences were changed meanwhile: read them again.")
