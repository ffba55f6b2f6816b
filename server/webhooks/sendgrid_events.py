"""What a batch of SendGrid's event webhook says of our messages; pure.

Source: the event webhook's reference (event types, `type` of bounces, fixed reasons of drops).
"""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from server.errors import BadInput
from server.messages.events import ProviderEvent, State

ARGUMENT = "catchup_message"
"""The custom argument in which our mails carry their message's id, and events bring it back."""

_STATES: dict[str, State] = {
    "processed": "accepted",
    "deferred": "accepted",
    "delivered": "delivered",
    "bounce": "failed",
    "dropped": "failed",
}
_UNWANTED = frozenset({"spamreport", "unsubscribe", "group_unsubscribe"})
_WANTED = "group_resubscribe"
# SendGrid drops what it knows to be refused or unwanted; its other reasons are about one mail.
_DROPPED_FOR_GOOD = frozenset(
    {"Bounced Address", "Unsubscribed Address", "Spam Reporting Address", "Invalid"}
)
_BEFORE_FILTER = re.compile(r"(.+?)\.(?:filter|recv)")
_LATEST_S = 4_102_444_800  # 2100


def read_batch(body: bytes, *, now: datetime) -> list[ProviderEvent]:
    """Return what a batch says; what is no event of a message is left out.

    Raises:
        BadInput: `malformed`: it is no JSON list.
    """
    try:
        items = json.loads(body)
    except (ValueError, RecursionError):
        raise BadInput("The body must be a JSON list of events.", code="malformed") from None
    if not isinstance(items, list):
        raise BadInput("The body must be a JSON list of events.", code="malformed")
    return list(_read(items, now=now))


def _read(items: list[Any], *, now: datetime) -> Iterator[ProviderEvent]:
    for item in items:
        if not isinstance(item, dict):
            continue
        event = _word(item.get("event"), 30)
        message_id = _uuid(item.get(ARGUMENT))
        provider_id = _provider_id(item.get("sg_message_id"))
        if not event or not (message_id or provider_id):
            continue
        at = _time(item.get("timestamp"))
        is_lasting = _is_lasting(event, item)
        yield ProviderEvent(
            # Not sg_event_id: it changes when SendGrid sends an event again (docs/adr/0028).
            f"{message_id or provider_id}:{event}:{item.get('timestamp') if at else ''}"[:200],
            event,
            at or now,
            message_id,
            provider_id,
            _STATES.get(event),
            _code(event, item, is_lasting=is_lasting),
            is_opt_out=is_lasting,
            is_opt_in=event == _WANTED,
        )


def _is_lasting(event: str, item: dict[str, Any]) -> bool:
    """Say whether the address wants no more mail, or can never have any."""
    match event:
        case "bounce":  # another type is `blocked`: this mail, or just now
            return str(item.get("type", "bounce")) == "bounce"
        case "dropped":
            return item.get("reason") in _DROPPED_FOR_GOOD
        case _:
            return event in _UNWANTED


def _code(event: str, item: dict[str, Any], *, is_lasting: bool) -> str | None:
    """Return a code without the reason's text, which quotes the address."""
    if _STATES.get(event) != "failed":
        return None
    kind = event if is_lasting or event == "dropped" else "blocked"
    status = item.get("status")
    if isinstance(status, str) and re.fullmatch(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}", status):
        return f"{kind}_{status}"
    return kind


def _provider_id(value: object) -> str | None:
    """Return the id that the send call answered: SendGrid adds where the mail went through."""
    text = _word(value, 200)
    if text is None:
        return None
    found = _BEFORE_FILTER.match(text)
    return (found[1] if found else text)[:100]


def _word(value: object, longest: int) -> str | None:
    if isinstance(value, str) and re.fullmatch(r"[!-~]+", value) and len(value) <= longest:
        return value
    return None


def _uuid(value: object) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _time(value: object) -> datetime | None:
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < _LATEST_S:
        return datetime.fromtimestamp(value, UTC)
    return None
