"""One attempt: call the provider, and note what came of it; or find out what did (ADR 0026)."""

import asyncio
from datetime import datetime

import structlog

from server.failpoints import Step, around, durable
from server.integrations.channel import (
    Absent,
    Accepted,
    Begin,
    CannotTell,
    Channel,
    Found,
    Refused,
    Unclear,
)
from server.integrations.twilio import codes
from server.messages import breakers, opt_outs, rules
from server.messages import queries_outcomes as queries
from server.messages.attempts import Attempt
from server.messages.rules import Again, Look, Park
from server.messages.segments import count_segments
from server.messages.undelivered import tell_undelivered

Outcome = Accepted | Refused | Unclear

log = structlog.get_logger()


async def call(attempt: Attempt, channel: Channel, mark: Begin) -> Outcome:
    """Hand a message to its provider, within `CALL_LIMIT_S`, counted anew from its `mark`.

    What `mark` raises goes through: then nothing was handed over.
    """
    may_have_left = not channel.is_marked

    async def begin() -> None:
        nonlocal may_have_left
        await mark()
        may_have_left = True
        limit.reschedule(asyncio.get_running_loop().time() + rules.CALL_LIMIT_S)

    with around(Step.OUTBOX_CALL):
        try:
            async with asyncio.timeout(rules.CALL_LIMIT_S) as limit:
                return await channel.send(attempt.outgoing, begin)
        except TimeoutError:
            code = "timed_out"
            return Unclear(code) if may_have_left else Refused(code, is_permanent=False)


def is_well(outcome: Outcome) -> bool:
    """Say whether the provider works: a refusal for good shows that, too."""
    return isinstance(outcome, Accepted) or (isinstance(outcome, Refused) and outcome.is_permanent)


async def note(attempt: Attempt, outcome: Outcome, *, now: datetime, jitter: float) -> None:
    """Store what came of an attempt. Safe to do twice: the second finds nothing to change."""
    match outcome:
        case Accepted():
            with around(Step.OUTBOX_ACCEPT):
                await _accept(attempt, outcome, now=now)
        case Refused(is_permanent=True):
            await _fail(attempt, outcome.code, now=now)
        case Refused():
            at = rules.next_attempt(
                attempt.number,
                now=now,
                expires_at=attempt.expires_at,
                jitter=jitter,
                retry_after_s=outcome.retry_after_s,
            )
            with around(Step.OUTBOX_RETRY):
                await _try_again(attempt, outcome.code, at=at)
        case Unclear():
            with around(Step.OUTBOX_DOUBT):
                await queries.doubt(
                    attempt.scope,
                    attempt.message_id,
                    attempt.token,
                    outcome.code,
                    since=now,
                    look_at=now + rules.LOOK_AGAIN,
                )
            log.info("message.in_doubt", message_id=str(attempt.message_id), code=outcome.code)


async def note_health(attempt: Attempt, outcome: Outcome, *, now: datetime, jitter: float) -> None:
    """Count what an outcome says of its provider."""
    if isinstance(outcome, Accepted) or is_well(outcome):
        await breakers.note_success(attempt.provider, on_trial=attempt.on_trial, now=now)
        return
    await breakers.note_failure(
        attempt.provider,
        outcome.code,
        now=now,
        jitter=jitter,
        retry_after_s=outcome.retry_after_s,
        on_trial=attempt.on_trial,
    )


async def settle(
    attempt: Attempt, channel: Channel | None, *, now: datetime, jitter: float
) -> None:
    """Find out whether the provider has a message that is in doubt, and do what follows.

    `channel` is None where nobody may be asked now.
    """
    if attempt.is_uncalled:
        with around(Step.OUTBOX_ABSENT):
            await _try_again(attempt, "not_called", at=now)
        return
    since = attempt.in_doubt_since or now
    answer = await _ask(attempt, channel)
    if isinstance(answer, Found):
        if not await _found(attempt, answer, now=now):
            await _look(attempt, None, since, Look(now + rules.LOOK_AGAIN))
        return
    following = rules.settle(
        is_absent=isinstance(answer, Absent),
        in_doubt_since=since,
        now=now,
        is_parked=attempt.is_parked,
    )
    code = None
    if isinstance(answer, CannotTell):
        code = answer.code
        if answer.retry_after_s:  # it wants to be left alone: by questions, too
            await breakers.note_failure(
                attempt.provider, code, now=now, jitter=jitter, retry_after_s=answer.retry_after_s
            )
    match following:
        case Again():
            at = now
            if attempt.number >= rules.QUICK_TRIES:
                at = rules.next_attempt(
                    attempt.number, now=now, expires_at=attempt.expires_at, jitter=jitter
                )
            with around(Step.OUTBOX_ABSENT):
                await _try_again(attempt, "absent", at=at)
        case Look():
            await _look(attempt, code, since, following)
        case Park(at):
            with around(Step.OUTBOX_PARK):
                await queries.park(
                    attempt.scope,
                    attempt.message_id,
                    attempt.token,
                    code,
                    since=since,
                    look_at=at if at < attempt.expires_at else None,
                )
            log.warning("message.unknown", message_id=str(attempt.message_id), code=code)


async def _ask(attempt: Attempt, channel: Channel | None) -> Found | Absent | CannotTell:
    if channel is None:
        return CannotTell("not_asked")
    if attempt.provider != channel.provider:
        return CannotTell("other_provider")
    taken = await queries.list_provider_ids(
        attempt.scope, attempt.channel, but_of=attempt.message_id
    )
    try:
        async with asyncio.timeout(rules.CALL_LIMIT_S):
            return await channel.find(attempt.outgoing, since=attempt.begun_at, taken=taken)
    except TimeoutError:
        return CannotTell("timed_out")


async def _accept(attempt: Attempt, accepted: Accepted, *, now: datetime) -> None:
    segments = accepted.segments
    if segments is None and attempt.channel == "sms":
        segments = count_segments(attempt.outgoing.text)
    is_noted = await queries.accept(
        attempt.scope,
        attempt.message_id,
        attempt=attempt.number,
        provider_id=accepted.provider_id,
        segments=segments,
        cost_micros=accepted.cost_micros,
        now=now,
    )
    if not is_noted:
        log.error("message.accepted_too_late", message_id=str(attempt.message_id))


async def _found(attempt: Attempt, found: Found, *, now: datetime) -> bool:
    """Store where a message was found; False when that turned out to be another message."""
    async with durable(Step.OUTBOX_FOUND):
        await queries.hold_user(attempt.scope)
        if found.provider_id in await queries.list_provider_ids(
            attempt.scope, attempt.channel, but_of=attempt.message_id
        ):
            return False
        accepted = Accepted(found.provider_id, found.segments, found.cost_micros)
        await _accept(attempt, accepted, now=now)
        if found.state != "accepted":
            is_moved = await queries.finish(
                attempt.scope, attempt.message_id, found.state, found.code, now=now
            )
            if is_moved and found.state == "failed":
                await tell_undelivered(
                    attempt.scope, attempt.channel, kind=attempt.outgoing.kind, now=now
                )
    log.info("message.found", message_id=str(attempt.message_id), state=found.state)
    return True


async def _fail(attempt: Attempt, code: str, *, now: datetime) -> None:
    async with durable(Step.OUTBOX_FAIL):
        if not await queries.fail(attempt.scope, attempt.message_id, attempt.token, code):
            return
        if code == codes.UNSUBSCRIBED:  # they answered STOP to Twilio, and nobody told us
            await opt_outs.stop_number(attempt.scope, attempt.outgoing.address, now=now)
        await tell_undelivered(attempt.scope, attempt.channel, kind=attempt.outgoing.kind, now=now)
    log.warning("message.failed", message_id=str(attempt.message_id), code=code)


async def _try_again(attempt: Attempt, code: str, *, at: datetime) -> None:
    await queries.try_again(attempt.scope, attempt.message_id, attempt.token, code, at=at)


async def _look(attempt: Attempt, code: str | None, since: datetime, look: Look) -> None:
    if attempt.is_parked:
        # Nobody asks about what is of no use any more; a late word of the provider still counts.
        look_at = look.at if look.at < attempt.expires_at else None
        await queries.park(
            attempt.scope, attempt.message_id, attempt.token, code, since=since, look_at=look_at
        )
        return
    await queries.doubt(
        attempt.scope, attempt.message_id, attempt.token, code, since=since, look_at=look.at
    )
