"""The pass that makes suggestions: for one user on demand, for everybody every six hours."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from server import versions
from server.calendars import service_events as calendars
from server.calendars.service_events import Planning
from server.db import transaction
from server.lib.ids import uuid7
from server.lib.intervals import Interval
from server.lib.scope import Scope
from server.suggestions import queries_pass, review
from server.suggestions.candidates import Candidate, OpenSuggestion
from server.suggestions.engine import Pass, propose
from server.suggestions.facts import Facts, Member, members
from server.suggestions.reasons import Blocker
from server.suggestions.slots import Proposal
from server.suggestions.states import State

# Users a transaction holds at once: enough to amortise its statements, few enough that its
# locks are short and its memory small.
BATCH = 10


@dataclass(slots=True)
class Outcome:
    """What a pass did: ids of new and woken suggestions, and how many contacts waited for what."""

    created: list[UUID] = field(default_factory=list)
    woken: list[UUID] = field(default_factory=list)
    open_count: int = 0
    waiting: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Answer:
    """Why one contact is, or is not, suggested now."""

    candidate: Candidate
    facts: Facts
    member: Member
    blockers: list[Blocker]
    would_be: Proposal | None


async def generate(scopes: Sequence[Scope], *, now: datetime) -> dict[UUID, Outcome]:
    """Make what is due for these users, in one transaction; safe to repeat, by several at once.

    Eight statements with BEGIN and COMMIT, one more when an open one ends or moves, however many
    contacts there are.
    """
    async with transaction():
        await queries_pass.lock_and_close(scopes, now=now)
        found = members(
            await queries_pass.list_members(scopes),
            await queries_pass.list_facts(scopes, now=now),
            await queries_pass.list_suggested(scopes, now=now),
            now,
        )
        free = await _free(found, now=now)
        created: list[dict[str, Any]] = []
        reviewed: list[dict[str, Any]] = []
        outcomes = {}
        for member in found:
            outcomes[member.user_id] = _pass(member, free[member.user_id], created, reviewed, now)
            _tell_household(found, member)
        await queries_pass.insert_suggestions(scopes, created, now=now)
        await queries_pass.update_reviewed(scopes, reviewed, now=now)
        await versions.changed(scopes, "suggestions")
    return outcomes


async def close_past_for_all(*, now: datetime) -> int:
    """End every suggestion that is over; return how many."""
    async with transaction():
        closed = await queries_pass.close_past_of_server(now=now)
        await versions.changed(closed, "suggestions")
    return len(closed)


async def generate_for_all(*, now: datetime, progress: Callable[[int], None] | None = None) -> int:
    """Make what is due for every user, batch by batch; return how many suggestions were made.

    `progress` is told the number of users done. A batch that fails keeps no other one waiting:
    its error is raised when all have had their turn.
    """
    made, after, failures = 0, None, []
    while scopes := await queries_pass.list_scopes_of_server(after=after, limit=BATCH):
        (outcomes,) = await asyncio.gather(generate(scopes, now=now), return_exceptions=True)
        if isinstance(outcomes, BaseException):
            failures.append(outcomes)
        else:
            made += sum(len(outcome.created) for outcome in outcomes.values())
        after = scopes[-1].user_id
        if progress:
            progress(len(scopes))
    if failures:
        raise failures[0]
    return made


async def explain(scope: Scope, contact_id: UUID, *, now: datetime) -> Answer | None:
    """Run the engine for one contact, without writing; None when the scope has no such contact."""
    known = await _look_up(scope, contact_id, now=now)
    if known is None:
        return None
    member, facts = known
    free = (await _free([member], now=now))[scope.user_id]
    candidate = member.candidate(facts)
    outcome = _propose(member, free, [candidate], now)
    blockers = outcome.blocked.get(contact_id, [])
    proposal = outcome.proposals[0] if outcome.proposals else None
    return Answer(candidate, facts, member, blockers, proposal)


async def speaks_against(scope: Scope, contact_id: UUID, *, now: datetime) -> bool:
    """Say whether the reason for a pending suggestion is gone: talked, archived, paused …."""
    known = await _look_up(scope, contact_id, now=now)
    return known is None or review.has_lost_its_reason(known[0], known[1], now)


async def fresh_slot(scope: Scope, suggestion_id: UUID, *, now: datetime) -> Proposal | None:
    """Return a free time for an open suggestion of the user's; None: none, or no contact."""
    suggested = await queries_pass.list_suggested([scope], now=now)
    row = next((one for one in suggested if one["id"] == suggestion_id), None)
    known = await _look_up(scope, row["contact_ids"][0], now=now) if row else None
    if row is None or known is None:
        return None
    member, facts = known
    free = (await _free([member], now=now))[scope.user_id]
    return review.fresh_slot(member, free, member.candidate(facts), dict(row), now)


async def _look_up(scope: Scope, contact_id: UUID, *, now: datetime) -> tuple[Member, Facts] | None:
    """Return the user and what is known of one contact; None when either is not there."""
    facts = await queries_pass.list_facts([scope], now=now, contact_id=contact_id)
    users = await queries_pass.list_members([scope])
    if not facts or not users:
        return None
    suggested = await queries_pass.list_suggested([scope], now=now)
    (member,) = members(users, facts, suggested, now)
    return member, facts[0]


async def _free(found: Sequence[Member], *, now: datetime) -> dict[UUID, list[Interval]]:
    return await calendars.free_times(
        [Planning(Scope(m.household_id, m.user_id), m.zone, m.availability) for m in found],
        now=now,
    )


def _pass(
    member: Member,
    free: list[Interval],
    created: list[dict[str, Any]],
    reviewed: list[dict[str, Any]],
    now: datetime,
) -> Outcome:
    outcome = Outcome()
    reviewed.extend(review.review_pending(member, free, now))
    for row in review.wake_snoozed(member, free, now):
        reviewed.append(row)
        if row["state"] == State.PENDING:
            outcome.woken.append(row["id"])
    result = _propose(member, free, [member.candidate(row) for row in member.contacts], now)
    for proposal in result.proposals:
        row = _new_row(member, proposal)
        created.append(row)
        outcome.created.append(row["id"])
        member.open[proposal.contact_ids[0]] = OpenSuggestion(State.PENDING, is_own=True)
    outcome.open_count = member.open_count + len(result.proposals)
    outcome.waiting.update(blockers[0].code.value for blockers in result.blocked.values())
    return outcome


def _propose(
    member: Member, free: list[Interval], candidates: list[Candidate], now: datetime
) -> Pass:
    return propose(
        candidates,
        free,
        member.taken,
        now=now,
        zone=member.zone,
        minutes=member.availability.minimum_slot_minutes,
        open_count=member.open_count,
        max_open=member.max_open,
    )


def _tell_household(found: list[Member], done: Member) -> None:
    """One open suggestion per contact and household: the next member's turn knows of this one's."""
    for other in found:
        if other.household_id == done.household_id and other.user_id != done.user_id:
            for contact_id, opened in done.open.items():
                other.open.setdefault(contact_id, replace(opened, is_own=False))


def _new_row(member: Member, proposal: Proposal) -> dict[str, Any]:
    return {
        "id": uuid7(),
        "household_id": member.household_id,
        "user_id": member.user_id,
        "contact_id": proposal.contact_ids[0],
        "link_id": uuid7(),
        "trigger": proposal.trigger.value,
        "way": proposal.way.value,
        "slot_start": proposal.slot.start,
        "slot_end": proposal.slot.end,
        "slot_zone": member.zone.key,
        "score": proposal.score,
        "reasons": json.dumps([reason.as_json() for reason in proposal.reasons]),
        "about_on": proposal.about_on,
    }
