"""Write a message in the transaction that causes it; who sends it comes later."""

from datetime import datetime, timedelta

from server.keys import service as keys
from server.lib.ids import uuid7
from server.lib.scope import Scope
from server.outbox import queries

LIFE = timedelta(days=7)
"""A message that could not leave for this long is of no use any more."""


async def write(
    scope: Scope,
    *,
    kind: str,
    dedupe_key: str,
    subject: str,
    body: str,
    now: datetime,
    life: timedelta = LIFE,
) -> bool:
    """Write an e-mail to a user; say whether it is the first with its `dedupe_key`.

    It goes to the address that the user has when it leaves, and does not leave after `life`.
    """
    message_id = uuid7()
    box = await keys.box(scope.household_id)
    return await queries.insert_message(
        scope,
        message_id,
        kind=kind,
        channel="email",
        dedupe_key=dedupe_key,
        subject=box.seal("outbox_messages", "subject", message_id, subject),
        body=box.seal("outbox_messages", "body", message_id, body),
        now=now,
        expires_at=now + life,
    )
