"""Messages of everybody in the shapes of the API and the command line."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from server.admin import queries_messages as queries
from server.admin.schemas_messages import (
    MessageAttemptOut,
    MessageDigestOut,
    MessageEventOut,
    MessageOut,
    MessagePage,
    MessageReplyOut,
    MessagesQuery,
    MessageSuggestionOut,
    MessageTraceOut,
)
from server.audit import service as audit
from server.db import Row, transaction
from server.errors import Conflict, NotFound
from server.keys import service as keys
from server.keys.service import Box
from server.lib import cursors
from server.lib.paging import read_cursor
from server.lib.scope import Scope

RETRY_LIFE = timedelta(hours=24)
"""How long a message that an admin sends again may take to leave."""


async def list_messages(query: MessagesQuery) -> MessagePage:
    """Return messages of the whole server, by age.

    Raises:
        BadInput: the cursor is not one of this list.
    """
    rows = await queries.list_messages_of_server(
        state=query.state,
        kind=query.kind,
        channel=query.channel,
        user_id=UUID(query.user) if query.user else None,
        since=query.since,
        sort=query.sort,
        after=read_cursor(query.cursor, (datetime, UUID)),
        limit=query.limit + 1,
    )
    page = rows[: query.limit]
    last = page[-1] if len(rows) > len(page) else None
    boxes = await keys.boxes({row["household_id"] for row in page if row["printed"] is not None})
    return MessagePage(
        items=[_message(row, boxes) for row in page],
        next_cursor=cursors.encode((last["created_at"], last["id"])) if last else None,
    )


async def trace(message_id: UUID) -> MessageTraceOut:
    """Return a message with all that led to it and came of it.

    Raises:
        NotFound: there is none of this id.
    """
    row = await _find(message_id)
    scope = Scope(row["household_id"], row["user_id"])
    causes = {row["cause_kind"]: row["cause_id"]}
    suggestions = await queries.list_suggestions(scope, message_id, also=causes.get("suggestion"))
    digest = await queries.get_digest(scope, causes["digest"]) if "digest" in causes else None
    answers = await queries.get_reply(scope, causes["inbox"]) if "inbox" in causes else None
    attempts = await queries.list_attempts(scope, message_id)
    events = await queries.list_events(scope, message_id)
    replies = await queries.list_replies(scope, message_id)
    return MessageTraceOut(
        message=await _shown(row),
        answers=MessageReplyOut(**answers) if answers else None,
        suggestions=[MessageSuggestionOut(**one) for one in suggestions],
        digest=MessageDigestOut(**digest) if digest else None,
        attempts=[MessageAttemptOut(**one) for one in attempts],
        events=[MessageEventOut(**one) for one in events],
        replies=[MessageReplyOut(**one) for one in replies],
    )


async def retry(
    message_id: UUID, *, confirm: bool, actor_id: UUID | None = None, now: datetime
) -> MessageOut:
    """Let a message leave that failed or of which nobody knows whether it left.

    Raises:
        NotFound: there is none of this id.
        Conflict: `message_not_ended`: it is neither failed nor unknown; `may_arrive_twice`: it is
            unknown and `confirm` is not set.
    """
    async with transaction():
        row = await _find(message_id, lock=True)
        if row["state"] not in ("failed", "unknown"):
            raise Conflict(
                f"This message is {row['state']}: only one that failed, or of which nobody knows"
                " whether it left, can be sent again.",
                code="message_not_ended",
            )
        if row["state"] == "unknown" and not confirm:
            raise Conflict(
                "The provider may have sent this message already, so it may arrive twice:"
                " say so with `confirm`.",
                code="may_arrive_twice",
            )
        scope = Scope(row["household_id"], row["user_id"])
        await queries.set_pending(scope, message_id, expires_at=now + RETRY_LIFE, now=now)
        await audit.record(
            scope.household_id,
            "message.retried",
            actor_id=actor_id,
            subject_kind="message",
            subject_id=message_id,
            details={"state": row["state"], "kind": row["kind"], "channel": row["channel"]},
            now=now,
        )
    return await _shown(await _find(message_id))


async def _find(message_id: UUID, *, lock: bool = False) -> Row:
    row = await queries.find_message(message_id, lock=lock)
    if row is None:
        raise NotFound
    return row


async def _shown(row: Row) -> MessageOut:
    return _message(row, {row["household_id"]: await keys.box(row["household_id"])})


def _message(row: Row, boxes: Mapping[UUID, Box]) -> MessageOut:
    text = None
    if row["printed"] is not None:
        box = boxes[row["household_id"]]
        text = box.open("outbox_messages", "body", row["id"], row["printed"])
    values = {name: row[name] for name in MessageOut.model_fields if name != "text"}
    return MessageOut(**values, text=text)
