"""Take messages that are due: decide about each, and hold those that leave now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog

from server.db import Row
from server.failpoints import Step, durable
from server.integrations.channel import Outgoing
from server.keys import service as keys
from server.keys.service import Box
from server.lib.ids import uuid7
from server.lib.scope import Scope
from server.messages import queries_sending as queries
from server.messages.attempts import Attempt
from server.messages.opening import find_address, open_message, with_links
from server.messages.quiet import quiet_until
from server.messages.rules import (
    LEASE,
    UNREADABLE,
    Expire,
    Hold,
    Send,
    Sort,
    Suppress,
    Waiting,
    doubt_since,
    judge,
    sort_of,
)

log = structlog.get_logger()

Verdict = Send | Suppress | Hold | Expire
Left = dict[tuple[UUID, Sort], tuple[int, int]]
"""Messages that left in the hour and in the day before, by user and sort."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """What was taken, and whether more may be waiting."""

    attempts: list[Attempt]
    is_all: bool


async def claim(
    channel: str,
    provider: str | None,
    *,
    is_urgent: bool,
    limit: int,
    now: datetime,
    is_marked: bool = False,
    on_trial: bool = False,
) -> Claimed:
    """Hold up to `limit` pending messages that are due and may leave; decide about the others.

    `provider` is None where none is configured: then nothing leaves. What is held is `sending`,
    and that is committed: whoever finds it later knows that it may have left; where `is_marked`,
    only if its call was marked, too (marks.py).
    """
    async with durable(Step.OUTBOX_CLAIM):
        rows = await queries.take_due_of_server(channel, is_urgent=is_urgent, now=now, limit=limit)
        boxes = await keys.boxes({row["household_id"] for row in rows})
        left = await _count_left(channel, rows, now=now)
        batch = _Batch(uuid7(), provider, is_marked=is_marked, on_trial=on_trial, now=now)
        for row in rows:
            await _sort(row, boxes[row["household_id"]], left, batch)
        await batch.store(boxes)
    batch.tell()
    return Claimed(batch.leaving, is_all=len(rows) < limit)


async def take_over(
    channel: str, *, but_not: Sequence[UUID], limit: int, now: datetime
) -> list[Attempt]:
    """Hold messages in doubt: their sender was silent, or has said that it does not know."""
    token = uuid7()
    async with durable(Step.OUTBOX_TAKE_OVER):
        rows = await queries.take_doubtful_of_server(
            channel,
            but_not=but_not,
            token=token,
            leased_until=now + LEASE,
            now=now,
            limit=limit,
        )
    return await _doubtful(rows)


async def take_parked(
    channel: str, *, again_at: datetime, limit: int, now: datetime
) -> list[Attempt]:
    """Hold messages that are `unknown`, to ask about them again."""
    rows = await queries.take_parked_of_server(
        channel, token=uuid7(), again_at=again_at, now=now, limit=limit
    )
    return await _doubtful(rows)


async def _count_left(channel: str, rows: Sequence[Row], *, now: datetime) -> Left:
    users = list({row["user_id"] for row in rows})
    counted = await queries.count_left_of_server(channel, users, now=now) if users else []
    return {(row["user_id"], row["sort"]): (row["in_hour"], row["in_day"]) for row in counted}


async def _sort(row: Row, box: Box, left: Left, batch: "_Batch") -> None:
    budget = (row["user_id"], sort_of(row["cause_kind"]))
    in_hour, in_day = left.get(budget, (0, 0))
    address, is_fixed = find_address(row, box)
    verdict = judge(
        Waiting(
            row["channel"],
            kind=row["kind"],
            cause_kind=row["cause_kind"],
            is_urgent=row["is_urgent"],
            expires_at=row["expires_at"],
            attempts=row["attempts"],
            has_provider=batch.provider is not None,
            has_address=bool(address),
            is_address_fixed=is_fixed,
            is_disabled=row["is_disabled"],
            opted_out=row["opted_out"],
            left=(in_hour, in_day),
            quiet_until=quiet_until(row["quiet_hours"], row["zone"], now=batch.now),
        ),
        now=batch.now,
    )
    if not isinstance(verdict, Send):
        batch.put_aside(row, verdict)
        return
    outgoing = open_message(row, box, address)
    if outgoing is None:
        batch.failed[row["id"]] = UNREADABLE
        return
    if row["attempts"] == 0:
        left[budget] = (in_hour + 1, in_day + 1)
    batch.leave(row, await with_links(row, box, outgoing))


class _Batch:
    """What becomes of the messages that were looked at in one transaction."""

    def __init__(
        self, token: UUID, provider: str | None, *, is_marked: bool, on_trial: bool, now: datetime
    ) -> None:
        self.provider = provider
        self.now = now
        self.leaving: list[Attempt] = []
        self.failed: dict[UUID, str] = {}
        self._suppressed: dict[UUID, str] = {}
        self._held: dict[UUID, Hold] = {}
        self._token = token
        self._is_marked = is_marked
        self._on_trial = on_trial

    def put_aside(self, row: Row, verdict: Suppress | Hold | Expire) -> None:
        match verdict:
            case Suppress(reason):
                self._suppressed[row["id"]] = reason
            case Hold():
                self._held[row["id"]] = verdict
            case Expire():
                self.failed[row["id"]] = "expired"

    def leave(self, row: Row, outgoing: Outgoing) -> None:
        self.leaving.append(
            Attempt(
                Scope(row["household_id"], row["user_id"]),
                outgoing,
                channel=row["channel"],
                provider=self.provider or "",
                number=row["attempts"] + 1,
                token=self._token,
                begun_at=self.now,
                expires_at=row["expires_at"],
                on_trial=self._on_trial,
            )
        )

    async def store(self, boxes: Mapping[UUID, Box]) -> None:
        if self.leaving:
            await queries.begin_attempts_of_server(
                [attempt.message_id for attempt in self.leaving],
                [
                    boxes[attempt.scope.household_id].seal(
                        "outbox_messages", "address", attempt.message_id, attempt.outgoing.address
                    )
                    for attempt in self.leaving
                ],
                token=self._token,
                provider=self.provider or "",
                is_marked=self._is_marked,
                leased_until=self.now + LEASE,
                now=self.now,
            )
        if self._suppressed:
            await queries.suppress_of_server(
                list(self._suppressed), list(self._suppressed.values())
            )
        if self._held:
            await queries.put_off_of_server(
                list(self._held),
                [held.until for held in self._held.values()],
                [held.reason for held in self._held.values()],
            )
        if self.failed:
            await queries.give_up_of_server(list(self.failed), list(self.failed.values()))

    def tell(self) -> None:
        """Log what will not leave; the row says it, too."""
        for message_id, reason in self._suppressed.items():
            log.info("message.suppressed", message_id=str(message_id), reason=reason)
        for message_id, code in self.failed.items():
            log.warning("message.failed", message_id=str(message_id), code=code)


async def _doubtful(rows: Sequence[Row]) -> list[Attempt]:
    boxes = await keys.boxes({row["household_id"] for row in rows})
    return [_in_doubt(row, open_message(row, boxes[row["household_id"]])) for row in rows]


def _in_doubt(row: Row, outgoing: Outgoing | None) -> Attempt:
    """One that cannot be read is of no provider: nobody can be asked about it."""
    return Attempt(
        Scope(row["household_id"], row["user_id"]),
        outgoing or Outgoing(row["id"], row["kind"], "", "", "", None, None, None),
        channel=row["channel"],
        provider=row["provider"] if outgoing else "",
        number=row["attempts"],
        token=row["lease_token"],
        begun_at=row["attempt_at"],
        expires_at=row["expires_at"],
        in_doubt_since=row["in_doubt_since"] or doubt_since(row["attempt_at"]),
        is_uncalled=row["state"] == "sending" and row["uncalled_attempt"] == row["attempts"],
        is_parked=row["state"] == "unknown",
    )
