"""A second look at a user's open suggestions, before anything new is made; pure."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from server.lib.intervals import Interval
from server.suggestions.candidates import Candidate
from server.suggestions.facts import Facts, Member
from server.suggestions.reasons import BlockerCode, Reason
from server.suggestions.rules import why_not
from server.suggestions.scoring import Scored, Trigger
from server.suggestions.slots import Proposal, assign, choose_zone, cut_slots, is_civil
from server.suggestions.states import State

_RESTING = BlockerCode.DISMISSED_RECENTLY
# What lets a suggestion sleep on when its snooze is over; anything else against it ends it.
_SLEEPS_ON = {_RESTING, BlockerCode.PAUSED, BlockerCode.PLANNED}


def review_pending(member: Member, free: list[Interval], now: datetime) -> list[dict[str, Any]]:
    """End what is pending without a reason left, and move what lost its time.

    A talk was logged, the contact archived, an evening filled up. Old slots stay taken within
    this pass: rows are written one by one, and two may not overlap even for a moment.
    """
    rows: list[dict[str, Any]] = []
    ordered = sorted(member.pending, key=lambda kept: (kept["slot_start"], kept["id"]))
    for row, candidate in _with_candidates(ordered, member):
        if candidate is None or _against(candidate, now, member) - {_RESTING}:
            rows.append(_reviewed_row(row, State.EXPIRED, member, None))
            member.open_count -= 1
        elif not _still_fits(row, candidate, member, free):
            proposal = fresh_slot(member, free, candidate, row, now)
            if proposal is None:
                rows.append(_reviewed_row(row, State.EXPIRED, member, None))
                member.open_count -= 1
            else:
                rows.append(_reviewed_row(row, State.PENDING, member, proposal))
                member.taken.append(proposal.slot)
    return rows


def has_lost_its_reason(member: Member, contact: Facts, now: datetime) -> bool:
    """Say whether anything but an earlier "no" speaks against a contact now."""
    return bool(_against(member.candidate(contact), now, member) - {_RESTING})


def _with_candidates(rows: list[Facts], member: Member) -> Iterator[tuple[Facts, Candidate | None]]:
    """Pair suggestions with their contact, None for one that is archived or gone."""
    if not rows:
        return
    by_id = {contact["contact_id"]: contact for contact in member.contacts}
    for row in rows:
        contact = by_id.get(row["contact_ids"][0])
        yield row, member.candidate(contact) if contact else None


def _still_fits(row: Facts, candidate: Candidate, member: Member, free: list[Interval]) -> bool:
    zone, _ = choose_zone(candidate, member.zone)
    slot = Interval(row["slot_start"], row["slot_end"])
    is_free = any(span.start <= slot.start and slot.end <= span.end for span in free)
    return is_free and is_civil(slot, zone)


def wake_snoozed(member: Member, free: list[Interval], now: datetime) -> list[dict[str, Any]]:
    """Bring back what was snoozed until now, before anything new takes its slot."""
    rows: list[dict[str, Any]] = []
    ordered = sorted(member.woken, key=lambda kept: (kept["snoozed_until"], kept["id"]))
    for row, candidate in _with_candidates(ordered, member):
        against = _against(candidate, now, member)
        if candidate is None or against - _SLEEPS_ON:
            rows.append(_reviewed_row(row, State.EXPIRED, member, None))
            member.open_count -= 1
            for contact_id in row["contact_ids"]:
                member.open.pop(contact_id, None)
            continue
        proposal = None if against else fresh_slot(member, free, candidate, row, now)
        if proposal is not None:
            rows.append(_reviewed_row(row, State.PENDING, member, proposal))
            member.taken.append(proposal.slot)
        # Else it stays snoozed; the next pass tries again.
    return rows


def _against(candidate: Candidate | None, now: datetime, member: Member) -> set[BlockerCode]:
    """Return what speaks against a contact besides its own snoozed suggestion."""
    if candidate is None:
        return set()
    return {b.code for b in why_not(replace(candidate, open=None), now, member.zone)}


def fresh_slot(
    member: Member, free: list[Interval], candidate: Candidate, row: Facts, now: datetime
) -> Proposal | None:
    """Return a free time for an open suggestion, as if nothing else were to be placed."""
    kept = Scored(
        candidate,
        Trigger(row["trigger"]),
        row["about_on"],
        row["score"],
        tuple(Reason.from_json(reason) for reason in row["reasons"]),
    )
    placement = assign(
        [kept],
        cut_slots(free, member.availability.minimum_slot_minutes),
        member.taken,
        now=now,
        zone=member.zone,
        open_count=0,
        max_open=1,
    )
    return placement.proposals[0] if placement.proposals else None


def _reviewed_row(
    row: Facts, state: State, member: Member, proposal: Proposal | None
) -> dict[str, Any]:
    slot: Interval | None = proposal.slot if proposal else None
    return {
        "id": row["id"],
        "state": state.value,
        "slot_start": slot.start if slot else None,
        "slot_end": slot.end if slot else None,
        "slot_zone": member.zone.key,
        "way": proposal.way.value if proposal else row["way"],
    }
