"""What users send us: stored once and before anybody reads it (docs/adr/0028)."""

from datetime import datetime
from uuid import UUID

from server import db
from server.failpoints import Step, durable
from server.keys import service as keys
from server.lib.ids import uuid7
from server.lib.scope import Scope
from server.messages import queries_inbox
from server.queue import enqueue

JOB = "handle_replies"
LONGEST = 50_000
"""Characters that are kept: what follows in a longer mail is what was quoted."""


async def receive(
    scope: Scope,
    *,
    channel: str,
    provider: str,
    provider_event_id: str,
    text: str,
    now: datetime,
    mail_id: str | None = None,
) -> UUID | None:
    """Store an inbound message and ask for it to be handled after the commit.

    Return its id; None when it was stored before (`provider`, `provider_event_id`). `channel` is
    `sms`, `email` or `console`. `mail_id`: a mail's Message-ID, for the answer to name it.
    """
    message_id = uuid7()
    box = await keys.box(scope.household_id)
    sealed = box.seal("inbox_messages", "body", message_id, text[:LONGEST])
    async with durable(Step.INBOX_STORE):
        is_new = await queries_inbox.insert_received(
            scope,
            message_id,
            channel=channel,
            provider=provider,
            provider_event_id=provider_event_id,
            body=sealed,
            mail_id=box.seal_if("inbox_messages", "mail_id", message_id, mail_id),
            now=now,
        )
        if is_new:
            await db.after_commit(_nudge)
    return message_id if is_new else None


async def _nudge() -> None:
    await enqueue(JOB)
