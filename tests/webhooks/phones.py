"""Users with phones, and messages to them, as rows."""

from uuid import UUID

from server import db
from server.users import reach
from tests.factories import Member
from tests.rows import make
from tests.times import MONDAY

NUMBER = "+4915123456789"


async def give_phone(member: Member, number: str = NUMBER) -> None:
    """Make a number the member's verified phone."""
    async with db.transaction():
        await reach.set_phone(member.scope, number, now=MONDAY)


async def leave_message(
    member: Member, state: str = "accepted", *, channel: str = "sms", provider_id: str | None = None
) -> UUID:
    """Leave a message of the member's in a state."""
    provider = {"sms": "twilio", "email": "sendgrid"}[channel]
    held = {"lease_token": UUID(int=1), "leased_until": MONDAY} if state == "sending" else {}
    more = {"suppressed_reason": "stop"} if state == "suppressed" else {}
    return await make(
        "outbox_messages",
        member,
        channel=channel,
        state=state,
        provider=provider,
        provider_id=provider_id,
        **held,
        **more,
    )


async def state_of(message_id: UUID) -> str:
    """Return a message's state."""
    return str(await db.fetch_value("SELECT state FROM outbox_messages WHERE id = $1", message_id))
