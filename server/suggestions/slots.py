"""When: gives each ranked contact one of the user's free slots, or says why there is none."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from server.lib.intervals import Interval
from server.suggestions.candidates import Candidate, PreferredWay
from server.suggestions.days import local_day
from server.suggestions.reasons import Blocker, BlockerCode, Reason, ReasonCode
from server.suggestions.scoring import Scored, Trigger

CIVIL_FROM = time(8)
CIVIL_UNTIL = time(22)
# People agree on quarters of an hour; starts half an hour apart reach every civil window.
ALIGN = timedelta(minutes=15)
STEP = timedelta(minutes=30)
# Time to read the suggestion, to ask and to be answered.
LEAD = timedelta(hours=1)


class Way(StrEnum):
    """How a suggestion proposes to talk."""

    IN_PERSON = "in_person"
    CALL = "call"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A suggestion to write: `contact_ids` has one entry until groups of 2 or 3 are built.

    `zone` is the contact's, or the user's where the contact's is not known. The weights of
    `reasons` add up to `score`.
    """

    contact_ids: tuple[UUID, ...]
    trigger: Trigger
    about_on: date | None
    slot: Interval
    zone: ZoneInfo
    way: Way
    score: float
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Placement:
    """Every ranked contact is in one of the two: `unplaced` maps contact ids to what lacked."""

    proposals: list[Proposal]
    unplaced: dict[UUID, Blocker]


def cut_slots(free: Iterable[Interval], minutes: int) -> list[Interval]:
    """Cut free time into slots of `minutes`, starting every half hour; they may overlap.

    A span starts at its first quarter of an hour, unless no slot fits from there.
    """
    length = timedelta(minutes=minutes)
    slots = []
    for span in free:
        start = _next_quarter(span.start)
        if start + length > span.end:
            start = span.start
        while start + length <= span.end:
            slots.append(Interval(start, start + length))
            start += STEP
    return slots


def _next_quarter(at: datetime) -> datetime:
    past = (at - datetime.min.replace(tzinfo=UTC)) % ALIGN
    return at + (ALIGN - past) if past else at


def is_civil(slot: Interval, zone: ZoneInfo) -> bool:
    """Say whether the whole slot lies between 08:00 and 22:00 of one day in `zone`."""
    start, end = slot.start.astimezone(zone), slot.end.astimezone(zone)
    return start.date() == end.date() and start.time() >= CIVIL_FROM and end.time() <= CIVIL_UNTIL


def choose_way(candidate: Candidate) -> tuple[Way, ReasonCode]:
    """Return how to talk and why: in person needs the same city, or the travel said.

    A wish to meet somebody elsewhere is kept, with the travel named; an unknown place is not
    guessed to be near.
    """
    if candidate.preferred_way is PreferredWay.REMOTE:
        return Way.CALL, ReasonCode.PREFERS_REMOTE
    if candidate.same_city is None:
        return Way.CALL, ReasonCode.PLACE_UNKNOWN
    if candidate.same_city:
        return Way.IN_PERSON, ReasonCode.SAME_CITY
    if candidate.preferred_way is PreferredWay.IN_PERSON:
        return Way.IN_PERSON, ReasonCode.TRAVEL_NEEDED
    return Way.CALL, ReasonCode.OTHER_CITY


def choose_zone(candidate: Candidate, zone: ZoneInfo) -> tuple[ZoneInfo, bool]:
    """Return the zone whose clock the contact lives by, and whether it is only assumed.

    Without a zone it is the user's `zone`. For a contact with a noted place that is not known
    to be the user's city, that is an assumption which the suggestion has to show.
    """
    if candidate.zone is not None:
        return candidate.zone, False
    return zone, candidate.has_place and candidate.same_city is not True


def assign(
    ranked: Sequence[Scored],
    slots: Iterable[Interval],
    taken: Sequence[Interval],
    *,
    now: datetime,
    zone: ZoneInfo,
    open_count: int,
    max_open: int,
) -> Placement:
    """Give each of `ranked`, in order, a slot of its own until `max_open` suggestions are open.

    Args:
        ranked: best first.
        slots: the user's free slots; they may overlap, the proposals will not.
        taken: slots of the user's open suggestions.
        now: aware UTC; no slot starts within LEAD after it.
        zone: the user's; days are spread by its calendar.
        open_count: open suggestions the user has already.
        max_open: at most so many afterwards.
    """
    board = _Board(slots, taken, now + LEAD, zone)
    today = local_day(now, zone)
    placement = Placement([], {})
    for scored in ranked:
        candidate = scored.candidate
        if open_count + len(placement.proposals) >= max_open:
            blocker = Blocker(BlockerCode.LIMIT_REACHED, {"max_open": max_open})
            placement.unplaced[candidate.contact_id] = blocker
            continue
        contact_zone, assumed = choose_zone(candidate, zone)
        slot = board.take(contact_zone, scored.about_on)
        if slot is None:
            placement.unplaced[candidate.contact_id] = board.why_none(contact_zone)
            continue
        placement.proposals.append(_proposal(scored, slot, contact_zone, assumed, today))
    return placement


def _proposal(
    scored: Scored, slot: Interval, contact_zone: ZoneInfo, assumed: bool, today: date
) -> Proposal:
    candidate = scored.candidate
    way, why_way = choose_way(candidate)
    reasons = [*scored.reasons, Reason(why_way, 0.0, {}, today)]
    if assumed:
        reasons.append(Reason(ReasonCode.ZONE_ASSUMED, 0.0, {"zone": contact_zone.key}, today))
    return Proposal(
        contact_ids=(candidate.contact_id,),
        trigger=scored.trigger,
        about_on=scored.about_on,
        slot=slot,
        zone=contact_zone,
        way=way,
        score=scored.score,
        reasons=tuple(reasons),
    )


class _Board:
    """The slots still to give away, filtered once per distinct zone, not once per contact."""

    def __init__(
        self,
        slots: Iterable[Interval],
        taken: Sequence[Interval],
        not_before: datetime,
        zone: ZoneInfo,
    ) -> None:
        self._open = sorted(
            slot
            for slot in slots
            if slot.start >= not_before and not any(slot.overlaps(other) for other in taken)
        )
        self._day = {slot: local_day(slot.start, zone) for slot in self._open}
        self._load = Counter(local_day(slot.start, zone) for slot in taken)
        self._civil: dict[str, list[Interval]] = {}

    def take(self, zone: ZoneInfo, about_on: date | None) -> Interval | None:
        """Give away the best slot civil in `zone`: near `about_on`, on a quiet day, early."""
        civil = self._civil.get(zone.key)
        if civil is None:
            civil = [slot for slot in self._open if is_civil(slot, zone)]
            self._civil[zone.key] = civil
        if not civil:
            return None
        best = min(civil, key=lambda slot: self._cost(slot, about_on))
        self._load[self._day[best]] += 1
        self._open = _without(self._open, best)
        self._civil = {key: _without(kept, best) for key, kept in self._civil.items()}
        return best

    def _cost(self, slot: Interval, about_on: date | None) -> tuple[bool, int, int, datetime]:
        """A good wish may come early, and late only when there is no time before."""
        day = self._day[slot]
        late_days = (day - about_on).days if about_on is not None else 0
        return late_days > 0, abs(late_days), self._load[day], slot.start

    def why_none(self, zone: ZoneInfo) -> Blocker:
        """Say what lacked after `take` found nothing in `zone`."""
        if not self._open:
            return Blocker(BlockerCode.NO_FREE_SLOT)
        return Blocker(BlockerCode.NO_CIVIL_SLOT, {"zone": zone.key})


def _without(slots: list[Interval], taken: Interval) -> list[Interval]:
    return [slot for slot in slots if not slot.overlaps(taken)]
