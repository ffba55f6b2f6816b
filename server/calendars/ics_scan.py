"""A calendar file cut into its VEVENTs and VTIMEZONEs, line by line."""

from dataclasses import dataclass, field

from server.calendars.ics_errors import NotACalendar
from server.calendars.ics_lines import (
    MAX_LINE_BYTES,
    MAX_LINES,
    ContentLine,
    as_utf8,
    read_line,
    unescape,
    unfolded,
)

MAX_EVENTS = 50_000
"""Twenty years of a busy life are about 30,000."""

MAX_EVENT_BYTES = 524_288
"""Hundreds of attendees and a long description fit."""

MAX_DEFINITIONS = 200
"""Exports name the zones of their events; no person has been in so many."""

_HEADERS = {"X-WR-CALNAME", "X-WR-TIMEZONE", "NAME"}
_KEPT = {"VEVENT", "VTIMEZONE"}
_TOP = {"VEVENT", "VTIMEZONE", "VTODO", "VJOURNAL", "VFREEBUSY", "VAVAILABILITY"}


@dataclass(slots=True)
class Block:
    """A VEVENT or VTIMEZONE with everything inside, as lines between its BEGIN and END.

    `own` are the lines that belong to it and to nothing nested in it (an alarm).
    """

    kind: str
    position: int
    line: int
    calendar: int
    lines: list[ContentLine] = field(default_factory=list)
    own: list[ContentLine] = field(default_factory=list)
    size: int = 0
    problem: tuple[str, str, int] | None = None
    remark: tuple[str, str, int] | None = None

    def first(self, name: str) -> ContentLine | None:
        """Return the first line of its own called `name`."""
        return next((line for line in self.own if line.name == name), None)

    def text(self) -> str:
        """Return it as iCalendar text, unfolded."""
        lines = (line.text for line in self.lines)
        return "\r\n".join((f"BEGIN:{self.kind}", *lines, f"END:{self.kind}"))

    @property
    def uid(self) -> str | None:
        """The UID, if there is one."""
        line = self.first("UID")
        return (unescape(line.value) if line else "") or None


@dataclass(slots=True)
class Scan:
    """What a file holds.

    `headers` are those of each VCALENDAR, in order; `definitions` the VTIMEZONEs by VCALENDAR
    and TZID, where only the first of a name counts.
    """

    headers: list[dict[str, str]] = field(default_factory=list)
    events: list[Block] = field(default_factory=list)
    definitions: dict[tuple[int, str], Block] = field(default_factory=dict)
    ignored: dict[str, int] = field(default_factory=dict)


def scan(data: bytes) -> Scan:
    """Cut a calendar file up; what is malformed is marked on its own block.

    Raises:
        NotACalendar: nothing in it looks like a calendar, or it has more events or lines than
            we take.
    """
    scanner = _Scanner()
    number = 0
    for number, raw in unfolded(as_utf8(data)):
        scanner.take(read_line(number, raw[: MAX_LINE_BYTES + 1]), len(raw))
    if number >= MAX_LINES:
        raise NotACalendar(f"The file has more than {MAX_LINES} lines; split it.")
    scanner.cut_off(number)
    if not scanner.found.headers:
        raise NotACalendar("The file is no iCalendar file: it has no BEGIN:VCALENDAR.")
    return scanner.found


class _Scanner:
    def __init__(self) -> None:
        self.found = Scan()
        self._block: Block | None = None
        self._nested: list[str] = []
        self._skipping: str | None = None
        self._events = 0

    def take(self, line: ContentLine, size: int) -> None:
        if line.name == "BEGIN":
            self._begin(line)
        elif line.name == "END":
            self._end(line)
        elif self._block is not None:
            self._add(self._block, line, size)
        elif self._skipping is None and self.found.headers and line.name in _HEADERS:
            self.found.headers[-1].setdefault(line.name, unescape(line.value))

    def cut_off(self, number: int) -> None:
        """Close what is still open where its END should have come."""
        if self._block is not None:
            reason = f"{self._block.kind} has no END before line {number}."
            self._block.problem = self._block.problem or ("not_closed", reason, self._block.line)
            self._close(self._block)
        self._skipping = None

    def _begin(self, line: ContentLine) -> None:
        what = line.value.strip().upper()
        if what == "VCALENDAR":
            self.cut_off(line.number)
            self.found.headers.append({})
        elif what in _TOP or (self._block is None and self._skipping is None):
            self._open(what, line.number)
        elif self._block is not None:
            self._nested.append(what)
            self._block.lines.append(line)

    def _open(self, what: str, number: int) -> None:
        self.cut_off(number)
        if not self.found.headers:
            if what not in _TOP:
                return
            self.found.headers.append({})  # events without a VCALENDAR around them
        if what not in _KEPT:
            self._skipping = what
            self.found.ignored[what[:40]] = self.found.ignored.get(what[:40], 0) + 1
            return
        self._events += what == "VEVENT"
        if self._events > MAX_EVENTS:
            raise NotACalendar(f"The file has more than {MAX_EVENTS} events; split it.")
        position = self._events if what == "VEVENT" else 0
        self._block = Block(what, position, number, len(self.found.headers) - 1)

    def _end(self, line: ContentLine) -> None:
        what = line.value.strip().upper()
        if what == "VCALENDAR":
            self.cut_off(line.number)
        elif what == self._skipping:
            self._skipping = None
        elif self._block is not None and what == self._block.kind:
            self._close(self._block)
        elif self._block is not None and what in self._nested:
            while self._nested.pop() != what:
                pass
            self._block.lines.append(line)

    def _add(self, block: Block, line: ContentLine, size: int) -> None:
        block.size += size
        if block.problem is not None:
            return
        if size > MAX_LINE_BYTES or block.size > MAX_EVENT_BYTES:
            block.problem = ("too_large", f"{block.kind} is too large.", line.number)
        elif "\0" in line.text:
            block.problem = ("null_byte", "The line has a null byte.", line.number)
        elif ":" not in line.text:
            block.remark = ("unreadable_line", "A line without a colon was left out.", line.number)
        else:
            block.lines.append(line)
            if not self._nested:
                block.own.append(line)

    def _close(self, block: Block) -> None:
        name = block.first("TZID")
        if block.kind == "VEVENT":
            self.found.events.append(block)
        elif name is not None and block.problem is None:
            tzid = name.value.strip().strip('"')
            if len(self.found.definitions) < MAX_DEFINITIONS:
                self.found.definitions.setdefault((block.calendar, tzid), block)
        self._block, self._nested = None, []
