"""What tests of replies share: a suggestion with a number, a reply to it, and what came of it."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from server import db
from server.db import Row
from server.lib.ids import uuid7
from server.messages import inbox
from server.replies import service
from tests.factories import Member
from tests.rows import insert_contact, insert_suggestion, make
from tests.times import MONDAY

EVENING = MONDAY + timedelta(hours=8)


async def suggest(
    member: Member,
    code: int,
    name: str = "Ben",
    *,
    purpose: str = "suggestion",
    slot_start: datetime | None = None,
    **values: Any,
) -> UUID:
    """Make a suggestion about a new contact that the newest message calls `code`."""
    contact = await insert_contact(member, name=name)
    at = slot_start or EVENING + timedelta(hours=code)
    suggestion = await insert_suggestion(member, contact, slot_start=at, **values)
    await number(member, code, suggestion, purpose=purpose)
    return suggestion


async def ask_whether_it_happened(member: Member, code: int, name: str = "Ben") -> UUID:
    """Make an accepted suggestion that is over, and ask about it as `code`."""
    over = MONDAY - timedelta(hours=code)
    return await suggest(
        member, code, name, purpose="confirmation", slot_start=over, state="accepted"
    )


async def number(
    member: Member, code: int, suggestion: UUID, *, purpose: str = "suggestion"
) -> None:
    """Have the newest message call a suggestion `code`; all of a test are of one message."""
    message = await db.fetch_value(
        "SELECT message_id FROM message_codes WHERE user_id = $1 LIMIT 1", member.scope.user_id
    )
    await make(
        "message_codes",
        member,
        **{"message_id": message} if message else {},
        suggestion_id=suggestion,
        code=code,
        number=code,
        purpose=purpose,
        created_at=MONDAY - timedelta(hours=1),
    )


async def store(
    member: Member,
    text: str,
    *,
    now: datetime = MONDAY,
    channel: str = "sms",
    provider: str = "console",
) -> UUID:
    """Let a reply come in; nobody has handled it yet."""
    stored = await inbox.receive(
        member.scope,
        channel=channel,
        provider=provider,
        provider_event_id=str(uuid7()),
        text=text,
        now=now,
    )
    assert stored is not None
    return stored


async def answer(
    member: Member, text: str, *, now: datetime = MONDAY, **how: str
) -> tuple[str, str, str]:
    """Let a reply come in and be handled; return its state, outcome and receipt ("" for none)."""
    message = await store(member, text, now=now, **how)
    await service.handle_batch(now=now)
    row = await reply_row(message)
    receipt = await service.find_receipt(member.scope, message)
    return row["state"], row["outcome_code"], receipt or ""


async def reply_row(message: UUID) -> Row:
    row = await db.fetch_row("SELECT * FROM inbox_messages WHERE id = $1", message)
    assert row is not None
    return row


async def state_of(suggestion: UUID) -> str:
    return str(await db.fetch_value("SELECT state FROM suggestions WHERE id = $1", suggestion))
