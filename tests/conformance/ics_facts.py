"""What facts about a calendar file mean, given its instances.

`total`: all instances. `by_day`, `by_month`, `by_year`: of the instances that touch that day,
month or year in the event's own zone, `count`, `hours`, `start`, or a property such as SUMMARY.
`between`: the count in a span. `starts`: instance starts. `start`: the first one's.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Self
from zoneinfo import ZoneInfo

_PROPERTIES = {"SUMMARY": "title", "LOCATION": "location"}


@dataclass(frozen=True, slots=True)
class Instance:
    """An occurrence as the API answers it; `start` and `end` in its own zone."""

    start: datetime
    end: datetime
    days: tuple[date, date] | None
    title: str
    location: str

    @classmethod
    def of(cls, item: dict[str, Any]) -> Self:
        """Read an item of GET /calendars/events."""
        zone = ZoneInfo(item["zone"]) if item["zone"] else UTC
        days = None
        if item["all_day"]:
            days = (date.fromisoformat(item["start_on"]), date.fromisoformat(item["end_on"]))
        start, end = (
            datetime.fromisoformat(item[name]).astimezone(zone) for name in ("start", "end")
        )
        return cls(start, end, days, item["title"], item["location"])

    def touches(self, first: date, after: date) -> bool:
        """Say whether it takes place in the days from `first` up to, not including, `after`."""
        if self.days is not None:
            return self.days[0] < after and first < self.days[1]
        last = self.end if self.end == self.start else self.end - timedelta(microseconds=1)
        return self.start.date() < after and first <= last.date()

    def starts_at(self, text: str) -> bool:
        """Say whether it starts at "2019-03-20T19:00 Europe/Berlin", or with offset, Z or none."""
        wanted, _, zone = text.partition(" ")
        if self.days is not None and len(wanted) in (8, 10):
            return self.days[0] == date.fromisoformat(wanted)
        at = datetime.fromisoformat(wanted)
        if zone:
            return self.start == at.replace(tzinfo=ZoneInfo(zone))
        if at.tzinfo is None:
            return self.start.replace(tzinfo=None) == at
        return self.start == at


def days_asked(facts: dict[str, Any]) -> list[date]:
    """Return the first and last days that facts by day, month, year or span speak of."""
    days = []
    for name in ("by_day", "by_month", "by_year"):
        for key in facts.get(name, {}):
            first, after = _period(key)
            days += [first, after]
    for first, after, _ in _spans(facts):
        days += [first.date(), after.date()]
    return days


def disagreements(facts: dict[str, Any], found: list[Instance]) -> list[str]:
    """Return a sentence for each fact that `found`, in order of start, does not bear out."""
    problems = []
    if "total" in facts and facts["total"] != len(found):
        problems.append(f"total {len(found)}, not {facts['total']}")
    if "start" in facts and not (found and found[0].starts_at(facts["start"])):
        problems.append(f"starts at {found[0].start if found else 'no time'}, not {facts['start']}")
    if "starts" in facts:
        wanted = facts["starts"]
        same = len(found) >= len(wanted) and all(
            any(each.starts_at(text) for each in found) for text in wanted
        )
        if not same:
            problems.append(f"starts {[str(e.start) for e in found[:5]]}, not {wanted[:5]}")
    for name in ("by_day", "by_month", "by_year"):
        for key, fact in facts.get(name, {}).items():
            there = [each for each in found if each.touches(*_period(key))]
            problems += [f"{key}: {p}" for p in _compare(fact, there)]
    for first, after, count in _spans(facts):
        there = [
            each
            for each in found
            if each.start < after and first < max(each.end, each.start + timedelta(seconds=1))
        ]
        if count is not None and len(there) != count:
            problems.append(f"between {first} and {after}: {len(there)}, not {count}")
    return problems


def _compare(fact: Any, there: list[Instance]) -> list[str]:
    fact = {"count": fact} if isinstance(fact, int) else fact
    problems = []
    for name, wanted in fact.items():
        if name == "count":
            agrees = len(there) == wanted
        elif name == "hours":
            agrees = any(each.end - each.start == timedelta(hours=wanted) for each in there)
        elif name == "start":
            agrees = any(each.starts_at(wanted) for each in there)
        elif name in _PROPERTIES:
            agrees = any(getattr(each, _PROPERTIES[name]) == wanted for each in there)
        else:
            continue
        if not agrees:
            problems.append(f"{name} is not {wanted} ({len(there)} there)")
    return problems


def _period(key: str) -> tuple[date, date]:
    """Return the first day of "2019", "2019-03" or "2019-03-04" and the one after its last."""
    parts = [int(part) for part in key.split("-")]
    if len(parts) == 1:
        return date(parts[0], 1, 1), date(parts[0] + 1, 1, 1)
    if len(parts) == 2:
        year, month = parts
        return date(year, month, 1), date(year + month // 12, month % 12 + 1, 1)
    return date(*parts), date(*parts) + timedelta(days=1)


def _spans(facts: dict[str, Any]) -> list[tuple[datetime, datetime, int | None]]:
    """Read `between`: a list of {start, end, count}, or one of them, or {"start/end": count}."""
    stated = facts.get("between", [])
    if isinstance(stated, dict) and not {"start", "from"} & set(stated):
        parts = [(*key.split("/"), value) for key, value in stated.items()]
        return [(_instant(p[0]), _instant(p[1]), _count(p[2])) for p in parts if len(p) == 3]
    spans = []
    for each in [stated] if isinstance(stated, dict) else stated:
        first, after = each.get("start") or each["from"], each.get("end") or each["to"]
        spans.append((_instant(first), _instant(after), _count(each)))
    return spans


def _count(value: Any) -> int | None:
    return value.get("count", value.get("total")) if isinstance(value, dict) else value


def _instant(text: str) -> datetime:
    wanted, _, zone = text.partition(" ")
    at = datetime.fromisoformat(wanted)
    return at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone or "UTC"))
