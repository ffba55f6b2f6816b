"""One user's pass, and the answer to "why not": the same function, so that they cannot disagree."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from server.lib.intervals import Interval
from server.suggestions.candidates import Candidate
from server.suggestions.reasons import Blocker
from server.suggestions.rules import why_not
from server.suggestions.scoring import Scored, rank, score
from server.suggestions.slots import Proposal, assign, cut_slots

DEFAULT_MAX_OPEN = 5


@dataclass(frozen=True, slots=True)
class Pass:
    """What came of each candidate: proposed, or `blocked` with at least one blocker."""

    proposals: list[Proposal]
    blocked: dict[UUID, list[Blocker]]


def propose(
    candidates: Sequence[Candidate],
    free: Iterable[Interval],
    taken: Sequence[Interval],
    *,
    now: datetime,
    zone: ZoneInfo,
    minutes: int = 30,
    open_count: int = 0,
    max_open: int = DEFAULT_MAX_OPEN,
) -> Pass:
    """Say whom the user should catch up with and when, and of all others why not.

    The same arguments give the same result, in whatever order the candidates come. With a
    single candidate it answers whether the next pass could suggest them.

    Args:
        candidates: the user's contacts, each once.
        free: the user's free time within the horizon, aware UTC.
        taken: slots of the user's open suggestions.
        now: aware UTC; nothing is proposed within `slots.LEAD` after it.
        zone: the user's.
        minutes: length of a slot.
        open_count: open suggestions the user has already.
        max_open: at most so many afterwards.
    """
    blocked: dict[UUID, list[Blocker]] = {}
    wanted: list[Scored] = []
    for candidate in candidates:
        if blockers := why_not(candidate, now, zone):
            blocked[candidate.contact_id] = blockers
        else:
            wanted.append(score(candidate, now, zone))
    placement = assign(
        rank(wanted),
        cut_slots(free, minutes),
        taken,
        now=now,
        zone=zone,
        open_count=open_count,
        max_open=max_open,
    )
    blocked |= {contact_id: [blocker] for contact_id, blocker in placement.unplaced.items()}
    return Pass(placement.proposals, blocked)
