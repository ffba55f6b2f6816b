"""What the panel above the jobs says: each queue, its workers, what is overdue."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from tui.widgets.columns import Cell
from tui.widgets.lines import Line
from tui.widgets.paint import MARKS, Tone
from tui.widgets.safe_text import fitted
from tui.widgets.words import span

if TYPE_CHECKING:
    from server.admin.schemas_jobs import QueueOut, ScheduleOut, WorkerOut
    from tui.errors import ApiError

_NAME = 14
# As wide as a hundred thousand; with the others they fill a terminal of 80 columns.
_NUMBERS = ("  Waiting", "Running", "Scheduled", "   Failed", " Retrying")


def told(
    queues: "Sequence[QueueOut]",
    overdue: "Sequence[ScheduleOut]",
    trouble: "ApiError | None",
    now: datetime,
) -> list[Line]:
    """Return what is wrong first, then a line for each queue and each worker."""
    lines: list[Line] = []
    if trouble is not None:
        lines.append((Cell(f"{MARKS[Tone.BAD]} {trouble}", Tone.BAD),))
    if queues:
        lines.append(_head())
    lines += [_queue(one, now) for one in queues]
    if overdue:
        names = ", ".join(one.name for one in overdue)
        what = "1 schedule is" if len(overdue) == 1 else f"{len(overdue)} schedules are"
        said = f"{MARKS[Tone.WARN]} {what} overdue (s shows them): {names}"
        lines.append((Cell(said, Tone.WARN),))
    for queue in queues:
        lines += [_worker(worker) for worker in queue.workers]
        if not queue.workers:
            said = "No worker is heard of: nothing runs. Look at its unit (`catchup worker`)."
            lines.append((Cell(f"{MARKS[Tone.BAD]} {said}", Tone.BAD),))
    return lines


def _head() -> Line:
    titles = [f"  {'Queue':<{_NAME}}", *_NUMBERS, "Oldest"]
    return tuple(Cell(title, Tone.DIM) for title in titles)


def _queue(queue: "QueueOut", now: datetime) -> Line:
    tone = Tone.GOOD
    if not queue.workers:
        tone = Tone.BAD
    elif queue.failed > queue.retrying:
        tone = Tone.WARN
    numbers = (
        (queue.queued, Tone.PLAIN),
        (queue.running, Tone.BUSY),
        (queue.scheduled, Tone.PLAIN),
        (queue.failed, Tone.BAD),
        (queue.retrying, Tone.BUSY),
    )
    oldest = queue.oldest_queued_at
    waits = span((now - oldest).total_seconds()) if oldest is not None else "–"
    return (
        Cell(f"{MARKS[tone]} {fitted(queue.name, _NAME)}", tone),
        *(
            Cell(f"{number:>{len(title)},}", colour if number else Tone.DIM)
            for title, (number, colour) in zip(_NUMBERS, numbers, strict=True)
        ),
        Cell(waits, Tone.PLAIN if oldest is not None else Tone.DIM),
    )


def _worker(worker: "WorkerOut") -> Line:
    # To the minute: seconds would be written over the line at every look.
    up = span(worker.uptime_s) if worker.uptime_s >= 60 else "under a minute"
    failed = f", {worker.jobs_failed:,} failed" if worker.jobs_failed else ""
    return (
        Cell(MARKS[Tone.GOOD], Tone.GOOD),
        Cell(f"worker heard of, up {up}, {worker.jobs_done:,} done{failed}:", Tone.DIM),
        Cell(worker.id),
    )
