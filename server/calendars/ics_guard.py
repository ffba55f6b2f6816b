"""What keeps a hostile or broken RRULE from running for hours.

dateutil walks every rule from its start. Rules are refused when that walk is too long, and end
with the span that is asked for, so that one which never matches (30 February) ends, too.
"""

from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Any, cast

from dateutil.rrule import rrulestr
from icalendar import Event
from icalendar.prop import vRecur

from server.calendars.ics_errors import ICALENDAR_ERRORS, EventProblem
from server.calendars.ics_moments import moment_of

MAX_STEPS = 100_000
"""Steps of one rule from DTSTART to the end of the span: hourly for eleven years."""

MAX_EMPTY = 10
"""Rules without any instance in one file: dateutil looks for each until the year 9999, 0.3 s."""

MAX_RULES = 10
MAX_DATES = 20_000
_MAX_PARTS = 400  # BYYEARDAY knows 366 days
_DAY = timedelta(days=1)
_FAR = 50 * 365 * _DAY
_PERIOD = {
    "SECONDLY": timedelta(seconds=1),
    "MINUTELY": timedelta(minutes=1),
    "HOURLY": timedelta(hours=1),
    "DAILY": _DAY,
    "WEEKLY": 7 * _DAY,
    "MONTHLY": 30 * _DAY,
    "YEARLY": 365 * _DAY,
}
# Least and greatest value, and whether it may count from the end (RFC 5545, 3.3.10).
_RANGES: dict[str, tuple[int, int, bool]] = {
    "BYSECOND": (0, 60, False),
    "BYMINUTE": (0, 59, False),
    "BYHOUR": (0, 23, False),
    "BYMONTHDAY": (1, 31, True),
    "BYYEARDAY": (1, 366, True),
    "BYWEEKNO": (1, 53, True),
    "BYMONTH": (1, 12, False),
    "BYSETPOS": (1, 366, True),
}
_ONLY_YEARLY = {"BYWEEKNO"}
_FORBIDDEN = {
    "YEARLY": set[str](),
    "MONTHLY": {"BYWEEKNO", "BYYEARDAY"},
    "WEEKLY": {"BYWEEKNO", "BYYEARDAY", "BYMONTHDAY"},
    "DAILY": {"BYWEEKNO", "BYYEARDAY"},
}
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_DAY_PARTS = ("BYDAY", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO")


class Budget:
    """Steps that the rules of a whole file may take together."""

    def __init__(self, steps: int = 50 * MAX_STEPS) -> None:
        self._left = steps
        self._empty_left = MAX_EMPTY

    def spend(self, steps: int) -> None:
        """Take `steps` off.

        Raises:
            EventProblem: `too_dense`: nothing is left.
        """
        if steps > self._left:
            raise EventProblem("too_dense", "The file's events repeat too often together.")
        self._left -= steps

    def look(self) -> None:
        """Refuse to look for a rule's first instance after too many had none.

        Raises:
            EventProblem: `too_dense`.
        """
        if not self._empty_left:
            raise EventProblem("too_dense", "Too many of the file's rules never happen.")

    def found_nothing(self) -> None:
        """Count a rule that has no instance."""
        self._empty_left -= 1


def rules_of(event: Event) -> list[vRecur]:
    """Return the RRULEs of an event."""
    found: Any = event.get("RRULE", [])
    return found if isinstance(found, list) else [found]


def bound_rules(event: Event, until: datetime) -> int:
    """Let every RRULE of `event` end by `until` (aware); return the steps it takes to get there.

    Raises:
        EventProblem: `bad_rule`, or `too_dense`: it takes more than MAX_STEPS.
    """
    start = moment_of(event, "DTSTART")
    if isinstance(start, datetime):
        last: datetime = until.astimezone(start.tzinfo or UTC)
    else:
        last = until.astimezone(UTC)
        start = datetime(start.year, start.month, start.day, tzinfo=UTC)
    first = start if start.tzinfo else start.replace(tzinfo=UTC)
    last = max(last, first + _DAY)
    try:
        return sum(_bound_rule(rule, event, first, last) for rule in rules_of(event))
    except ICALENDAR_ERRORS as error:
        raise EventProblem("bad_rule", "RRULE is malformed.") from error


def _bound_rule(rule: vRecur, event: Event, first: datetime, last: datetime) -> int:
    _refuse_malformed(rule)
    _complete(rule, first)
    stated = _until(rule)
    if stated is not None and stated < last:
        last = max(stated, first)
    steps = _steps(rule, last - first)
    too_dense = steps > MAX_STEPS
    if too_dense:
        last, steps = first + _period(rule) * (MAX_STEPS // _times_a_period(rule)), MAX_STEPS
    # COUNT and UNTIL exclude each other: the one that comes first stays.
    if _is_counted_out(rule, first, last):
        rule.pop("UNTIL", None)
        return steps
    if too_dense:
        raise EventProblem("too_dense", "RRULE repeats too often to be followed.")
    rule.pop("COUNT", None)
    if stated is None or stated > last:
        rule["UNTIL"] = [_like_start(moment_of(event, "DTSTART"), last)]
    return steps


def leave_out_start(event: Event, budget: Budget) -> None:
    """Exclude a DTSTART that none of the event's rules gives; RFC 5545 leaves its meaning open.

    libical and most calendars show what the rule says, recurring-ical-events both. Where the
    rules give nothing at all the start stays and they go: the event is not lost, and dateutil
    would follow them to the year 9999 again. Call it before `bound_rules`.

    Raises:
        EventProblem: `bad_rule`, or `too_dense`: too many rules of the file never happen.
    """
    rules = rules_of(event)
    if not rules or "RDATE" in event or "RECURRENCE-ID" in event:
        return
    budget.look()
    start = moment_of(event, "DTSTART")
    at = start if isinstance(start, datetime) else datetime.combine(start, time.min, UTC)
    at = at.replace(tzinfo=None)
    try:
        firsts = {_first(rule, at) for rule in rules} - {None}
    except ICALENDAR_ERRORS as error:
        raise EventProblem("bad_rule", "RRULE is malformed.") from error
    if not firsts:
        event.pop("RRULE")
        budget.found_nothing()
    elif at not in firsts:
        event.add("EXDATE", start)


def _first(rule: vRecur, start: datetime) -> datetime | None:
    """Return the first start that a rule gives within its UNTIL, MAX_STEPS and 50 years."""
    _refuse_malformed(rule)
    _complete(rule, start)
    reach = _period(rule) * (MAX_STEPS // _times_a_period(rule))
    until = start + min(reach, _FAR)
    stated = _until(rule)
    if stated is not None:
        until = min(until, stated.replace(tzinfo=None))
    whole = rrulestr(_without_until(rule), dtstart=start)
    first: datetime | None = next(iter(whole.replace(until=until, count=None)), None)
    return first


def _complete(rule: vRecur, first: datetime) -> None:
    """Take from DTSTART what a yearly rule leaves open, where dateutil takes every month or day."""
    if str(rule["FREQ"][0]).upper() != "YEARLY":
        return
    if "BYWEEKNO" in rule and not {"BYDAY", "BYMONTHDAY", "BYYEARDAY"} & set(rule):
        rule["BYDAY"] = [_WEEKDAYS[first.weekday()]]
    if "BYMONTHDAY" in rule and not {"BYDAY", "BYMONTH", "BYYEARDAY", "BYWEEKNO"} & set(rule):
        rule["BYMONTH"] = [first.month]


def _is_counted_out(rule: vRecur, first: datetime, last: datetime) -> bool:
    """Say whether a rule with COUNT has had all its instances by `last`."""
    count = int(rule["COUNT"][0]) if "COUNT" in rule else MAX_STEPS + 1
    if count > MAX_STEPS:
        return False
    whole = rrulestr(_without_until(rule), dtstart=first.replace(tzinfo=None))
    cut = whole.replace(until=last.replace(tzinfo=None), count=None)
    return sum(1 for _ in islice(cut, count)) == count


def _without_until(rule: vRecur) -> str:
    text = cast(Any, rule).to_ical().decode()
    return ";".join(part for part in text.split(";") if not part.startswith("UNTIL="))


def _refuse_malformed(rule: vRecur) -> None:
    for name, values in rule.items():
        if len(values) > _MAX_PARTS:
            raise EventProblem("bad_rule", f"{name} of RRULE has too many values.")
        if name in ("FREQ", "INTERVAL", "COUNT", "UNTIL") and len(values) != 1:
            raise EventProblem("bad_rule", f"{name} of RRULE must have one value.")
    if str(rule.get("FREQ", [""])[0]).upper() not in _PERIOD:
        raise EventProblem("bad_rule", "FREQ of RRULE is missing or unknown.")
    for name in ("INTERVAL", "COUNT"):
        if name in rule and not 1 <= int(rule[name][0]) <= 10_000_000:
            raise EventProblem("bad_rule", f"{name} of RRULE must be a positive number.")
    _refuse_out_of_range(rule)
    if "UNTIL" in rule and not isinstance(rule["UNTIL"][0], date):
        raise EventProblem("bad_rule", "UNTIL of RRULE must be a date or time.")
    if "RSCALE" in rule and str(rule["RSCALE"][0]).upper() != "GREGORIAN":
        raise EventProblem("bad_rule", "RSCALE of RRULE must be GREGORIAN.")


def _refuse_out_of_range(rule: vRecur) -> None:
    forbidden = _FORBIDDEN.get(str(rule["FREQ"][0]).upper(), _ONLY_YEARLY)
    for name, values in rule.items():
        if name.upper() in forbidden:
            raise EventProblem("bad_rule", f"{name} of RRULE does not go with its FREQ.")
        low, high, signed = _RANGES.get(name.upper(), (0, 0, False))
        for value in values if name.upper() in _RANGES else ():
            number = abs(int(value)) if signed else int(value)
            if not low <= number <= high:
                raise EventProblem("bad_rule", f"{name} of RRULE is out of range.")


def _until(rule: vRecur) -> datetime | None:
    if "UNTIL" not in rule:
        return None
    value = rule["UNTIL"][0]
    if not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day, tzinfo=UTC) + 2 * _DAY
    return value if value.tzinfo else value.replace(tzinfo=UTC) + _DAY


def _period(rule: vRecur) -> timedelta:
    interval = int(rule["INTERVAL"][0]) if "INTERVAL" in rule else 1
    return min(_PERIOD[str(rule["FREQ"][0]).upper()] * interval, timedelta(days=400_000))


def _steps(rule: vRecur, span: timedelta) -> int:
    """Return about how many steps dateutil takes over `span`, given the parts of `rule`."""
    return (span // _period(rule) + 1) * _times_a_period(rule)


def _times_a_period(rule: vRecur) -> int:
    """Return how many instances one period of `rule` may have."""
    frequency = _PERIOD[str(rule["FREQ"][0]).upper()]
    times = 1
    if any(name in rule for name in _DAY_PARTS):
        months = len(set(rule["BYMONTH"])) if "BYMONTH" in rule else 12
        times *= max(1, min(frequency // _DAY, 31 * months))
    for name, unit in (("BYHOUR", "HOURLY"), ("BYMINUTE", "MINUTELY"), ("BYSECOND", "SECONDLY")):
        if name in rule and frequency > _PERIOD[unit]:
            times *= len(set(rule[name]))
    return times


def _like_start(start: object, last: datetime) -> object:
    """Return `last` as UNTIL has to be written beside `start`: date, local time or UTC."""
    if not isinstance(start, datetime):
        return last.date()
    if start.tzinfo is None:
        return last.replace(tzinfo=None)
    return last.astimezone(UTC)
