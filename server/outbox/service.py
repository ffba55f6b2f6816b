"""Write a message in the transaction that causes it; `server/messages` sends it (ADR 0026)."""

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
    message_id = uuid7()
    box = await keys.box(scope.household_id)

    def sealed(column: str, text: str | None) -> bytes | None:
        return box.seal_if("outbox_messages", column, message_id, text)

    expires_at = now + life
    is_first = await queries.insert_message(
        scope,
        queries.NewMessage(
            message_id,
            kind=kind,
            channel=channel,
            dedupe_key=dedupe_key,
            address=sealed("address", address),
            subject=sealed("subject", subject),
            body=box.seal("outbox_messages", "body", message_id, body),
            html=sealed("html", html),
            is_urgent=is_urgent,
            cause_kind=cause.kind if cause else None,
            cause_id=cause.id if cause else None,
            next_attempt_at=min(max(now, not_before or now), expires_at),
            expires_at=expires_at,
            created_at=now,
        ),
    )
    reach(Step.OUTBOX_WRITE, "uncommitted")
    await db.after_commit(_committed)
    return message_id if is_first else None


async def _committed() -> None:
    reach(Step.OUTBOX_WRITE, "committed")
