"""Whether a contact is to be suggested now, and if not, why; the engine and `why` both ask here.

Days are civil days in the user's zone: a call at 21:00 and one at 09:00 on the same date count
the same, an evening slot is not missed because the last talk ended an hour later in the day, the
number equals the one in the sentence the user reads, and a day of 23 or 25 hours is one day.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from server.lib import due
from server.lib.texts import search_key
from server.suggestions.candidates import Candidate, ImportantDate
from server.suggestions.days import local_day, next_occurrence
from server.suggestions.reasons import Blocker, BlockerCode
from server.suggestions.states import State

# How far ahead an important date prompts; as long as the horizon in which slots are sought.
DATE_HORIZON_DAYS = 14
# After a "no" the contact rests, or the next pass (six hours later) would ask again.
REST_DAYS = 7


@dataclass(frozen=True, slots=True)
class NearDate:
    """The next occurrence of an important date; `years` since its year, None when unknown."""

    label: str
    on: date
    days_until: int
    years: int | None


def days_since_last(candidate: Candidate, today: date, zone: ZoneInfo) -> int | None:
    """Return whole civil days since the last confirmed interaction; None when there is none."""
    if candidate.last_confirmed_at is None:
        return None
    return (today - local_day(candidate.last_confirmed_at, zone)).days


def is_due(candidate: Candidate, now: datetime, zone: ZoneInfo) -> bool:
    """Say whether the cadence has run out; a contact never talked to is due when added."""
    due_on_ = due_on(candidate, zone)
    return due_on_ is not None and due_on_ <= local_day(now, zone)


def due_on(candidate: Candidate, zone: ZoneInfo) -> date | None:
    """Return the first day on which the contact is due; None when its cadence is none."""
    return due.due_on(candidate.cadence.days, candidate.last_confirmed_at, candidate.added_at, zone)


def near_date(candidate: Candidate, now: datetime, zone: ZoneInfo) -> NearDate | None:
    """Return the soonest important date of the next 14 days that still wants a talk.

    An occurrence that an earlier suggestion named and the user answered is done, and so is
    today's when they have already talked today.
    """
    if not candidate.dates:
        return None
    today = local_day(now, zone)
    done = {answer.about_on for answer in candidate.answers}
    if days_since_last(candidate, today, zone) == 0:
        done.add(today)
    near = [
        _near(important, on, today)
        for important in candidate.dates
        if (on := next_occurrence(important.month, important.day, important.year, today))
        <= today + timedelta(days=DATE_HORIZON_DAYS)
        and on not in done
    ]
    return min(near, key=lambda found: (found.on, found.label), default=None)


def _near(important: ImportantDate, on: date, today: date) -> NearDate:
    years = on.year - important.year if important.year is not None else None
    return NearDate(important.label, on, (on - today).days, years)


def why_not(candidate: Candidate, now: datetime, zone: ZoneInfo) -> list[Blocker]:
    """Return everything about the contact that keeps it from being suggested; empty is a go.

    Limits and free time are not the contact's: `slots.assign` answers for them.
    """
    found = [
        *_switches(candidate, now, zone),
        _open(candidate, now, zone),
        _planned(candidate, now, zone),
        _resting(candidate, now, zone),
        _not_prompted(candidate, now, zone),
    ]
    return [blocker for blocker in found if blocker is not None]


def _switches(candidate: Candidate, now: datetime, zone: ZoneInfo) -> list[Blocker]:
    blockers = []
    if candidate.archived:
        blockers.append(Blocker(BlockerCode.ARCHIVED))
    if candidate.paused_until is not None and candidate.paused_until > now:
        until = local_day(candidate.paused_until, zone)
        blockers.append(Blocker(BlockerCode.PAUSED, {"until": until.isoformat()}))
    if candidate.never_suggest:
        blockers.append(Blocker(BlockerCode.NEVER_SUGGEST))
    return blockers


def _open(candidate: Candidate, now: datetime, zone: ZoneInfo) -> Blocker | None:
    found = candidate.open
    if found is None:
        return None
    until = found.snoozed_until
    if found.state is State.SNOOZED and until is not None and until > now:
        data = {"is_own": found.is_own, "until": local_day(until, zone).isoformat()}
        return Blocker(BlockerCode.SNOOZED, data)
    return Blocker(BlockerCode.OPEN_SUGGESTION, {"is_own": found.is_own})


def _planned(candidate: Candidate, now: datetime, zone: ZoneInfo) -> Blocker | None:
    if candidate.planned_at is None or candidate.planned_at <= now:
        return None
    on = local_day(candidate.planned_at, zone)
    return Blocker(BlockerCode.PLANNED, {"on": on.isoformat()})


def _resting(candidate: Candidate, now: datetime, zone: ZoneInfo) -> Blocker | None:
    refused = [answer.at for answer in candidate.answers if answer.dismissed is not None]
    if not refused:
        return None
    rest_days = min(REST_DAYS, candidate.cadence.days or REST_DAYS)
    until = local_day(max(refused), zone) + timedelta(days=rest_days)
    if local_day(now, zone) >= until:
        return None
    return Blocker(BlockerCode.DISMISSED_RECENTLY, {"until": until.isoformat()})


def _not_prompted(candidate: Candidate, now: datetime, zone: ZoneInfo) -> Blocker | None:
    """Neither the cadence nor a date asks for a talk.

    A cadence of none silences the rhythm only: a birthday still counts, and whoever wants
    no prompt at all has `never_suggest`.
    """
    if is_due(candidate, now, zone) or near_date(candidate, now, zone) is not None:
        return None
    due = due_on(candidate, zone)
    if due is None:
        return Blocker(BlockerCode.CADENCE_NONE)
    return Blocker(BlockerCode.NOT_DUE, {"due_on": due.isoformat()})


def same_city(place: str | None, location: str | None) -> bool | None:
    """Say whether two places as people write them are one city; None when either is unknown.

    The first part before a comma is the city: "Berlin" and "berlin, Germany" are the same.
    """
    if not place or not location:
        return None
    ours, theirs = (search_key(text.split(",")[0]) for text in (place, location))
    return ours == theirs if ours and theirs else None
