"""The address that a mail of ours asks its reply to: it tells which mail is answered.

Whoever knows it has read that mail, so it stands in where a sender cannot be verified otherwise.
"""

import base64
import binascii
from uuid import UUID

from server.config import settings
from server.keys import macs
from server.keys.macs import Use
from server.lib.scope import Scope
from server.messages import queries_events


async def reply_address(message_id: UUID) -> str | None:
    """Return `reply+TOKEN@…` for a mail's Reply-To; None without EMAIL_INBOUND_ADDRESS."""
    mailbox = settings().email_inbound_address
    if mailbox is None:
        return None
    mac = (await macs.mac(Use.REPLY, str(message_id)))[: macs.SHORTEST]
    token = base64.b32encode(message_id.bytes + mac).decode().rstrip("=").lower()
    local, _, domain = mailbox.partition("@")
    return f"{local}+{token}@{domain}"


async def find_addressee(token: str) -> Scope | None:
    """Return whose mail asked for replies to this token; None where it was not made here."""
    try:
        found = base64.b32decode(token.upper() + "=" * (-len(token) % 8))
        message_id, mac = UUID(bytes=found[:16]), found[16:]
    except (ValueError, binascii.Error):
        return None
    if not await macs.fits(Use.REPLY, str(message_id), mac):
        return None
    row = await queries_events.find_owner(message_id)
    return Scope(row["household_id"], row["user_id"]) if row else None
