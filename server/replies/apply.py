"""Carries out what a reply says about suggestions, in the caller's transaction."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from server.db import Row, savepoint
from server.digests import codes
from server.digests.codes import Coded, Purpose
from server.errors import Conflict, NotFound, Overtaken
from server.lib.ids import uuid7
from server.lib.intervals import Interval
from server.lib.scope import Scope
from server.replies import queries
from server.replies.parse import Choice, Reply
from server.replies.queries import Action
from server.replies.results import APPLIED, Handled, Line, Outcome, Said
from server.replies.words import Verb
from server.suggestions import service as suggestions
from server.suggestions import service_resume
from server.suggestions import service_undo as undoing
from server.suggestions.schemas import ConfirmIn, DismissIn
from server.suggestions.service_undo import Before, NoWayBack
from server.suggestions.states import SNOOZE_MAX_DAYS, SNOOZE_MIN_DAYS, DismissReason, State

LATER_DAYS = 1
"""What "later" means without a number."""
UNDO_LIFE = timedelta(hours=24)
"""How long a reply can be taken back."""


@dataclass(frozen=True, slots=True)
class Received:
    """A reply that is being handled, at `now`."""

    scope: Scope
    id: UUID
    now: datetime


async def apply(received: Received, reply: Reply) -> Handled:
    """Do what commands with codes say, each by itself: one that is refused stops no other."""
    wanted = dict(reply.choices)
    if reply.every is not None:
        for coded in await _list_waiting(received):
            if coded.code not in {*reply.contradictions, *reply.excepted}:
                wanted.setdefault(coded.code, reply.every)
        if not wanted and not reply.contradictions:
            return Handled("ignored", "nothing_open", said=Said.NOTHING_OPEN)
    lines = [await _apply_one(received, code, wanted[code]) for code in sorted(wanted)]
    lines += [Line(code, Outcome.UNCLEAR) for code in reply.contradictions]
    return _handled(lines)


async def apply_bare(received: Received, choice: Choice) -> Handled:
    """Do what a verb alone says, where exactly one suggestion is open; else ask which one."""
    found = await _list_waiting(received)
    if not found:
        return Handled("ignored", "nothing_open", said=Said.NOTHING_OPEN)
    if len(found) > 1:
        return Handled("ignored", "which_code", said=Said.WHICH, example=found[0].code)
    return _handled([await _apply_coded(received, found[0], choice)])


async def undo(received: Received, only: tuple[int, ...]) -> Handled:
    """Take back what the user's last reply did; `only` these codes of it, if any are named."""
    rows = await queries.list_last_actions(received.scope, since=received.now - UNDO_LIFE)
    rows = [row for row in rows if not only or row["code"] in only]
    if not rows:
        return Handled("ignored", "nothing_to_undo", said=Said.NOTHING_TO_UNDO)
    lines = [await _undo_one(received, row) for row in rows]
    lines.sort(key=lambda line: line.code)
    if all(line.outcome is Outcome.KEPT for line in lines):
        return Handled("ignored", "not_undone", lines)
    return Handled("applied", "undone", lines)


async def _list_waiting(received: Received) -> list[Coded]:
    """Return what of the newest message waits for an answer; where nothing does, what is open.

    What is accepted already is not meant by "all yes", but a "no" after it may be.
    """
    found = await codes.list_open(received.scope, now=received.now)
    ids = [coded.suggestion_id for coded in found]
    pending = await queries.list_pending(received.scope, ids)
    waiting = [
        coded
        for coded in found
        if coded.purpose is Purpose.CONFIRMATION or coded.suggestion_id in pending
    ]
    return waiting or found


def _handled(lines: list[Line]) -> Handled:
    done = [line for line in lines if line.outcome in APPLIED]
    if len(done) == len(lines):
        return Handled("applied", "applied", lines)
    return (
        Handled("applied", "partly_applied", lines)
        if done
        else Handled("ignored", lines[0].outcome, lines)
    )


async def _apply_one(received: Received, code: int, choice: Choice) -> Line:
    coded = await codes.resolve(received.scope, code, now=received.now)
    if coded is None:
        is_told = await codes.is_told(received.scope, code, now=received.now)
        return Line(code, Outcome.ANSWERED if is_told else Outcome.UNKNOWN)
    return await _apply_coded(received, coded, choice)


async def _apply_coded(received: Received, coded: Coded, choice: Choice) -> Line:
    days = LATER_DAYS if choice.days is None else choice.days
    if choice.verb is Verb.LATER and not SNOOZE_MIN_DAYS <= days <= SNOOZE_MAX_DAYS:
        return Line(coded.code, Outcome.DAYS)
    try:
        row = await undoing.hold(received.scope, coded.suggestion_id)
        name = _names(row)
        act = _ACTS.get((coded.purpose, choice.verb))
        if act is None:
            return Line(coded.code, Outcome.YES_OR_NO, name)
        async with savepoint():
            return await act(received, coded, row, days)
    except Conflict as refusal:
        if refusal.code == "no_time":
            return Line(coded.code, Outcome.NO_TIME, name, row["snoozed_until"])
        is_early = coded.purpose is Purpose.CONFIRMATION
        return Line(coded.code, Outcome.TOO_EARLY if is_early else Outcome.ANSWERED, name)
    except NotFound:  # the contact became another's, or went, since the message
        return Line(coded.code, Outcome.UNKNOWN)


Act = Callable[[Received, Coded, Row, int], Awaitable[Line]]


async def _accept(received: Received, coded: Coded, row: Row, _days: int) -> Line:
    if row["state"] == State.SNOOZED:  # "later", and "yes" after all
        slot = await queries.find_slot_before_snooze(received.scope, coded.suggestion_id)
        former = Interval(slot["start"], slot["end"]) if slot else None
        await service_resume.resume(
            received.scope, coded.suggestion_id, former=former, now=received.now
        )
    try:
        done = await suggestions.accept(received.scope, coded.suggestion_id, now=received.now)
    except Overtaken:  # it has expired instead, and that is kept
        return Line(coded.code, Outcome.GONE, _names(row))
    await _keep(received, coded, row, "accept", done.suggestion.state)
    return Line(coded.code, Outcome.YES, _names(row), done.suggestion.slot_start)


async def _dismiss(received: Received, coded: Coded, row: Row, _days: int) -> Line:
    reason = DismissIn(reason=DismissReason.OTHER)
    done = await suggestions.dismiss(received.scope, coded.suggestion_id, reason, now=received.now)
    await _keep(received, coded, row, "dismiss", done.suggestion.state)
    return Line(coded.code, Outcome.NO, _names(row))


async def _snooze(received: Received, coded: Coded, row: Row, days: int) -> Line:
    done = await suggestions.snooze(
        received.scope, coded.suggestion_id, days=days, now=received.now
    )
    await _keep(received, coded, row, "snooze", done.state)
    return Line(coded.code, Outcome.LATER, _names(row), done.snoozed_until)


async def _confirm(received: Received, coded: Coded, row: Row, _days: int) -> Line:
    data = ConfirmIn(happened=True)
    done = await suggestions.confirm(received.scope, coded.suggestion_id, data, now=received.now)
    await _keep(received, coded, row, "confirm", done.state)
    return Line(coded.code, Outcome.MET, _names(row))


async def _miss(received: Received, coded: Coded, row: Row, _days: int) -> Line:
    data = ConfirmIn(happened=False)
    done = await suggestions.confirm(received.scope, coded.suggestion_id, data, now=received.now)
    await _keep(received, coded, row, "miss", done.state)
    return Line(coded.code, Outcome.MISSED, _names(row))


_ACTS: dict[tuple[Purpose, Verb], Act] = {
    (Purpose.SUGGESTION, Verb.YES): _accept,
    (Purpose.SUGGESTION, Verb.NO): _dismiss,
    (Purpose.SUGGESTION, Verb.LATER): _snooze,
    (Purpose.CONFIRMATION, Verb.YES): _confirm,
    (Purpose.CONFIRMATION, Verb.NO): _miss,
}


async def _keep(received: Received, coded: Coded, row: Row, action: str, left_as: str) -> None:
    was = undoing.before(row)
    await queries.insert_action(
        received.scope,
        Action(
            uuid7(),
            received.id,
            coded.suggestion_id,
            code=coded.code,
            action=action,
            left_as=left_as,
            before_state=was.state,
            before_slot_start=was.slot_start,
            before_slot_end=was.slot_end,
            before_snoozed_until=was.snoozed_until,
        ),
        now=received.now,
    )


async def _undo_one(received: Received, action: Row) -> Line:
    was = Before(
        State(action["before_state"]),
        action["before_slot_start"],
        action["before_slot_end"],
        action["before_snoozed_until"],
    )
    name = ""
    try:
        row = await undoing.hold(received.scope, action["suggestion_id"])
        name = _names(row)
        async with savepoint():
            await undoing.take_back(
                received.scope,
                action["suggestion_id"],
                left_as=State(action["left_as"]),
                was=was,
                now=received.now,
            )
            await queries.set_undone(received.scope, action["id"], now=received.now)
    except (NoWayBack, NotFound):
        return Line(action["code"], Outcome.KEPT, name)
    return Line(action["code"], Outcome.UNDONE, name)


def _names(row: Row) -> str:
    return ", ".join(contact["nickname"] or contact["name"] for contact in row["contacts"] or ())
