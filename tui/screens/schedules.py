"""What runs by itself: when it last did, when it will, and whether it is overdue."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import Binding, BindingType

from tui.acts import Act, Outcome, Progress
from tui.errors import Gone
from tui.screens.asked import Asked, Fetched, page_of
from tui.screens.lists import ListScreen
from tui.screens.queues_jobs import sentence_of
from tui.session import Session
from tui.widgets.columns import Cell, Column, Row
from tui.widgets.detail import Detail, Section, fact
from tui.widgets.dialogs import Preview
from tui.widgets.filter_line import NO_FILTER
from tui.widgets.paint import MARKS, Tone
from tui.widgets.words import ago, instant

if TYPE_CHECKING:
    from server.admin.schemas_jobs import ScheduleOut

_NEVER = datetime.min.replace(tzinfo=UTC)
# They come whole, by name, so that the order need not be the server's.
_ORDERS: "dict[str, Callable[[ScheduleOut], Any]]" = {
    "name": lambda one: one.name,
    "next": lambda one: (one.next_at, one.name),
    "last": lambda one: (one.last_succeeded_at or _NEVER, one.name),
}


class SchedulesScreen(ListScreen):
    """Schedules, over the queues; Esc leads back."""

    NAME = "queues"
    TITLE = "Schedules"
    EMPTY = "No schedule fits."
    COLUMNS = (
        Column("State", 10),
        Column("Schedule", 22, grow=2, sort="name"),
        Column("Cron (UTC)", 13, grow=1),
        Column("Next", 9, sort="next"),
        Column("Last good", 10, sort="last"),
        Column("Error", 8, grow=1),
        Column("Started", 10, from_width=100),
    )
    FACETS: ClassVar[dict[str, tuple[str, ...]]] = {"state": ("ok", "overdue", "failed", "off")}
    TEXT_FACET = True
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+t", "act('run')", "Run now")]

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._overdue = 0

    async def fetch(self, asked: Asked) -> Fetched:
        """Read all schedules, and return a page of those that fit."""
        from tui.calls import jobs  # after the first frame

        found = await jobs.list_schedules(self.connected)
        self._overdue = sum(one.is_late for one in found)
        page, more = page_of([one for one in found if _fits(one, asked)], asked, _ORDERS)
        now = self.session.now()
        return Fetched([_row(one, now) for one in page], more)

    def summary(self) -> Sequence[tuple[str, Tone]]:
        """Say how many are overdue."""
        if self._overdue:
            return ((f"{MARKS[Tone.WARN]} {self._overdue} overdue", Tone.WARN),)
        return ((f"{MARKS[Tone.GOOD]} none is overdue", Tone.GOOD),)

    async def detail(self, row: Row) -> Detail:
        """Read a schedule again."""
        return _detail(await self._find(row.id), self.session.now())

    def action_back(self) -> None:
        """Take the filter away, or go back to the queues."""
        if self.filter != NO_FILTER:
            super().action_back()
        else:
            self.dismiss(None)

    def acts(self) -> Sequence[Act]:
        """Run the schedule under the cursor now."""
        if (row := self.row) is None:
            return ()
        name = row.id

        async def preview(_: list[str]) -> Preview:
            return Preview(
                title=f"Run {name} now",
                sentence="It starts as soon as a worker is free; its times stay as they are. If a"
                " run of it waits or works, that one is it.",
                touches=(("run", 1),),
                way_back="A run is safe at any time; screen Queues can abort it.",
            )

        async def perform(_: list[str]) -> Outcome:
            from tui.calls import jobs

            before = await jobs.run_schedule(self.connected, name)
            return Outcome(f"{name} was asked to run.", watch=partial(self._watched, before))

        return (Act("run", "Run now", perform, preview=preview),)

    async def _watched(self, before: "ScheduleOut") -> Progress:
        now_it_is = await self._find(before.name)
        if _is_later(now_it_is.last_succeeded_at, before.last_succeeded_at):
            return Progress(1.0, f"{before.name} has done its work.", is_done=True)
        if _is_later(now_it_is.last_failed_at, before.last_failed_at):
            return Progress(1.0, sentence_of(now_it_is.last_error_code or "failed"), is_done=True)
        if _is_later(now_it_is.last_started_at, before.last_started_at):
            return Progress(0.5, "It works.")
        return Progress(0.0, "It waits for a worker.")

    async def _find(self, name: str) -> "ScheduleOut":
        from tui.calls import jobs

        for one in await jobs.list_schedules(self.connected):
            if one.name == name:
                return one
        raise Gone("There is no such schedule any more.", "Esc leads back.")


def _is_later(at: datetime | None, before: datetime | None) -> bool:
    return (at or _NEVER) > (before or _NEVER)


def _state(one: "ScheduleOut") -> tuple[str, Tone]:
    if not one.is_enabled:
        return "off", Tone.DIM
    if one.is_late:
        return "overdue", Tone.BAD if one.last_error_code else Tone.WARN
    return ("failed", Tone.BAD) if one.last_error_code else ("ok", Tone.GOOD)


def _fits(one: "ScheduleOut", asked: Asked) -> bool:
    state = asked.facet("state")
    return (state is None or _state(one)[0] == state) and all(
        word in one.name for word in (asked.words or "").casefold().split()
    )


def _row(one: "ScheduleOut", now: datetime) -> Row:
    word, tone = _state(one)
    cells = (
        Cell(f"{MARKS[tone]} {word}", tone),
        Cell(one.name),
        Cell(one.cron, Tone.DIM),
        Cell(ago(one.next_at, now) if one.is_enabled else "–"),
        Cell(_ago(one.last_succeeded_at, now), Tone.DIM),
        Cell(one.last_error_code or "", Tone.BAD),
        Cell(_ago(one.last_started_at, now), Tone.DIM),
    )
    return Row(one.name, cells, one)


def _ago(at: datetime | None, now: datetime) -> str:
    return ago(at, now) if at is not None else "never"


def _detail(one: "ScheduleOut", now: datetime) -> Detail:
    word, tone = _state(one)
    error = one.last_error_code
    facts = (
        fact("state", f"{MARKS[tone]} {word}", tone),
        fact("cron (UTC)", one.cron),
        fact("next", instant(one.next_at, now)),
        fact("last started", instant(one.last_started_at, now)),
        fact("last good", instant(one.last_succeeded_at, now)),
        fact("last failed", instant(one.last_failed_at, now)),
        *((fact("why", sentence_of(error), Tone.BAD),) if error is not None else ()),
    )
    return Detail(one.name, (Section("Schedule", facts),))
