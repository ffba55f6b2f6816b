"""Write the digests that are due: each occurrence once, whoever is killed meanwhile.

A schedule's row says which occurrence is next; settling one writes what became of it, the message
and the next occurrence in one transaction (docs/adr/0029).
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from server.db import Row
from server.digests import codes, queries, queries_codes, readers, rules
from server.digests.codes import Purpose
from server.digests.readers import Listing
from server.digests.rules import Occurrence, Rule
from server.failpoints import Step, durable
from server.lib.ids import uuid7
from server.lib.scope import Scope
from server.messages import service as messages
from server.messages.service import Notice, Reach, Words
from server.outbox.service import Cause
from server.suggestions import generation

SCHEDULES_AT_ONCE = 1000
BATCH = 200
"""Digests that a transaction writes: its statements are few, and its locks are short."""
ENGINE_BATCH = 10
LIFE = timedelta(hours=24)
"""A digest that could not leave for a day is left out."""
KIND = "digest"

Progress = Callable[[int], None]


async def write_due(*, now: datetime, progress: Progress | None = None) -> int:
    """Write every digest that is due; return how many occurrences were settled.

    Safe to run twice, by several at once, and to be killed. A batch that fails keeps no other
    one waiting: its error is raised when all have had their turn. `progress` is told the number
    of users done.
    """
    await keep_schedules(now=now)
    settled, after, failures = 0, None, list[BaseException]()
    while due := await queries.list_due_of_server(now=now, after=after, limit=BATCH):
        scopes = await _with_suggestions(due, failures, now)
        (done,) = await asyncio.gather(_write(scopes, now), return_exceptions=True)
        if isinstance(done, BaseException):
            failures.append(done)
        else:
            settled += done
        after = (due[-1]["next_at"], due[-1]["user_id"])
        if progress:
            progress(len(due))
    if failures:
        raise failures[0]
    return settled


async def keep_schedules(*, now: datetime) -> int:
    """Make schedules that are missing, and move those whose user changed day, hour or zone.

    Returns their number. One that is due stays: it is settled first, by the rule it was made by.
    What a clock that was ahead has left out comes back.
    """
    left_out = await queries.list_left_out_ahead_of_server(ahead=now + rules.AHEAD, now=now)
    await _put_schedules([{**row, "next_at": now} for row in left_out], now)
    changed = len(left_out)
    while True:
        rows = await queries.list_unscheduled_of_server(
            now=now, too_far=now + rules.FAR, limit=SCHEDULES_AT_ONCE
        )
        await _put_schedules(rows, now)
        changed += len(rows)
        if len(rows) < SCHEDULES_AT_ONCE:
            return changed


async def _put_schedules(rows: Sequence[Row], now: datetime) -> None:
    if not rows:
        return
    async with durable(Step.DIGEST_SCHEDULE):
        await queries.put_schedules(
            [_scope(row) for row in rows],
            [_schedule(row["rule"], _moved(row, now)) for row in rows],
        )


async def preview(scope: Scope, *, now: datetime) -> Words | None:
    """Return the digest that would go to a user now, with the codes it would have; writes nothing.

    None when there is nothing to say.
    """
    listing = (await readers.listings([scope], now=now)).get(scope.user_id)
    if listing is None:
        return None
    counter = (await codes.counters([scope]))[scope.user_id]
    numbers = {row["id"]: counter.number(row["id"], Purpose.SUGGESTION) for row in listing.in_order}
    return await readers.digest(scope, listing, numbers, now=now)


async def write_now(scope: Scope, *, now: datetime) -> str:
    """Write one user's digest of today at once; say what came of it.

    It is the one of its date: the schedule writes no second one that day. Returns `written`, or
    why nothing was: `nothing_to_say`, `no_channel`, `user_disabled`, `written_before`.
    """
    async with durable(Step.DIGEST_WRITE):
        await queries.hold_schedule(scope)
        reach = await messages.reach_of([scope])
        listing = (await readers.listings([scope], now=now)).get(scope.user_id)
        reason = messages.why_unreachable(scope.user_id, reach)
        if reason:
            return reason
        if listing is None:
            return "nothing_to_say"
        digest_id = uuid7()
        row = {
            "id": digest_id,
            "local_date": readers.today(listing, now),
            "due_at": now,
            "state": "written",
            "reason": None,
            "listed": len(listing.in_order),
        }
        if not await _record([scope], [row], now):
            return "written_before"
        await _tell([(scope, digest_id, listing)], reach, now)
    return "written"


async def _with_suggestions(
    due: Sequence[Row], failures: list[BaseException], now: datetime
) -> list[Scope]:
    """Ask the engine for who would get nothing; leave out for whom it fails: they stay due.

    Everybody else's suggestions are at most six hours old, and what ended them has told the
    engine already.
    """
    wanting = [
        _scope(row)
        for row in due
        if not row["has_pending"] and not rules.is_too_late(row["next_at"], now)
    ]
    failed: set[Scope] = set()
    for start in range(0, len(wanting), ENGINE_BATCH):
        part = wanting[start : start + ENGINE_BATCH]
        (made,) = await asyncio.gather(generation.generate(part, now=now), return_exceptions=True)
        if isinstance(made, BaseException):
            failures.append(made)
            failed.update(part)
    return [scope for scope in map(_scope, due) if scope not in failed]


async def _write(scopes: Sequence[Scope], now: datetime) -> int:
    """Settle what is due of these users, in one transaction of a dozen statements."""
    if not scopes:
        return 0
    async with durable(Step.DIGEST_WRITE):
        held = await queries.hold_due(scopes, now=now)
        if not held:
            return 0
        mine = [_scope(row) for row in held]
        reach = await messages.reach_of(mine)
        listings = await readers.listings(mine, now=now)
        rows = [_occurrence(row, reach, listings.get(row["user_id"]), now) for row in held]
        first = await _record(mine, rows, now)
        await _tell(
            [
                (scope, row["id"], listings[scope.user_id])
                for scope, row in zip(mine, rows, strict=True)
                if row["state"] == "written" and row["id"] in first
            ],
            reach,
            now,
        )
        await queries.put_schedules(mine, [_next(row, now) for row in held])
    return len(first)


async def _record(
    scopes: Sequence[Scope], rows: Sequence[dict[str, Any]], now: datetime
) -> set[UUID]:
    return await queries.insert_digests(scopes, rows, now=now, ahead=now + rules.AHEAD)


async def _tell(
    letters: Sequence[tuple[Scope, UUID, Listing]], reach: Reach, now: datetime
) -> None:
    """Write digests (their ids) and their codes."""
    if not letters:
        return
    scopes = [scope for scope, _, _ in letters]
    counters = await codes.counters(scopes)
    numbers = [
        {found["id"]: counters[scope.user_id].number(found["id"], Purpose.SUGGESTION)
         for found in listing.in_order}
        for scope, _, listing in letters
    ]  # fmt: skip
    notices = [
        Notice(
            scope,
            f"digest:{digest_id}",
            await readers.digest(scope, listing, its_numbers, now=now),
            Cause("digest", digest_id),
            LIFE,
        )
        for (scope, digest_id, listing), its_numbers in zip(letters, numbers, strict=True)
    ]
    written = await messages.notify_all(notices, reach, kind=KIND, now=now)
    told = [
        code
        for scope, ids, its_numbers in zip(scopes, written, numbers, strict=True)
        for code in codes.new_codes(scope, ids, its_numbers, Purpose.SUGGESTION)
    ]
    await queries_codes.insert_codes(scopes, told, now=now)


def _occurrence(row: Row, reach: Reach, listing: Listing | None, now: datetime) -> dict[str, Any]:
    """Return what becomes of a digest that is due, as its row."""
    state, reason = _outcome(row, reach, listing, now)
    return {
        "id": uuid7(),
        "local_date": row["next_on"],
        "due_at": row["next_at"],
        "state": state,
        "reason": reason,
        "listed": len(listing.in_order) if listing and state == "written" else 0,
    }


def _outcome(
    row: Row, reach: Reach, listing: Listing | None, now: datetime
) -> tuple[str, str | None]:
    unreachable = messages.why_unreachable(row["user_id"], reach)
    if unreachable != "user_disabled" and rules.is_too_late(row["next_at"], now):
        return "skipped", "too_late"
    if unreachable:
        return "skipped", unreachable
    if listing is None or rules.is_repetition(listing.told_at, now):
        return "nothing_to_say", None
    return "written", None


def _moved(row: Row, now: datetime) -> Occurrence:
    kept = Occurrence(row["next_on"], row["next_at"]) if row["next_at"] else None
    return rules.moved(Rule.read(row["rule"]), kept, now)


def _next(row: Row, now: datetime) -> dict[str, Any]:
    return _schedule(row["rule"], rules.following(Rule.read(row["rule"]), row["next_on"], now))


def _schedule(rule: str, found: Occurrence) -> dict[str, Any]:
    return {"id": uuid7(), "rule": rule, "next_on": found.on, "next_at": found.at}


def _scope(row: Row) -> Scope:
    return Scope(row["household_id"], row["user_id"])
