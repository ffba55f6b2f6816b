"""Queues at a glance, the jobs in them, and what is to be done with those that failed."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from tui.acts import Act
from tui.errors import ApiError, Busy
from tui.screens import queues_lines
from tui.screens.asked import Asked, Fetched
from tui.screens.lists import ListScreen
from tui.screens.queues_acts import acts_on, acts_on_all
from tui.screens.queues_jobs import TONES, detail_of, row_of
from tui.screens.schedules import SchedulesScreen
from tui.session import Session
from tui.widgets.columns import Column, Row
from tui.widgets.detail import Detail
from tui.widgets.filter_line import Filter
from tui.widgets.lines import Lines
from tui.widgets.paint import MARKS, Tone

if TYPE_CHECKING:
    from server.admin.schemas_jobs import JobOut, QueueOut, ScheduleOut
    from tui.calls.jobs import Wanted

STATES = tuple(TONES)
USUAL = STATES[0]
SCHEDULES_EVERY_S = 60.0
# The server looks through 5,000 jobs for a page; so often it is asked on before it is shown.
MOST_LOOKS = 4
_PATTERNS = {
    "function": (re.compile(r"[a-z_]{1,60}"), "small letters and _"),
    "error": (re.compile(r"[A-Za-z_]{1,60}"), "letters and _"),
}
_PART = re.compile(r"[A-Za-z0-9_:-]{1,100}")


class QueuesScreen(ListScreen):
    """Queues and workers above, jobs of one state below; `s` leads to the schedules."""

    NAME = "queues"
    TITLE = "Jobs"
    EMPTY = "none"
    COLUMNS = (
        Column("State", 11),
        Column("When", 10, sort="newest"),
        Column("Function", 18, grow=1, sort="function"),
        Column("Tries", 5, is_right=True),
        Column("Error", 14, grow=1, sort="error"),
        Column("Works on", 16, grow=2),
    )
    FACETS: ClassVar[dict[str, tuple[str, ...]]] = {"state": STATES, "function": (), "error": ()}
    TEXT_FACET = True
    ONE_WAY = ("function", "error")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "state(-1)", "State before", show=False),
        Binding("right", "state(1)", "Next state", show=False),
        Binding("s", "schedules", "Schedules"),
        Binding("ctrl+t", "act('retry')", "Retry"),
        Binding("ctrl+k", "act('abort')", "Abort", show=False),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._queues: list[QueueOut] = []
        self._overdue: list[ScheduleOut] = []
        self._schedules_at: float | None = None
        self._unknown: ApiError | None = None
        """Why nothing is known of the queue; failed jobs are kept elsewhere."""
        self._seen: JobOut | None = None
        """Newer than the list: the job whose detail is shown."""
        self._is_cut = False

    def body(self) -> ComposeResult:
        """Yield the panel of queues above the list."""
        panel = Lines("Queues", id="queues")
        panel.styles.height = 4
        yield panel
        yield from super().body()

    def on_resize(self) -> None:
        """Give the panel its share."""
        if self._is_composed:
            self._show_queues()

    # Reading

    async def load(self) -> None:
        """Read the queues, the jobs in view, and once a minute which schedule is overdue."""
        self._unknown = await self._look_at_queues()
        self._show_queues()
        await super().load()
        await self._look_at_schedules()
        self._show_queues()
        if self._unknown is not None:
            raise self._unknown

    async def _look_at_queues(self) -> ApiError | None:
        from tui.calls import jobs  # after the first frame

        try:
            self._queues = await jobs.list_queues(self.connected)
        except Busy as error:
            if error.code != "redis_unavailable":
                raise
            return error
        return None

    async def _look_at_schedules(self) -> None:
        from tui.calls import jobs

        clock = self.session.clock()
        if self._schedules_at is None or clock - self._schedules_at >= SCHEDULES_EVERY_S:
            found = await jobs.list_schedules(self.connected)
            self._overdue = [one for one in found if one.is_late]
            self._schedules_at = clock

    async def fetch(self, asked: Asked) -> Fetched:
        """Read a page of jobs; where the server looked in vain for a while, ask it on."""
        from tui.calls import jobs

        now, wanted = self.session.now(), self._wanted(asked.filter)
        rows: list[Row] = []
        cursor = asked.cursor
        for _ in range(MOST_LOOKS):
            page = await jobs.list_jobs(
                self.connected,
                wanted,
                sort=asked.sort,
                limit=asked.limit - len(rows),
                cursor=cursor,
            )
            rows += [row_of(job, now) for job in page.items]
            cursor = page.next_cursor
            if cursor is None or len(rows) >= asked.limit:
                break
        self._seen = None
        self._is_cut = cursor is not None and len(rows) < asked.limit
        return Fetched(rows, None if self._is_cut else cursor)

    async def detail(self, row: Row) -> Detail:
        """Read a job again."""
        from tui.calls import jobs

        self._seen = await jobs.get_job(self.connected, _job(row).id)
        return detail_of(self._seen, self.session.now())

    async def exported(self) -> object:
        """Return the queues and all jobs that fit the filter."""
        found = cast("dict[str, object]", await super().exported())
        is_complete = found["is_complete"] and not self._is_cut
        return {"queues": self._queues, **found, "is_complete": is_complete}

    # Showing

    def _show_queues(self) -> None:
        lines = queues_lines.told(self._queues, self._overdue, self._unknown, self.session.now())
        panel = self.query_one("#queues", Lines)
        panel.styles.height = 2 + max(2, min(len(lines), max(4, self.size.height // 5)))
        panel.put(lines)

    def summary(self) -> Sequence[tuple[str, Tone]]:
        """Say which state is shown, and which ones the arrows lead to."""
        said = []
        if self._is_cut:
            said.append((f"{MARKS[Tone.WARN]} not all looked at", Tone.WARN))
        said.append(("←→", Tone.KEY))
        for state in STATES:
            is_shown = state == self.state
            said.append(
                (f"[{state}]" if is_shown else state, Tone.STRONG if is_shown else Tone.DIM)
            )
        return said

    # Filter

    @property
    def state(self) -> str:
        """Whose jobs are listed."""
        return self.filter.facets.get("state", USUAL)

    def check_filter(self, asked: Filter) -> None:
        """Refuse what the server would not take."""
        for name, (pattern, allowed) in _PATTERNS.items():
            value = asked.facets.get(name)
            if value is not None and not pattern.fullmatch(value):
                raise ValueError(f"{name}: is made of {allowed}")
        if asked.words and not _PART.fullmatch(asked.words):
            raise ValueError("One word, part of a key or an id: letters, digits, _ : and -")
        if "error" in asked.facets and asked.facets.get("state", USUAL) != "failed":
            raise ValueError("error: belongs to state:failed")

    def action_state(self, by: int) -> None:
        """Go on to the next state."""
        state = STATES[(STATES.index(self.state) + by) % len(STATES)]
        kept = {name: value for name, value in self.filter.facets.items() if name == "function"}
        facets = kept if state == USUAL else {"state": state, **kept}
        self.take_filter(replace(self.filter, facets=facets).text.strip())

    @property
    def orders(self) -> list[str]:
        """Failed jobs are kept in more orders than those in the queue."""
        return super().orders if self.state == USUAL else ["newest"]

    @property
    def usual(self) -> tuple[str | None, bool]:
        """Failed ones: newest first; others in the order in which they will run."""
        return "newest", self.state != USUAL

    def _wanted(self, asked: Filter) -> "Wanted":
        from tui.calls.jobs import Wanted

        facets = asked.facets
        return Wanted(
            state=facets.get("state", USUAL),
            function=facets.get("function"),
            error_code=facets.get("error"),
            q=asked.words or None,
        )

    # Acting

    def action_schedules(self) -> None:
        """Go to what runs by itself."""
        self._schedules_at = None  # looked at again when one comes back
        self.app.push_screen(SchedulesScreen(self.session))

    def acts(self) -> Sequence[Act]:
        """Return what can be done to the job under the cursor, and to all that fit the filter."""
        acts: list[Act] = []
        if (row := self.row) is not None:
            job = _job(row)
            if self._seen is not None and self._seen.id == job.id:
                job = self._seen
            acts += acts_on(self, job)
        if self.table.pages.length:
            acts += acts_on_all(self, self._wanted(self.filter))
        return acts


def _job(row: Row) -> "JobOut":
    return cast("JobOut", row.data)
