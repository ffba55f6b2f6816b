"""Whom first: points for every factor, each a stored reason.

The score orders contacts and is never shown. It is exactly the sum of its reasons' weights:
each weight is rounded to 2 decimals first, then the sum is rounded to 2 decimals.

Close Friends come first: with equally many days beyond the threshold, the weights below cannot
add up to CLOSE_FRIENDS_WEIGHT (20 + 30 + 12 + 15 for, 9 for and 18 against by answers: 104).
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

from server.suggestions.candidates import Answer, Candidate
from server.suggestions.days import local_day
from server.suggestions.reasons import Reason, ReasonCode
from server.suggestions.rules import (
    DATE_HORIZON_DAYS,
    NearDate,
    days_since_last,
    is_due,
    near_date,
)
from server.suggestions.states import DismissReason

BASE_WEIGHT = 100.0
OVERDUE_FACTOR = 50.0
CLOSE_FRIENDS = "close friends"
CLOSE_FRIENDS_WEIGHT = 110.0
CIRCLE_WEIGHTS = {"inner": 20.0, "close": 12.0, "active": 6.0, "casual": 0.0}
DATE_MIN_WEIGHT = 10.0
DATE_MAX_WEIGHT = 30.0
TAG_WEIGHT = 3.0
TAGS_MAX_WEIGHT = 12.0
# A rhythm falls when the last two gaps are this much longer than those before them.
FALLING_RATIO = 1.5
FALLING_FACTOR = 10.0
FALLING_MAX_WEIGHT = 15.0
ANSWER_WINDOW_DAYS = 90
ACCEPTED_WEIGHT = 3.0
ACCEPTED_MAX_WEIGHT = 9.0
REFUSED_MAX_WEIGHT = -18.0
# Bad timing speaks of the hour, not of the person; "met too recently" moves the last talk.
REFUSED_WEIGHTS = {
    DismissReason.NOT_RELEVANT: -6.0,
    DismissReason.OTHER: -6.0,
    DismissReason.BAD_TIMING: -2.0,
}


class Trigger(StrEnum):
    """What made the engine think of a contact."""

    TIMEBOUND = "timebound"
    SHARED_ACTIVITY = "shared_activity"
    IMPORTANT_DATE = "important_date"


@dataclass(frozen=True, slots=True)
class Scored:
    """A contact worth suggesting: `about_on` is the important date that is near, or None."""

    candidate: Candidate
    trigger: Trigger
    about_on: date | None
    score: float
    reasons: tuple[Reason, ...]


def rank(scored: Iterable[Scored]) -> list[Scored]:
    """Return the contacts best first, in the same order whatever order they come in.

    Ties: the longest silence first (since added, when never talked to), then the contact id.
    """
    return sorted(scored, key=_order)


def _order(scored: Scored) -> tuple[float, datetime, int]:
    candidate = scored.candidate
    silent_since = candidate.last_confirmed_at or candidate.added_at
    return -scored.score, silent_since, candidate.contact_id.int


def score(candidate: Candidate, now: datetime, zone: ZoneInfo) -> Scored:
    """Score a contact that is due or has an important date near.

    Raises:
        ValueError: it is neither, so there is nothing to say.
    """
    today = local_day(now, zone)
    near = near_date(candidate, now, zone)
    if is_due(candidate, now, zone):
        trigger = Trigger.TIMEBOUND
        reasons = [_base(candidate, today, zone)]
        if near is not None:
            reasons.append(_date(near, base=0.0))
    elif near is not None:
        trigger = Trigger.IMPORTANT_DATE
        reasons = [_date(near, base=BASE_WEIGHT)]
    else:
        raise ValueError("neither the cadence nor a date asks for this contact")
    factors = (
        _circle(candidate, today),
        _close_friends(candidate, today),
        _shared_tags(candidate),
        _falling_rhythm(candidate, zone),
        *_answers(candidate, today, zone),
    )
    reasons.extend(factor for factor in factors if factor is not None)
    return Scored(
        candidate, trigger, near.on if near else None, total_weight(reasons), tuple(reasons)
    )


def total_weight(reasons: Iterable[Reason]) -> float:
    """Return the score that these reasons make: their sum, rounded to 2 decimals."""
    return round(math.fsum(reason.weight for reason in reasons), 2)


def _base(candidate: Candidate, today: date, zone: ZoneInfo) -> Reason:
    """100 points for being due, and 50·ln(1 + days beyond the threshold)."""
    since = days_since_last(candidate, today, zone)
    cadence = candidate.cadence
    data = {
        "cadence_days": cadence.days,
        "source": cadence.source.value,
        "inherited_from": cadence.inherited_from,
    }
    if since is None or cadence.days is None:
        added_on = local_day(candidate.added_at, zone)
        return Reason(ReasonCode.NEVER_CONTACTED, BASE_WEIGHT, data, added_on)
    beyond = since - cadence.days
    weight = round(BASE_WEIGHT + OVERDUE_FACTOR * math.log1p(beyond), 2)
    last_on = today - timedelta(days=since)
    data |= {"last_on": last_on.isoformat(), "days_since": since, "days_beyond": beyond}
    return Reason(ReasonCode.CADENCE_REACHED, weight, data, last_on)


def _date(near: NearDate, base: float) -> Reason:
    closeness = (DATE_HORIZON_DAYS - near.days_until) / DATE_HORIZON_DAYS
    weight = base + DATE_MIN_WEIGHT + (DATE_MAX_WEIGHT - DATE_MIN_WEIGHT) * closeness
    data = {"label": near.label, "on": near.on.isoformat(), "years": near.years}
    return Reason(ReasonCode.IMPORTANT_DATE, round(weight, 2), data, near.on)


def _circle(candidate: Candidate, today: date) -> Reason | None:
    if candidate.circle is None:
        return None
    weight = CIRCLE_WEIGHTS[candidate.circle]
    return Reason(ReasonCode.CIRCLE, weight, {"circle": candidate.circle}, today)


def _close_friends(candidate: Candidate, today: date) -> Reason | None:
    for name in candidate.group_names:
        if name.casefold() == CLOSE_FRIENDS:
            return Reason(ReasonCode.CLOSE_FRIENDS, CLOSE_FRIENDS_WEIGHT, {"group": name}, today)
    return None


def _shared_tags(candidate: Candidate) -> Reason | None:
    if not candidate.shared_tags:
        return None
    names = sorted({tag.name for tag in candidate.shared_tags})
    weight = min(TAGS_MAX_WEIGHT, TAG_WEIGHT * len(names))
    seen_on = max(tag.seen_on for tag in candidate.shared_tags)
    return Reason(ReasonCode.SHARED_TAGS, weight, {"tags": names}, seen_on)


def _falling_rhythm(candidate: Candidate, zone: ZoneInfo) -> Reason | None:
    """Compare the last two gaps between talks with those before; needs three gaps."""
    days = sorted({local_day(at, zone) for at in candidate.talks})
    gaps = [(later - earlier).days for earlier, later in pairwise(days)]
    if len(gaps) < 3:
        return None
    recent = math.fsum(gaps[-2:]) / 2
    before = math.fsum(gaps[:-2]) / len(gaps[:-2])
    ratio = recent / before
    if ratio < FALLING_RATIO:
        return None
    weight = round(min(FALLING_MAX_WEIGHT, FALLING_FACTOR * (ratio - 1)), 2)
    data = {"recent_days": round(recent), "before_days": round(before)}
    return Reason(ReasonCode.FALLING_RHYTHM, weight, data, days[-1])


def _answers(candidate: Candidate, today: date, zone: ZoneInfo) -> list[Reason]:
    if not candidate.answers:
        return []
    since = today - timedelta(days=ANSWER_WINDOW_DAYS)
    recent = [answer for answer in candidate.answers if local_day(answer.at, zone) >= since]
    accepted = [answer for answer in recent if answer.dismissed is None]
    refused = [answer for answer in recent if answer.dismissed in REFUSED_WEIGHTS]
    reasons = []
    if accepted:
        weight = min(ACCEPTED_MAX_WEIGHT, ACCEPTED_WEIGHT * len(accepted))
        data = {"times": len(accepted)}
        reasons.append(
            Reason(ReasonCode.ACCEPTED_BEFORE, weight, data, _latest_day(accepted, zone))
        )
    if refused:
        weight = max(REFUSED_MAX_WEIGHT, math.fsum(map(_refused_weight, refused)))
        data = {"times": len(refused)}
        reasons.append(Reason(ReasonCode.REFUSED_BEFORE, weight, data, _latest_day(refused, zone)))
    return reasons


def _refused_weight(answer: Answer) -> float:
    return REFUSED_WEIGHTS[answer.dismissed] if answer.dismissed is not None else 0.0


def _latest_day(answers: Iterable[Answer], zone: ZoneInfo) -> date:
    return local_day(max(answer.at for answer in answers), zone)
