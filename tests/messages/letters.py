"""Messages in any state, sealed as the outbox seals them."""

from typing import Any
from uuid import UUID

from server.keys import service as keys
from server.lib.ids import uuid7
from tests.factories import Member
from tests.rows import make

TEXT = "Call Nora on Sunday."


async def insert_letter(owner: Member, **values: Any) -> UUID:
    """Insert a message to `owner` that says TEXT: a digest by e-mail that waits, if not told."""
    message_id = uuid7()
    box = await keys.box(owner.scope.household_id)
    body = box.seal("outbox_messages", "body", message_id, TEXT)
    return await make("outbox_messages", owner, **{"id": message_id, "body": body, **values})
