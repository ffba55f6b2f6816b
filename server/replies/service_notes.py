"""A user's replies, and the notes among them that wait to be settled."""

from datetime import datetime
from typing import get_args
from uuid import UUID

from server.db import Row, transaction
from server.errors import Conflict, NotFound
from server.keys import service as keys
from server.keys.service import Box
from server.lib import cursors
from server.lib.paging import read_cursor
from server.lib.scope import Scope
from server.replies import queries
from server.replies.schemas import InboxMessageOut, InboxPage, InboxQuery, State
from server.replies.strip import strip


async def list_replies(scope: Scope, query: InboxQuery) -> InboxPage:
    """Return a page of the user's own replies, newest first.

    Raises:
        BadInput: the cursor is not one of ours.
    """
    rows = await queries.list_replies(
        scope,
        states=[query.state] if query.state else get_args(State),
        after=read_cursor(query.cursor, (datetime, UUID)),
        limit=query.limit + 1,
    )
    page, more = rows[: query.limit], len(rows) > query.limit
    box = await keys.box(scope.household_id)
    last = page[-1] if more else None
    return InboxPage(
        items=[_out(row, box) for row in page],
        next_cursor=cursors.encode((last["received_at"], last["id"])) if last else None,
    )


async def get_reply(scope: Scope, message_id: UUID) -> InboxMessageOut:
    """Return one reply of the user's own.

    Raises:
        NotFound: nobody in `scope` sent it.
    """
    return _out(
        _found(await queries.get_reply(scope, message_id)), await keys.box(scope.household_id)
    )


async def dismiss_note(scope: Scope, message_id: UUID, *, now: datetime) -> InboxMessageOut:
    """Settle a note that waits; it stays readable.

    Raises:
        NotFound: nobody in `scope` sent it. Conflict: `not_a_note`: it does not wait.
    """
    async with transaction():
        row = _found(await queries.get_reply(scope, message_id, lock=True))
        if row["state"] != "proposed":
            raise Conflict("This reply is not waiting as a note.", code="not_a_note")
        await queries.finish(
            scope, message_id, state="ignored", outcome_code="note_dismissed", now=now
        )
        return await get_reply(scope, message_id)


def _found(row: Row | None) -> Row:
    if row is None:
        raise NotFound
    return row


def _out(row: Row, box: Box) -> InboxMessageOut:
    body = box.open("inbox_messages", "body", row["id"], row["body"])
    return InboxMessageOut(
        id=row["id"],
        channel=row["channel"],
        text=body if row["channel"] == "sms" else strip(body),
        state=row["state"],
        outcome_code=row["outcome_code"],
        received_at=row["received_at"],
        handled_at=row["handled_at"],
    )
