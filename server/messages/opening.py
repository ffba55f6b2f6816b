"""Rows of the outbox, opened for a provider."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from uuid import UUID

from server.db import Row
from server.integrations.channel import Outgoing
from server.keys.envelope import DecryptError
from server.keys.service import Box
from server.lib.scope import Scope
from server.messages import queries_inbox
from server.messages.reply_address import reply_address
from server.messages.rules import RECEIPT_CAUSE, is_of_account

UnsubscribeUrl = Callable[[Scope, UUID], Awaitable[str | None]]
unsubscribe_url_steps: list[UnsubscribeUrl] = []
"""How a mail says where to unsubscribe: one at most, set by server/wiring.py."""


def find_address(row: Row, box: Box) -> tuple[str | None, bool]:
    """Return where a pending message goes, and whether it was written to that very address.

    One that was not goes where the user can be reached now, at each attempt anew.
    """
    is_fixed = row["address"] is not None and (
        row["attempts"] == 0 or row["cause_kind"] == "verification"
    )
    try:
        if is_fixed:
            return box.open("outbox_messages", "address", row["id"], row["address"]), True
        if row["channel"] == "email":
            return row["email"], False
        phone = row["phone"] if row["is_phone_verified"] else None
        return box.open_if("users", "phone", row["user_id"], phone), False
    except DecryptError:
        return None, is_fixed


def open_message(row: Row, box: Box, address: str | None = None) -> Outgoing | None:
    """Return a message in plain words, to `address` or the stored one; None: unreadable."""

    def text(column: str) -> str | None:
        return box.open_if("outbox_messages", column, row["id"], row[column])

    try:
        return Outgoing(
            row["id"],
            kind=row["kind"],
            address=address or text("address") or "",
            subject=text("subject") or "",
            text=text("body") or "",
            html=text("html"),
            unsubscribe_url=None,
            reply_to=None,
            is_reply=row["cause_kind"] == RECEIPT_CAUSE,
        )
    except DecryptError:
        return None


async def with_links(row: Row, box: Box, outgoing: Outgoing) -> Outgoing:
    """Add what lets its reader act on a mail, and find it beside what it answers."""
    if row["channel"] != "email" or is_of_account(row["cause_kind"]):
        return outgoing
    scope = Scope(row["household_id"], row["user_id"])
    outgoing = replace(outgoing, reply_to=await reply_address(row["id"]))
    if outgoing.is_reply:
        outgoing = replace(outgoing, in_reply_to=await _answered(scope, box, row["cause_id"]))
    for step in unsubscribe_url_steps:
        outgoing = replace(outgoing, unsubscribe_url=await step(scope, row["id"]))
    return outgoing


async def _answered(scope: Scope, box: Box, inbox_id: UUID) -> str | None:
    """Return the Message-ID of the mail that a receipt answers, where it had one."""
    sealed = await queries_inbox.get_mail_id(scope, inbox_id)
    try:
        return box.open_if("inbox_messages", "mail_id", inbox_id, sealed)
    except DecryptError:
        return None
