"""Replies that wait are read, carried out and answered: each once (ADR 0030).

What a reply does, what its row says of it and the receipt to it are one transaction. A worker that
dies leaves the reply as it came; a reply that cannot be handled is given up after a few tries, and
holds up no other user's.
"""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog

from server import logs
from server.db import Row
from server.errors import Unavailable
from server.failpoints import Step, durable
from server.keys import service as keys
from server.lib.scope import Scope
from server.messages import opt_outs
from server.outbox import service as outbox
from server.outbox.service import Cause, ChannelName
from server.queue import enqueue
from server.replies import apply, queries
from server.replies.apply import Received
from server.replies.parse import Kind, Reply, parse
from server.replies.receipts import receipt
from server.replies.results import Handled, Said
from server.replies.strip import strip
from server.replies.texts import texts_for
from server.replies.words import Verb

JOB = "handle_replies"
BATCH = 100
MOST_TRIES = 3
PAUSE = timedelta(seconds=30)
"""Before a reply that failed is tried again; twice as long before the last time."""
RECEIPT_LIFE = timedelta(days=1)
MOST_UNASKED = 3
"""Answers in an hour to what was no command: two machines that write to each other stop there."""
OPT_OUT_RECEIPT = "opt_out_receipt"
"""The kind of message that alone may leave after a STOP."""

log = structlog.get_logger()


async def remind(*, now: datetime) -> bool:
    """Ask for replies whose nudge was lost; say whether a job was queued."""
    if not await queries.find_any_received(now=now):
        return False
    return await enqueue(JOB, key=f"{JOB}:reminder")


async def handle_batch(*, now: datetime) -> int:
    """Handle up to `BATCH` replies that wait, of all users; return how many had their turn.

    Safe to run twice, by several at once, and to be killed.

    Raises:
        DatabaseAway, Unavailable: the database cannot be used, which is no reply's fault.
    """
    for turn in range(BATCH):
        held: list[Row] = []
        (outcome,) = await asyncio.gather(_handle_next(held, now=now), return_exceptions=True)
        if isinstance(outcome, OSError | Unavailable) or (outcome and not held):
            raise outcome
        if outcome is not None:
            await _note_failure(held[0], outcome, now=now)
        elif not held:
            return turn
    return BATCH


async def _handle_next(held: list[Row], *, now: datetime) -> None:
    """Handle the next reply, and put its row into `held` first."""
    async with durable(Step.REPLY_HANDLE):
        row = await queries.find_next_received(now=now)
        if row is None:
            return
        held.append(row)
        received = Received(Scope(row["household_id"], row["user_id"]), row["id"], now)
        handled = await _handle(received, row)
        if handled.lines or handled.said:
            await _answer(received, row, handled)
        await queries.finish(
            received.scope,
            received.id,
            state=handled.state,
            outcome_code=handled.outcome_code,
            now=now,
        )
    log.info("reply.handled", message_id=str(received.id), outcome=handled.outcome_code)


async def _handle(received: Received, row: Row) -> Handled:
    if row["is_disabled"]:
        return Handled("ignored", "disabled")
    box = await keys.box(received.scope.household_id)
    body = box.open("inbox_messages", "body", received.id, row["body"])
    text = body if row["channel"] == "sms" else strip(body, sender=row["name"])
    reply = parse(text)
    if reply.kind in {Kind.STOP, Kind.START}:
        return await _opt(received, row, is_stop=reply.kind is Kind.STOP)
    is_yes = reply.bare is not None and reply.bare.verb is Verb.YES
    if is_yes and row["channel"] == "sms" and await opt_outs.is_stopped(received.scope, "sms"):
        # Carriers take a YES of who had stopped for a START.
        return await _opt(received, row, is_stop=False)
    handled = await _carry_out(received, reply)
    if reply.has_note and handled.state == "applied":
        return Handled("proposed", "applied_with_note", handled.lines, Said.NOTE)
    return handled


async def _carry_out(received: Received, reply: Reply) -> Handled:
    if reply.kind is Kind.COMMANDS:
        return await apply.apply(received, reply)
    if reply.bare is not None:
        return await apply.apply_bare(received, reply.bare)
    if reply.kind is Kind.UNDO:
        return await apply.undo(received, reply.codes)
    if reply.kind is Kind.HELP:
        return Handled("applied", "help", said=Said.HELP)
    if reply.kind in {Kind.THANKS, Kind.REACTION}:
        return Handled("ignored", str(reply.kind))
    return await _unasked(received, reply.kind)


async def _unasked(received: Received, kind: Kind) -> Handled:
    """Keep what is no command: a sentence as a note, and ask about what was nearly one."""
    state, said = {
        Kind.NOTE: ("proposed", Said.NOTE),
        Kind.UNCLEAR: ("ignored", Said.UNCLEAR),
        Kind.EMPTY: ("ignored", Said.EMPTY),
    }[kind]
    since = received.now - timedelta(hours=1)
    is_talk = await queries.count_unasked(received.scope, since=since) >= MOST_UNASKED
    return Handled(state, str(kind), said=None if is_talk else said)


async def _opt(received: Received, row: Row, *, is_stop: bool) -> Handled:
    """Stop or start a channel. Twilio answers these words itself: a second answer would fail."""
    channel = _channel(row)
    if is_stop:
        is_new = await opt_outs.stop(received.scope, channel, now=received.now)
        said = Said.STOPPED_SMS if channel == "sms" else Said.STOPPED_EMAIL
    else:
        is_new = await opt_outs.start(received.scope, channel, now=received.now)
        said = Said.STARTED
    is_told = is_new and row["provider"] != "twilio"
    outcome_code = "stopped" if is_stop else "started"
    return Handled("applied", outcome_code, said=said if is_told else None)


async def _answer(received: Received, row: Row, handled: Handled) -> None:
    channel = _channel(row)
    texts = texts_for(row["language"])
    text = receipt(handled, texts, ZoneInfo(row["zone"]), is_sms=channel == "sms")
    if text is None:
        return
    await outbox.write(
        received.scope,
        kind=OPT_OUT_RECEIPT if handled.outcome_code == "stopped" else "receipt",
        dedupe_key=f"receipt:{received.id}",
        subject="" if channel == "sms" else texts.subject,
        body=text,
        now=received.now,
        life=RECEIPT_LIFE,
        channel=channel,
        is_urgent=True,
        cause=Cause("inbox", received.id),
    )


async def _note_failure(row: Row, error: BaseException, *, now: datetime) -> None:
    scope, tries = Scope(row["household_id"], row["user_id"]), row["attempts"] + 1
    log.error(
        "reply.failed",
        message_id=str(row["id"]),
        attempt=tries,
        error=type(error).__name__,
        where=logs.where(error),
    )
    if tries < MOST_TRIES:
        later = now + PAUSE * tries
        await queries.note_failure(scope, row["id"], next_attempt_at=later)
        return
    (untold,) = await asyncio.gather(_give_up(row, now=now), return_exceptions=True)
    if isinstance(untold, OSError | Unavailable):
        raise untold
    if untold is not None:  # what keeps us from saying so must not keep the reply waiting, too
        log.error("reply.untold", message_id=str(row["id"]), error=type(untold).__name__)
        await queries.finish(scope, row["id"], state="ignored", outcome_code="failed", now=now)


async def _give_up(row: Row, *, now: datetime) -> None:
    """Let a reply be over that could not be handled, and tell its user."""
    handled = Handled("ignored", "failed", said=Said.FAILED)
    received = Received(Scope(row["household_id"], row["user_id"]), row["id"], now)
    async with durable(Step.REPLY_HANDLE):
        await queries.finish(
            received.scope, received.id, state="ignored", outcome_code="failed", now=now
        )
        if not row["is_disabled"]:
            await _answer(received, row, handled)


def _channel(row: Row) -> ChannelName:
    return "sms" if row["channel"] == "sms" else "email"


async def find_receipt(scope: Scope, message_id: UUID) -> str | None:
    """Return the text that answered a reply; None where none was written."""
    row = await queries.get_receipt(scope, message_id)
    if row is None:
        return None
    box = await keys.box(scope.household_id)
    return box.open("outbox_messages", "body", row["id"], row["body"])
