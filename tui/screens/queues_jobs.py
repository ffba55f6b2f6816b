"""A job as a row and in detail: names, ids, codes and times; more the server never tells."""

from datetime import datetime
from typing import TYPE_CHECKING

from tui.widgets.columns import Cell, Row
from tui.widgets.detail import Detail, Fact, Section, fact
from tui.widgets.paint import MARKS, Tone
from tui.widgets.words import ago, instant, short_id

if TYPE_CHECKING:
    from server.admin.schemas_jobs import JobOut

TONES = {
    "failed": Tone.BAD,
    "queued": Tone.PLAIN,
    "running": Tone.BUSY,
    "scheduled": Tone.DIM,
}
"""By state, in the order in which they are gone through."""

_SENTENCES = {
    "TimeoutError": "It took longer than a job may.",
    "CancelledError": "It was stopped before it was done.",
    "WorkerDied": "Its worker ended while it ran: killed, out of memory, or the machine went down.",
    "UnknownFunction": "No worker knows this function: is the worker older than the server?",
    "ConnectionError": "A service that it needs did not answer.",
    "ConnectionRefusedError": "A service that it needs did not answer.",
    "ProviderError": "An outside service did not do what was asked; screen Integrations tests it.",
}


def sentence_of(error_code: str) -> str:
    """Return what became of a job, by its error's code."""
    said = _SENTENCES.get(error_code, "It met an error that ended it.")
    return f"{said} ({error_code}; screen Logs, job.failed, says where.)"


def row_of(job: "JobOut", now: datetime) -> Row:
    """Return a job as a row."""
    word, tone = _state(job)
    at = _when(job)
    cells = (
        Cell(f"{MARKS[tone]} {word}", tone),
        Cell(ago(at, now) if at is not None else "–", Tone.DIM),
        Cell(job.function),
        Cell(f"{job.attempts}/{job.tries}"),
        Cell(job.error_code or "", Tone.PLAIN if job.is_retrying else tone),
        Cell(" ".join(f"{name}={short_id(value)}" for name, value in job.ids.items()), Tone.DIM),
    )
    return Row(job.id, cells, job)


def detail_of(job: "JobOut", now: datetime) -> Detail:
    """Return all there is to say about a job."""
    word, tone = _state(job)
    why: tuple[Fact, ...] = ()
    if job.error_code is not None:
        why = (fact("why", sentence_of(job.error_code), tone),)
    again: tuple[Fact, ...] = ()
    if job.is_retrying:
        again = (fact("asked for", "again; the worker puts it into the queue", Tone.BUSY),)
    sections = (
        Section(
            "Job",
            (
                fact("state", f"{MARKS[tone]} {word}", tone),
                fact("function", job.function),
                *why,
                *again,
                fact("attempts", f"{job.attempts} of {job.tries}"),
                fact("key", job.key),
                fact("id", job.id),
            ),
        ),
        Section(
            "Times (UTC)",
            tuple(
                fact(name, instant(at, now))
                for name, at in (
                    ("queued", job.queued_at),
                    ("due", job.starts_at),
                    ("started", job.started_at),
                    ("given up", job.failed_at),
                )
                if at is not None
            ),
        ),
        Section(
            "Works on (ids only; a job carries no contents)",
            tuple(fact(name, value) for name, value in job.ids.items()),
        ),
    )
    return Detail(job.function, tuple(one for one in sections if one.facts))


def _state(job: "JobOut") -> tuple[str, Tone]:
    return ("retrying", Tone.BUSY) if job.is_retrying else (job.state, TONES[job.state])


def _when(job: "JobOut") -> datetime | None:
    by_state = {
        "failed": job.failed_at,
        "running": job.started_at,
        "scheduled": job.starts_at,
        "queued": job.queued_at,
    }
    return by_state[job.state] or job.queued_at
