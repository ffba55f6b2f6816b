"""What a status callback of Twilio's says of a message; pure."""

import re
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from server.integrations.twilio import codes
from server.messages.events import ProviderEvent, State

_STATES: dict[str, State] = {
    "accepted": "accepted",
    "scheduled": "accepted",
    "queued": "accepted",
    "sending": "accepted",
    "sent": "accepted",
    "delivered": "delivered",
    "read": "delivered",
    "undelivered": "failed",
    "failed": "failed",
    "canceled": "failed",
}


def read_status(
    fields: Mapping[str, str], message_id: UUID | None, *, now: datetime
) -> ProviderEvent | None:
    """Return the event; None for a status that says nothing of a message of ours.

    Twilio's callbacks have no id and no time of their own; a message has each status once.
    """
    provider_id = fields.get("MessageSid") or fields.get("SmsSid") or ""
    status = fields.get("MessageStatus") or fields.get("SmsStatus") or ""
    state = _STATES.get(status)
    if state is None or not re.fullmatch(r"[A-Za-z0-9]{1,64}", provider_id):
        return None
    number = fields.get("ErrorCode", "")
    code = codes.code_of(int(number)) if re.fullmatch(r"[0-9]{1,10}", number) else None
    return ProviderEvent(
        f"{provider_id}:{status}",
        status,
        now,
        message_id,
        provider_id,
        state,
        code if state == "failed" else None,
        is_opt_out=code == codes.UNSUBSCRIBED,
    )
