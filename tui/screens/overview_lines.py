"""What the panels of the overview say."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from tui.host import Machine
from tui.screens import overview_ways as ways
from tui.widgets.columns import Cell
from tui.widgets.lines import Line
from tui.widgets.paint import MARKS, Tone
from tui.widgets.words import size, span

if TYPE_CHECKING:
    from server.admin.schemas_expiries import ExpiryOut
    from server.admin.schemas_overview import NeedOut, OverviewOut

TONES = {"ok": Tone.GOOD, "info": Tone.DIM, "warn": Tone.WARN, "fail": Tone.BAD}
_WELL = {"ok": "All is well", "warn": "Mostly well", "fail": "Not well"}
_NAME = 11
_ON_THE_BOX = (
    "sudo catchup doctor",
    "sudo systemctl status 'catchup-*'",
    "sudo journalctl -u 'catchup-*' -n 50",
)


def headline(overview: "OverviewOut", now: datetime) -> Line:
    """Return the one line that says it all."""
    tone = TONES[overview.status]
    age = span((now - overview.started_at).total_seconds())
    commit = f" ({overview.commit[:7]})" if overview.commit else ""
    bad = sum(check.status != "ok" for check in overview.checks)
    parts = f"{len(overview.checks) - bad} of {len(overview.checks)} parts well"
    said = f"{parts}, {overview.mode}, {overview.version}{commit}, up {age}"
    return Cell(f"{MARKS[tone]} {_WELL[overview.status]}", tone), Cell(said, Tone.DIM)


def checks(overview: "OverviewOut") -> list[tuple[Line, object]]:
    """Return the parts and where they lead, those that are not well first, with what to do."""
    order = {"fail": 0, "warn": 1, "ok": 2}
    lines: list[tuple[Line, object]] = []
    for check in sorted(overview.checks, key=lambda one: order[one.status]):
        tone = TONES[check.status]
        quiet = Tone.DIM if check.status == "ok" else Tone.PLAIN
        said = (Cell(f"{MARKS[tone]} {check.name:<{_NAME}}", tone), Cell(check.detail, quiet))
        lines.append((said, ways.of_check(check)))
        if check.status != "ok" and check.fix:
            lines.append(((Cell(f"  → {check.fix}", Tone.KEY),), None))
    return lines


def needs(items: "Sequence[NeedOut]") -> list[tuple[Line, object]]:
    """Return what waits for the admin, the digit of the screen that shows it, and the way there."""
    from tui.sections import SECTIONS

    if not items:
        return [((Cell(f"{MARKS[Tone.GOOD]} Nothing needs you.", Tone.GOOD),), None)]
    digits = {section.name: section.key for section in SECTIONS}
    lines: list[tuple[Line, object]] = []
    for need in items:
        tone = TONES[need.severity]
        digit = digits.get(need.screen, " ")
        said = (Cell(MARKS[tone], tone), Cell(digit, Tone.KEY), Cell(need.sentence))
        lines.append((said, ways.of_need(need)))
    return lines


def counts(overview: "OverviewOut") -> list[tuple[Line, object]]:
    """Return how many of what, and the screens that list them."""
    told = overview.counts
    if told is None:
        return [((Cell("The database does not answer.", Tone.BAD),), None)]

    def line(name: str, *pairs: tuple[int | None, str, Tone]) -> tuple[Line, object]:
        cells = [Cell(f"{name:<9}", Tone.DIM)]
        for number, what, tone in pairs:
            known = "–" if number is None else f"{number:,}"
            cells.append(Cell(known, tone if number else Tone.DIM))
            cells.append(Cell(what, Tone.DIM))
        return tuple(cells), ways.to_screen(name)

    return [
        line(
            "Jobs",
            (told.jobs.queued, "wait", Tone.PLAIN),
            (told.jobs.running, "run", Tone.BUSY),
            (told.jobs.failed, "failed", Tone.BAD),
        ),
        line(
            "Messages",
            (told.messages.pending, "wait", Tone.PLAIN),
            (told.messages.failed, "failed", Tone.BAD),
            (told.messages.unknown, "unclear", Tone.WARN),
        ),
        line(
            "Users",
            (told.users, "people", Tone.PLAIN),
            (told.users_disabled, "disabled", Tone.PLAIN),
            (told.alerts, "alerts", Tone.WARN),
        ),
    ]


def processes(overview: "OverviewOut") -> list[tuple[Line, object]]:
    """Return the processes of embedded mode, and what each wrote."""
    lines: list[tuple[Line, object]] = []
    for one in overview.processes:
        tone = Tone.GOOD if one.is_running else Tone.BAD
        cpu, memory = one.cpu_percent or 0.0, size(one.memory_bytes or 0)
        said = (
            Cell(f"{MARKS[tone]} {one.name:<10}", tone),
            Cell(f"{cpu:5.1f} %", Tone.BUSY if cpu >= 1 else Tone.DIM),
            Cell(f"{memory:>7}"),
            Cell(f"pid {one.pid}" if one.is_running else "stopped", Tone.DIM),
        )
        lines.append((said, ways.to_log(one.name)))
    return lines


def expiries(items: "Sequence[ExpiryOut]", now: datetime) -> list[tuple[Line, object]]:
    """Return what ends and where it leads, the soonest first."""
    lines: list[tuple[Line, object]] = []
    for one in items:
        tone = TONES[one.status]
        left = "" if one.ends_at is None else _left(one.ends_at, now)
        said = (
            Cell(f"{MARKS[tone]} {left:>7}", tone),
            Cell(one.name, Tone.PLAIN),
            Cell(one.sentence, Tone.DIM),
        )
        lines.append((said, ways.of_expiry(one)))
    return lines or [((Cell("Nothing ends soon.", Tone.DIM),), None)]


def _left(at: datetime, now: datetime) -> str:
    seconds = (at - now).total_seconds()
    return span(seconds) if seconds > 0 else "ended"


def machine(told: Machine) -> list[Line]:
    """Return what this machine says while the server does not answer, what is down first."""
    lines: list[Line] = []
    for part in sorted(told.parts, key=lambda one: one.runs):
        tone = Tone.GOOD if part.runs else Tone.BAD
        lines.append(
            (
                Cell(f"{MARKS[tone]} {part.name:<28}", tone),
                Cell(part.state),
                Cell(part.detail, Tone.DIM),
            )
        )
    if not told.parts:
        lines.append((Cell("No unit and no `catchup up` of ours is known here.", Tone.WARN),))
    lines.append((Cell(told.load, Tone.DIM),))
    return lines


def elsewhere(kind: str) -> list[Line]:
    """Return where to look at a machine that is not this one."""
    if kind != "ssh":
        where = "A machine elsewhere: look there, or open it with --ssh."
        return [(Cell(where, Tone.DIM),)]
    return [
        (Cell("What to run on the box", Tone.KEY),),
        *((Cell(f"  {command}", Tone.STRONG),) for command in _ON_THE_BOX),
    ]


def log_and_fix(told: Machine) -> list[Line]:
    """Return the failing part's last lines, and what to run."""
    lines: list[Line] = [(Cell(line, Tone.DIM),) for line in told.log]
    if lines:
        lines.append((Cell(""),))
    lines.append((Cell("What to run", Tone.KEY),))
    lines += [(Cell(f"  {command}", Tone.STRONG),) for command in told.to_run]
    return lines
