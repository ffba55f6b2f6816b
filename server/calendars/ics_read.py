"""A calendar file as series, one for each UID; what is malformed is listed and fails alone."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from server.calendars.ics_errors import BadItem, EventProblem
from server.calendars.ics_event import ReadEvent, read_event
from server.calendars.ics_expand import Occurrence, instances, span_of, zones_of
from server.calendars.ics_guard import Budget
from server.calendars.ics_scan import Block, Scan, scan
from server.calendars.ics_zones import named_zone
from server.lib.intervals import Interval

MAX_COMPONENTS = 5_000
"""Overrides of one series."""

MAX_UID = 1_000
"""A longer one is known by its hash."""


@dataclass(frozen=True, slots=True)
class Series:
    """All that a file says about one UID.

    `text` is an iCalendar of its own with the VTIMEZONEs that it names; `sha256` leaves out
    DTSTAMP, which exports set anew each time. `last_end` is None when it may go on for ever.
    `occurrences` are those of the span that `read_calendar` was asked for.
    """

    uid: str
    text: str
    sha256: bytes
    first_start: datetime
    last_end: datetime | None
    is_recurring: bool
    position: int
    line: int
    remark: tuple[str, str] | None
    occurrences: list[Occurrence]


@dataclass(slots=True)
class ParsedCalendar:
    """What a file holds; `ignored` counts other components by name (VTODO, …)."""

    name: str | None
    zone: str | None
    series: list[Series] = field(default_factory=list)
    bad: list[BadItem] = field(default_factory=list)
    ignored: dict[str, int] = field(default_factory=dict)


def read_calendar(data: bytes, span: Interval, *, floating_zone: tzinfo) -> ParsedCalendar:
    """Read a file; expand each series over `span`.

    Raises:
        NotACalendar: it is no iCalendar file, or larger than we take.
    """
    found = scan(data)
    first = found.headers[0]
    stated = next((h["X-WR-TIMEZONE"] for h in found.headers if "X-WR-TIMEZONE" in h), None)
    zone = named_zone(stated) if stated else None
    parsed = ParsedCalendar(
        name=first.get("X-WR-CALNAME") or first.get("NAME") or None,
        zone=getattr(zone, "key", None),
        ignored=found.ignored,
    )
    budget = Budget()
    for uid, events in _by_uid(found, parsed.bad).items():
        try:
            series = _series(uid, events, found, span, floating_zone, budget)
        except EventProblem as problem:
            parsed.bad.append(_bad(events[0].block, problem, uid))
        else:
            parsed.series.append(series)
    parsed.bad.sort(key=lambda item: item.position)
    return parsed


def _by_uid(found: Scan, bad: list[BadItem]) -> dict[str, list[ReadEvent]]:
    zones = [zones_of(found, place) for place in range(len(found.headers))]
    series: dict[str, list[ReadEvent]] = {}
    for block in found.events:
        uid = block.uid or _hash_of(block)
        if len(uid) > MAX_UID:
            uid = "sha256:" + hashlib.sha256(uid.encode()).hexdigest()
        try:
            read = read_event(block, *zones[block.calendar])
        except EventProblem as problem:
            bad.append(_bad(block, problem, uid))
            continue
        known = series.setdefault(uid, [])
        if clash := _clash(read, known):
            bad.append(_bad(block, clash, uid))
        else:
            known.append(read)
    return series


def _clash(read: ReadEvent, known: Sequence[ReadEvent]) -> EventProblem | None:
    """Say why an event cannot stand beside those of the same UID.

    Of two versions of one event the higher SEQUENCE holds; without that there is no telling.
    """
    if len(known) >= MAX_COMPONENTS:
        return EventProblem("too_many", f"UID stands for more than {MAX_COMPONENTS} events.")
    if "RECURRENCE-ID" in read.event:
        return None
    rivals = (other for other in known if "RECURRENCE-ID" not in other.event)
    for other in rivals:
        same_version = other.event.get("SEQUENCE", 0) == read.event.get("SEQUENCE", 0)
        if same_version and _hash_of(other.block) != _hash_of(read.block):
            return EventProblem("duplicate_uid", "Another event has the same UID.")
    return None


def _hash_of(block: Block) -> str:
    lines = [line.text for line in block.lines if line.name != "DTSTAMP"]
    return "sha256:" + hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _series(
    uid: str,
    events: list[ReadEvent],
    found: Scan,
    span: Interval,
    floating_zone: tzinfo,
    budget: Budget,
) -> Series:
    components = [read.event for read in events]
    reach = span_of(components, floating_zone)
    is_recurring = any("RRULE" in event or "RDATE" in event for event in components)
    occurrences = []
    if is_recurring or reach.touches(span):  # rules are tried out even where they are not needed
        occurrences = instances(components, span, floating_zone, budget)
    text = _text_of(events, found)
    lasting = "\n".join(line for line in text.splitlines() if not line.startswith("DTSTAMP"))
    return Series(
        uid=uid,
        text=text,
        sha256=hashlib.sha256(lasting.encode()).digest(),
        first_start=reach.first_start,
        last_end=reach.last_end,
        is_recurring=is_recurring,
        position=events[0].block.position,
        line=events[0].block.line,
        remark=next((read.remark for read in events if read.remark), None),
        occurrences=occurrences,
    )


def _text_of(events: list[ReadEvent], found: Scan) -> str:
    """Return the series as a calendar of its own, with the VTIMEZONEs that it names."""
    place = events[0].block.calendar
    stated = found.headers[place].get("X-WR-TIMEZONE")
    named = {zone for read in events for line in read.block.own if (zone := line.moment_zone())}
    definitions = found.definitions
    return "\r\n".join(
        (
            "BEGIN:VCALENDAR",
            "VERSION:2.0",
            "PRODID:-//CatchUp//EN",
            *((f"X-WR-TIMEZONE:{stated}",) if stated else ()),
            *(
                definitions[place, zone].text()
                for zone in sorted(named)
                if (place, zone) in definitions
            ),
            *(read.block.text() for read in events),
            "END:VCALENDAR",
            "",
        )
    )


def _bad(block: Block, problem: EventProblem, uid: str) -> BadItem:
    line = problem.line or block.line
    return BadItem(block.position, line, uid, problem.code, problem.reason)
