"""What the processes write: newest first, followed while one looks, and back in time."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC
from itertools import count
from typing import TYPE_CHECKING, ClassVar, cast

from textual.binding import Binding, BindingType

from tui.screens.asked import PAGE_SIZE, Asked, Fetched
from tui.screens.lists import ListScreen
from tui.session import Session
from tui.widgets.columns import Cell, Column, Row
from tui.widgets.detail import Detail, Section, fact
from tui.widgets.filter_line import Filter
from tui.widgets.pages import Pages
from tui.widgets.paint import MARKS, Tone
from tui.widgets.words import instant, read_instant

if TYPE_CHECKING:
    from server.admin.schemas_logs import LogLineOut, LogPage

# Further back one goes by `until:`; so memory does not grow with following and scrolling.
MOST_HELD = 10_000
# What may have come since the last look.
MOST_FOLLOWED = 1000

_TONES = {
    "debug": Tone.DIM,
    "info": Tone.PLAIN,
    "warning": Tone.WARN,
    "error": Tone.BAD,
    "critical": Tone.BAD,
}
LEVELS = tuple(_TONES)
USUAL = "info"


@dataclass
class _Held:
    """The lines read so far, newest first, and the ways on to both sides."""

    rows: list[Row] = field(default_factory=list)
    after: str | None = None
    before: str | None = None
    is_read: bool = False

    def page(self, start: int, end: int) -> Fetched:
        """Return the rows of these places; a cursor is a place, too."""
        has_more = len(self.rows) > end or self.before is not None
        return Fetched(self.rows[start:end], str(end) if has_more and end < MOST_HELD else None)


class LogsScreen(ListScreen):
    """Lines of the log; new ones come in at the top."""

    NAME = "logs"
    TITLE = "Logs"
    EMPTY = "No line fits."
    TEXT_FACET = True
    COLUMNS = (
        Column("Level", 10),
        Column("Time (UTC)", 14, sort="newest"),
        Column("Process", 9),
        Column("Event", 18, grow=1),
        Column("Fields", 16, grow=2),
    )
    FACETS: ClassVar[dict[str, tuple[str, ...]]] = {
        "level": LEVELS,
        "process": (),
        "until": (),
    }
    BINDINGS: ClassVar[list[BindingType]] = [Binding("l", "level", "Level")]

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._held = _Held()
        self._numbers = count()
        self._one_at_a_time = asyncio.Lock()

    # Reading

    async def load(self) -> None:
        """Read what has come since the last look, and the lines in view."""
        await self._follow()
        await super().load()

    async def fetch(self, asked: Asked) -> Fetched:
        """Take a page of the lines held, and read further back for it as needed."""
        if asked.sort == "oldest":
            return await self._from_the_oldest(asked)
        held = self._held
        start = int(asked.cursor or 0)
        end = min(start + asked.limit, MOST_HELD)
        async with self._one_at_a_time:
            if not held.is_read:
                page = await self._read(asked.filter, limit=PAGE_SIZE)
                held.rows, held.is_read = self._rows(page), page.next_after is not None
                held.after, held.before = page.next_after, page.next_before
            while len(held.rows) < end and held.before is not None:
                page = await self._read(asked.filter, limit=PAGE_SIZE, before=held.before)
                held.rows += self._rows(page)
                held.before = page.next_before
        return held.page(start, end)

    async def _from_the_oldest(self, asked: Asked) -> Fetched:
        page = await self._read(asked.filter, limit=asked.limit, after=asked.cursor, sort="oldest")
        rows = [_row(line, line.model_dump_json()) for line in page.items]
        return Fetched(rows, page.next_after if len(rows) == asked.limit else None)

    async def _follow(self) -> None:
        held = self._held
        if held.after is None or not self.follows:
            return
        is_at_top = self.table.cursor == 0
        if len(held.rows) >= MOST_HELD and not is_at_top:
            return  # what one reads stays; Home goes on
        async with self._one_at_a_time:
            page = await self._read(self.filter, limit=MOST_FOLLOWED, after=held.after)
            if held is not self._held or not page.items:
                return
            is_much = len(page.items) == MOST_FOLLOWED or len(held.rows) >= MOST_HELD
            if is_much and is_at_top:
                self._held = _Held()
                self.table.reset()
                return
            new = self._rows(page)
            held.after = page.next_after
            held.rows = new + held.rows
        pages = Pages(PAGE_SIZE)
        for place, start in enumerate(range(0, min(len(held.rows), MOST_HELD), PAGE_SIZE)):
            part = held.page(start, start + PAGE_SIZE)
            if len(part.rows) < PAGE_SIZE and part.next_cursor is not None:
                break  # the rest of it is still to be read
            pages.put(place, part.rows, part.next_cursor)
        self.table.put_anew(pages, len(new))

    async def _read(
        self,
        asked: Filter,
        *,
        limit: int,
        after: str | None = None,
        before: str | None = None,
        sort: str | None = None,
    ) -> "LogPage":
        from tui.calls import logs  # after the first frame

        until = asked.facets.get("until")
        return await logs.list_lines(
            self.connected,
            level=asked.facets.get("level", USUAL),
            process=asked.facets.get("process"),
            q=asked.words or None,
            until=read_instant(until, self.session.now()) if until else None,
            sort=sort,
            limit=limit,
            after=after,
            before=before,
        )

    def _rows(self, page: "LogPage") -> list[Row]:
        return [_row(line, str(next(self._numbers))) for line in reversed(page.items)]

    @property
    def follows(self) -> bool:
        """Whether new lines come in: not when one looks at what was before a time, or first."""
        return "until" not in self.filter.facets and not self.is_reversed

    def check_filter(self, asked: Filter) -> None:
        """Refuse a time that is none."""
        if until := asked.facets.get("until"):
            read_instant(until, self.session.now())

    def restart(self) -> None:
        """Begin anew, from the newest line."""
        self._held = _Held()
        super().restart()

    def summary(self) -> Sequence[tuple[str, Tone]]:
        """Say how severe, and whether new lines come in."""
        level = self.filter.facets.get("level", USUAL)
        said = [(f"{level} or worse" if level != LEVELS[-1] else level, Tone.DIM)]
        if not self.follows:
            said.append(("○ not following", Tone.DIM))
        elif self.session.is_paused:
            said.append(("‖ paused, p follows", Tone.WARN))
        else:
            said.append(("► following", Tone.BUSY))
        return said

    # Keys

    def action_level(self) -> None:
        """Go on to the next level."""
        now = self.filter.facets.get("level", USUAL)
        level = LEVELS[(LEVELS.index(now) + 1) % len(LEVELS)]
        facets = {**self.filter.facets, "level": level}
        self.take_filter(Filter(facets, self.filter.words).text)

    def action_pause(self) -> None:
        """Stop following, or go on."""
        super().action_pause()
        self._show_about()

    # One line

    async def detail(self, row: Row) -> Detail:
        """Show the whole line."""
        line = _line(row)
        tone = _TONES[line.level]
        said = (
            fact("level", line.level, tone),
            fact("at", instant(line.at, self.session.now())),
            fact("process", line.process),
            fact("event", line.event),
        )
        fields = tuple(fact(name, _text(value)) for name, value in line.fields.items())
        sections = (Section("Line", said), Section("Fields", fields))
        return Detail(line.event, tuple(one for one in sections if one.facts))

    def copied(self) -> str:
        """Return the line."""
        if self.row is None:
            return ""
        line = _line(self.row)
        return f"{line.at.isoformat()} {line.level} {line.process} {line.event} {_fields(line)}"


def _line(row: Row) -> "LogLineOut":
    return cast("LogLineOut", row.data)


def _row(line: "LogLineOut", row_id: str) -> Row:
    tone = _TONES[line.level]
    cells = (
        Cell(f"{MARKS[tone]} {line.level}", tone),
        Cell(f"{line.at.astimezone(UTC):%m-%d %H:%M:%S}", Tone.DIM),
        Cell(line.process),
        Cell(line.event, tone),
        Cell(_fields(line), Tone.DIM),
    )
    return Row(row_id, cells, line)


def _fields(line: "LogLineOut") -> str:
    return " ".join(f"{name}={_text(value)}" for name, value in line.fields.items())


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
