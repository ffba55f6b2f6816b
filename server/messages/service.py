"""Tell a user something, on the channels that they chose."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from server.db import transaction
from server.lib.scope import Scope
from server.messages import queries
from server.outbox import service as outbox
from server.outbox.service import LIFE, Cause

CHANNELS: tuple[outbox.ChannelName, ...] = ("sms", "email")


@dataclass(frozen=True, slots=True)
class Words:
    """One message in the shape of each channel: `text` and `html` are the mail's two parts."""

    subject: str
    text: str
    html: str | None
    sms: str


async def notify(
    scope: Scope,
    *,
    kind: str,
    dedupe_key: str,
    words: Words,
    now: datetime,
    life: timedelta = LIFE,
    is_urgent: bool = False,
    cause: Cause | None = None,
) -> list[UUID]:
    """Write a message for each channel of a user; return the ids of those that are new.

    None where there is no way to them: disabled, everything switched off or stopped. Each
    channel's row has a dedupe key of its own (`…:sms`, `…:email`).
    """
    reach = await queries.get_reach(scope)
    if reach is None:
        return []
    async with transaction():
        written = [
            await outbox.write(
                scope,
                kind=kind,
                dedupe_key=f"{dedupe_key}:{channel}",
                subject="" if channel == "sms" else words.subject,
                body=words.sms if channel == "sms" else words.text,
                html=None if channel == "sms" else words.html,
                channel=channel,
                now=now,
                life=life,
                is_urgent=is_urgent,
                cause=cause,
            )
            for channel in CHANNELS
            if reach[channel]
        ]
    return [message_id for message_id in written if message_id is not None]
