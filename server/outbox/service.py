"""Write a message in the transaction that causes it; `server/messages` sends it (ADR 0026)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from server import db
from server.failpoints import Step, reach
from server.keys import service as keys
from server.lib.ids import uuid7
from server.lib.scope import Scope
from server.outbox import queries

LIFE = timedelta(days=7)
"""A message that could not leave for this long is of no use any more."""

ChannelName = Literal["sms", "email"]
CauseKind = Literal["digest", "suggestion", "inbox", "verification", "account", "alert"]


@dataclass(frozen=True, slots=True)
class Cause:
    """What a message is about: a row of ours, by its id."""

    kind: CauseKind
    id: UUID


@dataclass(frozen=True, slots=True)
class Draft:
    """One message on one channel; the fields are those of `write`."""

    scope: Scope
    channel: ChannelName
    dedupe_key: str
    subject: str
    body: str
    html: str | None
    cause: Cause | None
    life: timedelta
    not_before: datetime | None = None
    is_urgent: bool = False
    address: str | None = None


async def write(
    scope: Scope,
    *,
    kind: str,
    dedupe_key: str,
    subject: str,
    body: str,
    now: datetime,
    life: timedelta = LIFE,
    html: str | None = None,
    channel: ChannelName = "email",
    not_before: datetime | None = None,
    is_urgent: bool = False,
    cause: Cause | None = None,
    address: str | None = None,
) -> UUID | None:
    """Write a message to a user; return its id if it is the first with its `dedupe_key`.

    It leaves once the caller's transaction is committed, not sooner than `not_before`, and not
    after `life`. Quiet hours do not hold one that `is_urgent`. It goes to `address`, else to the
    one that the user has when it leaves.
    """
    draft = Draft(
        scope,
        channel,
        dedupe_key,
        subject=subject,
        body=body,
        html=html,
        cause=cause,
        life=life,
        not_before=not_before,
        is_urgent=is_urgent,
        address=address,
    )
    written = await write_all([draft], kind=kind, now=now)
    reach(Step.OUTBOX_WRITE, "uncommitted")
    await db.after_commit(_committed)
    return written.get(dedupe_key)


async def write_all(drafts: Sequence[Draft], *, kind: str, now: datetime) -> dict[str, UUID]:
    """Write messages of one kind; return the ids, by dedupe key, of those that are the first.

    Two statements at most, however many they are.
    """
    if not drafts:
        return {}
    boxes = await keys.boxes({draft.scope.household_id for draft in drafts})
    messages = [_sealed(draft, boxes[draft.scope.household_id], kind, now) for draft in drafts]
    first = await queries.insert_messages([draft.scope for draft in drafts], messages)
    return {message.dedupe_key: message.id for message in messages if message.id in first}


def _sealed(draft: Draft, box: keys.Box, kind: str, now: datetime) -> queries.NewMessage:
    message_id = uuid7()

    def sealed(column: str, text: str | None) -> bytes | None:
        return box.seal_if("outbox_messages", column, message_id, text)

    expires_at = now + draft.life
    return queries.NewMessage(
        message_id,
        kind=kind,
        channel=draft.channel,
        dedupe_key=draft.dedupe_key,
        address=sealed("address", draft.address),
        subject=sealed("subject", draft.subject),
        body=box.seal("outbox_messages", "body", message_id, draft.body),
        html=sealed("html", draft.html),
        is_urgent=draft.is_urgent,
        cause_kind=draft.cause.kind if draft.cause else None,
        cause_id=draft.cause.id if draft.cause else None,
        next_attempt_at=min(max(now, draft.not_before or now), expires_at),
        expires_at=expires_at,
        created_at=now,
    )


async def _committed() -> None:
    reach(Step.OUTBOX_WRITE, "committed")
