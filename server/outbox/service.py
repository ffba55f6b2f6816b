"""Write a message in the transaction that causes it; a sender takes it from there."""

from datetime import datetime

from server.keys import service as keys
from server.lib.ids import uuid7
from server.lib.scope import Scope
from server.outbox import queries

_TABLE = "outbox_messages"


async def write_email(
    scope: Scope,
    *,
    kind: str,
    dedupe_key: str,
    address: str,
    subject: str,
    body: str,
    now: datetime,
    expires_at: datetime,
) -> bool:
    """Leave an e-mail to the user, sealed; False when one with this dedupe key is there.

    Safe to repeat. Worth nothing after `expires_at`: it is not sent any more then.
    """
    message_id = uuid7()
    box = await keys.box(scope.household_id)
    return await queries.insert_message(
        scope,
        message_id,
        kind=kind,
        channel="email",
        dedupe_key=dedupe_key,
        address=box.seal(_TABLE, "address", message_id, address),
        subject=box.seal(_TABLE, "subject", message_id, subject),
        body=box.seal(_TABLE, "body", message_id, body),
        now=now,
        expires_at=expires_at,
    )
