"""Write the messages of many users in the transaction that causes them, in one statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from server.keys import service as keys
from server.keys.service import Box
from server.lib.ids import uuid7
from server.lib.scope import Scope
from server.outbox import queries_batch
from server.outbox.queries import NewMessage
from server.outbox.service import Cause, ChannelName


@dataclass(frozen=True, slots=True)
class Draft:
    """One message on one channel; the fields are those of `outbox.service.write`."""

    scope: Scope
    channel: ChannelName
    dedupe_key: str
    subject: str
    body: str
    html: str | None
    cause: Cause
    life: timedelta


async def write_all(drafts: Sequence[Draft], *, kind: str, now: datetime) -> dict[str, UUID]:
    """Write messages of one kind; return the ids, by dedupe key, of those that are the first.

    Two statements at most, however many they are.
    """
    if not drafts:
        return {}
    boxes = await keys.boxes({draft.scope.household_id for draft in drafts})
    messages = [_sealed(draft, boxes[draft.scope.household_id], kind, now) for draft in drafts]
    first = await queries_batch.insert_messages([draft.scope for draft in drafts], messages)
    return {message.dedupe_key: message.id for message in messages if message.id in first}


def _sealed(draft: Draft, box: Box, kind: str, now: datetime) -> NewMessage:
    message_id = uuid7()
    return NewMessage(
        message_id,
        kind=kind,
        channel=draft.channel,
        dedupe_key=draft.dedupe_key,
        address=None,
        subject=box.seal_if("outbox_messages", "subject", message_id, draft.subject),
        body=box.seal("outbox_messages", "body", message_id, draft.body),
        html=box.seal_if("outbox_messages", "html", message_id, draft.html),
        is_urgent=False,
        cause_kind=draft.cause.kind,
        cause_id=draft.cause.id,
        next_attempt_at=now,
        expires_at=now + draft.life,
        created_at=now,
    )
