"""At one glance: is all well, what needs you, what has it been doing, what ends soon."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical

from tui import host
from tui.connect.access import Question
from tui.errors import ApiError, ConnectFailed, Unreachable
from tui.screens import overview_lines as lines
from tui.screens.frame import AdminScreen
from tui.screens.overview_ways import Way
from tui.screens.window import Kept, Window
from tui.session import Session
from tui.widgets.bars import Bar, Part, part
from tui.widgets.dialogs import SayDialog
from tui.widgets.graph import Graph, Scale
from tui.widgets.line_list import LineList
from tui.widgets.lines import Lines
from tui.widgets.paint import Tone
from tui.widgets.words import size

if TYPE_CHECKING:
    from server.admin.schemas_expiries import ExpiriesOut
    from server.admin.schemas_overview import OverviewOut
    from server.admin.schemas_samples import SampleOut

# What ends does so in days.
EXPIRIES_EVERY_S = 60


def _percent(value: float) -> str:
    return f"{value:.0f} %" if value >= 10 else f"{value:.1f} %"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 or value == int(value) else f"{value:.1f}"


def _ms(value: float) -> str:
    return f"{value / 1000:.1f} s" if value >= 1000 else f"{value:.0f} ms"


Value = Callable[["SampleOut"], "float | None"]
# Title, scale, and what of a sample it shows.
GRAPHS: dict[str, tuple[str, Scale, Value]] = {
    "cpu": ("CPU", Scale(_percent, least=20), lambda one: one.cpu_percent),
    "requests": (
        "Requests /s",
        Scale(_number, least=1),
        lambda one: one.requests_per_s,
    ),
    "latency": ("Latency p95", Scale(_ms, least=50), lambda one: one.latency_p95_ms),
    "memory": ("Memory", Scale(size, least=64 * 2**20), lambda one: one.memory_bytes),
    "queue": ("Jobs waiting", Scale(_number, least=4), lambda one: one.queued),
    "messages": ("Messages waiting", Scale(_number, least=4), lambda one: one.messages_pending),
}


class OverviewScreen(AdminScreen):
    """Health, load, expiries, what needs you."""

    NAME = "overview"
    AUTO_FOCUS = "#needs"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "pan(-1)", "Earlier", key_display="←"),
        Binding("right", "pan(1)", "Later", key_display="→", show=False),
        Binding("left_square_bracket", "zoom(1)", "Longer span", show=False),
        Binding("right_square_bracket", "zoom(-1)", "Shorter span", show=False),
        Binding("t", "time", "At a time"),
        Binding("n", "live", "Now", show=False),
    ]
    DEFAULT_CSS = """
    OverviewScreen #top { height: 4fr; min-height: 7; }
    OverviewScreen #health { width: 1fr; }
    OverviewScreen #needs { width: 1fr; }
    OverviewScreen #machine { width: 1fr; }
    OverviewScreen #log { width: 1fr; }
    OverviewScreen #graphs { height: 5fr; min-height: 6; }
    OverviewScreen #graphs Horizontal { height: 1fr; }
    OverviewScreen #low { height: 3fr; min-height: 5; }
    OverviewScreen #expiries { width: 3fr; }
    OverviewScreen #counts { width: 2fr; }
    OverviewScreen.-short #expiries { width: 1fr; } OverviewScreen.-short #counts { width: 1fr; }
    OverviewScreen.-short #second { display: none; }
    OverviewScreen.-down.-short #low { display: none; }
    OverviewScreen.-down.-short #top { height: 2fr; min-height: 5; }
    OverviewScreen.-down.-short #down { layout: vertical; }
    OverviewScreen.-down.-short #log { height: 2fr; }
    OverviewScreen.-down #graphs { display: none; }
    OverviewScreen.-down #headline { display: none; }
    OverviewScreen #down { display: none; height: 8fr; }
    OverviewScreen.-down #down { display: block; }
    """

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.window = Window()
        self.overview: OverviewOut | None = None
        self.expiries: ExpiriesOut | None = None
        self._expiries_at = 0.0
        self._samples = Kept()

    def body(self) -> ComposeResult:
        """Yield the panels."""
        yield Bar(id="headline")
        with Horizontal(id="top"):
            yield LineList("Parts", id="health")
            yield LineList("Needs you", id="needs")
        with Vertical(id="graphs"):
            names = list(GRAPHS)
            with Horizontal(id="first"):
                yield from (self._graph(name) for name in names[:3])
            with Horizontal(id="second"):
                yield from (self._graph(name) for name in names[3:])
        with Horizontal(id="down"):
            yield Lines("This machine", id="machine")
            yield Lines("Last lines of the failing part", id="log")
        with Horizontal(id="low"):
            yield LineList("Ends soon", id="expiries")
            yield LineList("Now", id="counts")

    def _graph(self, name: str) -> Graph:
        title, scale, _ = GRAPHS[name]
        color = f"graph-{1 + list(GRAPHS).index(name)}"
        return Graph(title, scale, color=color, id=name)

    def on_resize(self) -> None:
        """Three graphs instead of six where it is low."""
        self.set_class(self.size.height < 30, "-short")

    async def load(self) -> None:
        """Read the overview, new samples, and once a minute what ends."""
        from tui.calls import overview as calls

        self.overview = await calls.get_overview(self.connected)
        self.remove_class("-down")
        self._show()
        await self._load_samples()
        clock = self.session.clock()
        if self.expiries is None or clock - self._expiries_at >= EXPIRIES_EVERY_S:
            self.expiries = await calls.list_expiries(self.connected)
            self._expiries_at = clock
        self._show()

    async def _load_samples(self) -> None:
        from tui.calls import overview as calls

        now, window = self.session.now(), self.window
        start = window.start(now, self._samples_wanted())
        self._samples.forget_before(start)
        told = await calls.list_samples(
            self.connected,
            since=self._samples.lacks_from(start, window.edge(now)),
            until=window.edge(now) if window.until is not None else None,
            step_s=window.step_s,
        )
        self._samples.put(told.items, told.step_s)
        self._show_graphs()

    def _samples_wanted(self) -> int:
        return max(graph.wanted for graph in self.query(Graph))

    # Showing

    def _show(self) -> None:
        overview, now = self.overview, self.session.now()
        if overview is None:
            return
        first, second = lines.headline(overview, now)
        self.query_one("#headline", Bar).put(
            [Part((first,)), Part((second,), rank=1)], [self._span()]
        )
        self.query_one("#health", LineList).put_about(lines.checks(overview))
        self.query_one("#needs", LineList).put_about(lines.needs(overview.needs_you))
        low = [*lines.counts(overview), *lines.processes(overview)]
        self.query_one("#counts", LineList).put_about(low)
        if self.expiries is not None:
            told = lines.expiries(self.expiries.items, now)
            self.query_one("#expiries", LineList).put_about(told)

    def _show_graphs(self) -> None:
        now = self.session.now()
        for graph in self.query(Graph):
            _, _, value = GRAPHS[str(graph.id)]
            graph.put(self._samples.spread(self.window, now, graph.wanted, value))

    def _span(self) -> Part:
        now = self.session.now()
        start = self.window.start(now, self._samples_wanted())
        edge = self.window.edge(now)
        if self.window.until is None:
            minutes = (edge - start).total_seconds() / 60
            text = f"last {minutes:.0f} min" if minutes < 180 else f"last {minutes / 60:.0f} h"
            return part(text, Tone.DIM, rank=1)
        return part(f"‖ {start:%a %d %b %H:%M} to {edge:%H:%M} UTC, n: now", Tone.WARN)

    # Looking into it

    @on(LineList.Chosen)
    async def _chosen(self, event: LineList.Chosen) -> None:
        way = event.subject
        if not isinstance(way, Way):
            return
        if way.section:
            await self.run_action(f"app.lead({way.section!r}, {way.filter!r})")
        else:
            self.app.push_screen(SayDialog(way.title, way.says))

    # Looking back

    def action_pan(self, by: int) -> None:
        """Look a quarter of the span earlier or later."""
        self._look(self.window.moved(by * self._samples_wanted() // 4, self.session.now()))

    def action_zoom(self, by: int) -> None:
        """Show a longer or shorter span."""
        self._look(self.window.zoomed(by))

    def action_live(self) -> None:
        """Look at what happens now."""
        self._look(Window())

    @work(group="ask")
    async def action_time(self) -> None:
        """Look at a time that is asked for."""
        question = Question("Time (UTC)", is_secret=False, hint="03:00 or 2026-03-01 03:00")
        answers = await self.asked("What happened at", [question])
        if answers is None:
            return
        try:
            window = self.window.at(answers[0], self.session.now(), self._samples_wanted())
        except ValueError as error:
            self.notify(f"{error}", severity="warning", markup=False)
            return
        self._look(window)

    @work(exclusive=True, group="fill")
    async def _look(self, window: Window) -> None:
        if window.step_s != self.window.step_s or window.until != self.window.until:
            self._samples = Kept()
        self.window = window
        if self.session.api is None:
            return
        try:
            await self._load_samples()
        except ApiError as error:
            self.say(error)
        self._show()

    # While the server is down

    def without_server(self) -> None:
        """Show this machine's parts, the failing one's last lines and what to run."""
        trouble = self.session.trouble
        if isinstance(trouble, Unreachable | ConnectFailed):
            self._show_machine()

    @work(exclusive=True, group="host")
    async def _show_machine(self) -> None:
        self.add_class("-down")
        if self.session.access.kind != "local":
            self.query_one("#machine", Lines).put(lines.elsewhere(self.session.access.kind))
            return
        told = await host.look(os.environ)
        self.query_one("#machine", Lines).put(lines.machine(told))
        self.query_one("#log", Lines).put(lines.log_and_fix(told))

    # Copy and export

    def copied(self) -> str:
        """Return what needs the admin, as text."""
        if self.overview is None:
            return ""
        said = [f"{need.severity}: {need.sentence}" for need in self.overview.needs_you]
        return "\n".join(said) or "Nothing needs you."

    async def exported(self) -> object:
        """Return the overview, what ends, and the samples in view."""
        return {
            "overview": self.overview,
            "expiries": self.expiries,
            "samples": self._samples.all(),
        }
