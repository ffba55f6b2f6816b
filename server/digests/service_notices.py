"""Messages about one suggestion: what does not wait for the digest, and "did it happen?".

Each is sent once: a row says so, written with the message. Which triggers do not wait is
`rules.AT_ONCE` and `rules.BEFORE_DIGEST`.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from server.db import Row
from server.digests import codes, letters, queries_codes, queries_notices, readers, rules, service
from server.digests.codes import Purpose
from server.digests.letters import Item, Reader
from server.failpoints import Step, durable
from server.lib.ids import uuid7
from server.lib.scope import Scope
from server.messages import service as messages
from server.messages.service import Notice, Reach, Words
from server.outbox.service import Cause

BATCH = 200
TELL_LIFE = timedelta(hours=24)
ASK_LIFE = timedelta(hours=48)
ASK_WITHIN = timedelta(days=7)
"""As long as an accepted suggestion waits for an answer before it counts as missed."""

Say = Callable[[Item, Reader], Words]


async def tell_at_once(*, now: datetime) -> int:
    """Write a message for each suggestion that must not wait; return how many were looked after.

    Safe to run twice, by several at once, and to be killed.
    """
    await service.keep_schedules(now=now)

    async def held() -> list[Row]:
        return await queries_notices.hold_untold_of_server(
            now=now,
            at_once=rules.AT_ONCE,
            before_digest=rules.BEFORE_DIGEST,
            margin=rules.MARGIN,
            limit=BATCH,
        )

    def say(item: Item, reader: Reader) -> Words:
        return letters.told_at_once(item, reader, now)

    return await _write_all(held, Step.DIGEST_TELL, Purpose.SUGGESTION, say, now)


async def ask(*, now: datetime) -> int:
    """Ask whether what was accepted happened, once its time is over; return how many were asked.

    Who has said it already is not asked. Safe as `tell_at_once`.
    """
    await service.keep_schedules(now=now)

    async def held() -> list[Row]:
        return await queries_notices.hold_unasked_of_server(
            now=now, since=now - ASK_WITHIN, limit=BATCH
        )

    return await _write_all(held, Step.DIGEST_ASK, Purpose.CONFIRMATION, letters.question, now)


async def _write_all(
    hold: Callable[[], Awaitable[list[Row]]],
    step: Step,
    purpose: Purpose,
    say: Say,
    now: datetime,
) -> int:
    """Write a message about each suggestion that `hold` finds, batch by batch."""
    count = 0
    while True:
        async with durable(step):
            rows = await hold()
            if rows:
                await _write(rows, purpose, say, now)
        count += len(rows)
        if len(rows) < BATCH:
            return count


async def _write(rows: Sequence[Row], purpose: Purpose, say: Say, now: datetime) -> None:
    scopes = [Scope(row["household_id"], row["user_id"]) for row in rows]
    reach = await messages.reach_of(scopes)
    records = [_record(row, reach, purpose) for row in rows]
    first = await queries_notices.insert_notices(scopes, records, now=now)
    told = [
        (scope, row)
        for scope, row, record in zip(scopes, rows, records, strict=True)
        if record["state"] == "written" and row["id"] in first
    ]
    counters = await codes.counters(scopes)
    numbers = [counters[scope.user_id].number(row["id"], purpose) for scope, row in told]
    notices = [
        Notice(
            scope,
            f"{purpose}:{row['id']}",
            say(readers.item(row, number), await readers.reader(scope, row)),
            Cause("suggestion", row["id"]),
            _life(row, purpose, now),
        )
        for (scope, row), number in zip(told, numbers, strict=True)
    ]
    written = await messages.notify_all(notices, reach, kind=purpose, now=now)
    await queries_codes.insert_codes(
        scopes,
        [
            code
            for (scope, row), number, ids in zip(told, numbers, written, strict=True)
            for code in codes.new_codes(scope, ids, {row["id"]: number}, purpose)
        ],
        now=now,
    )


def _record(row: Row, reach: Reach, purpose: Purpose) -> dict[str, Any]:
    reason = messages.why_unreachable(row["user_id"], reach)
    return {
        "id": uuid7(),
        "suggestion_id": row["id"],
        "purpose": purpose,
        "state": "skipped" if reason else "written",
        "reason": reason,
    }


def _life(row: Row, purpose: Purpose, now: datetime) -> timedelta:
    """Return how long the message is of use: not after the time that it proposes."""
    if purpose is Purpose.CONFIRMATION:
        return ASK_LIFE
    ahead: timedelta = row["slot_start"] - now
    return min(TELL_LIFE, ahead)
