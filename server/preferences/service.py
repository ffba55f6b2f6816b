"""Read and set one user's preferences; the defaults hold until then."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from server.db import Row, transaction
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
_NOTHING_SET = {**NotificationsIn().model_dump(), "is_default": True, "version": 0}

email_on_steps: list[Callable[[Scope, datetime], Awaitable[None]]] = []
"""What follows when a user turns e-mail on, in the same transaction; set by server/wiring.py."""


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
    return await _notifications(scope, {**row, "is_default": False} if row else _NOTHING_SET)


async def put_notifications(
    scope: Scope, data: NotificationsIn, *, expected: int | None, now: datetime
) -> NotificationsOut:
    """Replace how and when the user hears from us; `expected` is the version they know, or None.

    `email: true`, said and not left out, is a consent: it ends the user's own unsubscribing.

    Raises:
        PreconditionFailed: it has another version (0 until set).
    """
    async with transaction():
        row = await queries.put_notifications(scope, uuid7(), data.model_dump(), expected=expected)
        if row is None:
            raise _changed_meanwhile()
        if data.email and "email" in data.model_fields_set:
            for step in email_on_steps:
                await step(scope, now)
        return await _notifications(scope, {**row, "is_default": False})


async def want_email(scope: Scope) -> None:
    """Turn e-mail on for who has turned it off, and asks for it in another way."""
    await queries.want_email(scope)


def _availability(row: Row) -> AvailabilityOut:
    night = {"start": row["night_start"], "end": row["night_end"]} if row["night_start"] else None
    values = {name: row[name] for name in AvailabilityIn.model_fields if name != "night"}
    return AvailabilityOut.model_validate(
        {**values, "night": night, "is_default": False, "version": row["version"]}
    )


async def _notifications(scope: Scope, row: Row) -> NotificationsOut:
    stopped = await queries.list_stopped(scope)
    values = {name: row[name] for name in (*NotificationsIn.model_fields, "is_default", "version")}
    states = {"email_state": "on" if row["email"] else "off", "sms_state": "off"}
    if row["sms"]:
        states["sms_state"] = "on" if await reach.get_phone(scope) else "needs_phone"
    states |= {f"{channel}_state": "stopped" for channel in stopped}
    # Who reads this and writes it back has not asked for mail again.
    email = row["email"] and "email" not in stopped
    return NotificationsOut.model_validate({**values, **states, "email": email})


def _changed_meanwhile() -> PreconditionFailed:
    return PreconditionFailed("The preferences were changed meanwhile: read them again.")
