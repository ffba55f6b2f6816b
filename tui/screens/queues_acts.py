"""What an admin can do to jobs: to one, or to all that the filter finds."""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Literal

from tui.acts import Act, Outcome, Progress
from tui.errors import Changed, Refused
from tui.widgets.dialogs import Preview

if TYPE_CHECKING:
    from server.admin.schemas_jobs import JobCount, JobOut
    from tui.calls.jobs import Wanted
    from tui.screens.frame import AdminScreen

Ending = Literal["abort", "forget"]
Verb = Literal["retry", "abort", "forget"]

MOST_ABORTED = 5_000
"""More than these the server does not abort in one call."""
_MOST_NAMED = 5  # more would not fit a small terminal
_TITLES: dict[Verb, str] = {"retry": "Retry", "abort": "Abort", "forget": "Forget"}
_EFFECTS: dict[Verb, str] = {
    "retry": "run again; the worker queues them one after another.",
    "abort": "leave the queue, and those that run are stopped.",
    "forget": "are settled without another try.",
}
_WAYS_BACK: dict[Verb, str] = {
    "retry": "Each is safe to run twice; one that waits can be aborted.",
    "abort": "Their rows may bring them back: a job is a nudge, no more.",
    "forget": "A forgotten job is not brought back.",
}


def acts_on(screen: "AdminScreen", job: "JobOut") -> Iterator[Act]:
    """Yield what can be done to one job in its state."""
    if job.state == "failed":
        if not job.is_retrying:
            yield _retry(screen, job)
        yield _end(screen, job, "forget")
    else:
        yield _end(screen, job, "abort")


def acts_on_all(screen: "AdminScreen", wanted: "Wanted") -> Iterator[Act]:
    """Yield what can be done to all that `wanted` finds."""
    verbs: tuple[Verb, ...] = ("retry", "forget") if wanted.state == "failed" else ("abort",)
    for verb in verbs:
        yield _OnAll(screen, wanted, verb).act()


def _retry(screen: "AdminScreen", job: "JobOut") -> Act:
    async def perform(_: list[str]) -> Outcome:
        from tui.calls import jobs  # after the first frame

        await jobs.retry_job(screen.connected, job.id)
        return Outcome(f"{job.function} runs again as soon as a worker is free.")

    return Act("retry", "Retry", perform)


def _end(screen: "AdminScreen", job: "JobOut", verb: Ending) -> Act:
    async def preview(_: list[str]) -> Preview:
        said = {
            "forget": "It is settled without another try.",
            "abort": "It leaves the queue."
            if job.state != "running"
            else "It is stopped where it is, within a second.",
        }
        return Preview(
            title=f"{_TITLES[verb]} {job.function}",
            sentence=f"{said[verb]}\n{job.key}",
            touches=((f"{job.state} job", 1),),
            name=job.function,
            way_back=_WAYS_BACK[verb].replace("Their rows may bring them", "Its row may bring it"),
        )

    async def perform(_: list[str]) -> Outcome:
        from tui.calls import jobs

        done = await jobs.end_job(screen.connected, verb, job.id)
        if not done.jobs:
            return Outcome(f"{job.function} had ended already.")
        return Outcome(f"Done: {verb} {job.function}.")

    return Act(verb, _TITLES[verb], perform, preview=preview, destroys=True)


class _OnAll:
    """An act on all that a filter finds: counted, confirmed, and refused when the count moved."""

    def __init__(self, screen: "AdminScreen", wanted: "Wanted", verb: Verb) -> None:
        self.screen = screen
        self.wanted = wanted
        self.verb = verb
        self.expected = 0

    def act(self) -> Act:
        """Return it."""
        return Act(
            f"{self.verb}-all",
            f"{_TITLES[self.verb]} all {self.wanted.state} jobs that fit the filter",
            self._perform,
            preview=self._preview,
            destroys=True,
        )

    async def _preview(self, _: list[str]) -> Preview:
        from tui.calls import jobs

        found = await jobs.count_jobs(self.screen.connected, self.wanted)
        if not found.jobs:
            raise Refused("No job fits the filter any more.", "Press r and look again.")
        if self.verb == "abort" and (not found.is_complete or found.jobs > MOST_ABORTED):
            raise Refused(
                f"These are more than {MOST_ABORTED:,} jobs.",
                "Abort some of them: write a filter (/), function:NAME for example.",
            )
        self.expected = found.jobs
        return Preview(
            title=f"{_TITLES[self.verb]} {found.jobs:,} jobs",
            sentence=f"All {_which(self.wanted)} {_EFFECTS[self.verb]}",
            touches=_touches(found),
            name=f"{found.jobs} {self.wanted.state}",
            way_back=_WAYS_BACK[self.verb],
        )

    async def _perform(self, _: list[str]) -> Outcome:
        from tui.calls import jobs

        try:
            done = await jobs.act_on_all(
                self.screen.connected, self.verb, self.wanted, expected=self.expected
            )
        except Changed as error:
            if error.code != "jobs_changed":
                raise
            way_on = "Nothing was done. Begin again: they are counted anew."
            raise Changed(error.sentence, way_on, error.code, error.status) from None
        watch = partial(self._queued, done.jobs) if self.verb == "retry" else None
        return Outcome(f"Done: {self.verb}, {done.jobs:,} jobs.", watch=watch)

    async def _queued(self, total: int) -> Progress:
        from tui.calls import jobs

        left = sum(one.retrying for one in await jobs.list_queues(self.screen.connected))
        share = 1 - min(left, total) / max(total, 1)
        said = f"{left:,} wait to be queued again." if left else "All are in the queue again."
        return Progress(share, said, is_done=not left)


def _which(wanted: "Wanted") -> str:
    said = f"{wanted.state} jobs"
    if wanted.function is not None:
        said += f" of {wanted.function}"
    if wanted.error_code is not None:
        said += f" that ended by {wanted.error_code}"
    if wanted.q is not None:
        said += f" with {wanted.q} in key or ids"
    return said


def _touches(found: "JobCount") -> tuple[tuple[str, int], ...]:
    most = sorted(found.by_function.items(), key=lambda one: (-one[1], one[0]))
    named = [(function, count) for function, count in most[:_MOST_NAMED]]
    if rest := sum(count for _, count in most[_MOST_NAMED:]):
        named.append(("of other functions", rest))
    return tuple(named)
