"""Tell many users something at once, each in their own words, with a fixed number of statements."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from server.lib.scope import Scope
from server.messages import queries
from server.messages.service import CHANNELS, Words
from server.outbox import service_batch as outbox
from server.outbox.service import Cause, ChannelName
from server.outbox.service_batch import Draft

Reach = Mapping[UUID, tuple[ChannelName, ...]]
"""Each user's channels (by id), as `notify` would choose them; who is disabled is not in it."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What one user is told: the fields are those of `notify`."""

    scope: Scope
    dedupe_key: str
    words: Words
    cause: Cause
    life: timedelta


async def reach_of(scopes: Sequence[Scope]) -> Reach:
    """Return how each of these users wants to be reached, in one statement."""
    rows = await queries.list_reach(scopes)
    return {row["user_id"]: tuple(channel for channel in CHANNELS if row[channel]) for row in rows}


async def notify_all(
    notices: Sequence[Notice], reach: Reach, *, kind: str, now: datetime
) -> list[list[UUID]]:
    """Write a message for each channel of each user; return the ids that are new, by notice.

    Call it in the transaction that causes them.
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
