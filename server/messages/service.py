"""Tell users something, each in their own words, on the channels that they chose.

However many they are, it takes a fixed number of statements.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from server.lib.scope import Scope
from server.messages import queries
from server.outbox import service as outbox
from server.outbox.service import Cause, ChannelName, Draft

CHANNELS: tuple[ChannelName, ...] = ("sms", "email")

Unreachable = Literal["user_disabled", "no_channel"]
Reach = Mapping[UUID, tuple[ChannelName, ...]]
"""Each user's channels (by id); who is disabled is not in it."""


@dataclass(frozen=True, slots=True)
class Words:
    """One message in the shape of each channel: `text` and `html` are the mail's two parts."""

    subject: str
    text: str
    html: str | None
    sms: str


@dataclass(frozen=True, slots=True)
class Notice:
    """What one user is told; the fields but `words` are those of `outbox.service.write`."""

    scope: Scope
    dedupe_key: str
    words: Words
    cause: Cause
    life: timedelta


async def reach_of(scopes: Sequence[Scope]) -> Reach:
    """Return how each of these users wants to be reached, in one statement."""
    rows = await queries.list_reach(scopes)
    return {row["user_id"]: tuple(channel for channel in CHANNELS if row[channel]) for row in rows}


def why_unreachable(user_id: UUID, reach: Reach) -> Unreachable | None:
    """Say why nothing can be told to a user."""
    if user_id not in reach:
        return "user_disabled"
    return None if reach[user_id] else "no_channel"


async def notify_all(
    notices: Sequence[Notice], reach: Reach, *, kind: str, now: datetime
) -> list[list[UUID]]:
    """Write a message for each channel of each user; return the ids that are new, by notice.

    Call it in the transaction that causes them. Each channel's row has a dedupe key of its own
    (`…:sms`, `…:email`).
    """
    drafts = [
        [_draft(notice, channel) for channel in reach.get(notice.scope.user_id, ())]
        for notice in notices
    ]
    written = await outbox.write_all([draft for its in drafts for draft in its], kind=kind, now=now)
    return [
        [written[draft.dedupe_key] for draft in its if draft.dedupe_key in written]
        for its in drafts
    ]


def _draft(notice: Notice, channel: ChannelName) -> Draft:
    words, is_sms = notice.words, channel == "sms"
    return Draft(
        notice.scope,
        channel,
        f"{notice.dedupe_key}:{channel}",
        subject="" if is_sms else words.subject,
        body=words.sms if is_sms else words.text,
        html=None if is_sms else words.html,
        cause=notice.cause,
        life=notice.life,
    )
