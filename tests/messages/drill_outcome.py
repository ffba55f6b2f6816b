"""What became of a drill's jobs: the rows, held against the providers' ledgers."""

import time
from collections import Counter
from dataclasses import dataclass

from server import db
from tests.fakes.ledger import Entry, sent_twice
from tests.messages import drill_jobs
from tests.messages.drill_jobs import Work
from tests.messages.drill_stack import DrillStack

OPEN = ("pending", "sending")


@dataclass(frozen=True)
class Outcome:
    """What became of the messages.

    `lost`: acknowledged writes without a row, and rows that say that they were sent and of which no
    ledger knows. `waiting`: not sent yet. `parked`, by channel: nobody can say whether they were
    sent, so they are shown to an admin; of `unsent` ones no ledger knows. `written`: messages of
    the drill's own; `messages`: with those that `others` wrote. Times in seconds.
    """

    written: int
    others: dict[str, drill_jobs.Done]
    messages: int
    lost: int
    twice: int
    waiting: int
    parked: Counter[str]
    unsent: int
    states: Counter[str]
    resumed_s: list[float]
    waited_s: list[float]
    longest_doubt_s: float
    attempts: int
    took_s: float

    def __str__(self) -> str:
        others = "".join(f", {done} {kind}" for kind, done in self.others.items())
        return (
            f"{self.written} messages{others} in {self.took_s:.0f} s\n"
            f"  {self.messages} messages in all: lost {self.lost}, sent twice"
            f" {self.twice}, waiting {self.waiting}, parked as unknown {dict(self.parked)}"
            f" ({self.unsent} of them in no ledger); {dict(self.states)};"
            f" {self.attempts} attempts\n"
            f"  sends again after a kill: median {_share(self.resumed_s, 0.5):.1f} s, p99"
            f" {_share(self.resumed_s, 0.99):.1f} s; from written to accepted: median"
            f" {_share(self.waited_s, 0.5):.2f} s, p99 {_share(self.waited_s, 0.99):.1f} s, longest"
            f" {max(self.waited_s, default=0):.1f} s; longest attempt, doubt settled,"
            f" {self.longest_doubt_s:.1f} s"
        )

    @property
    def jobs(self) -> int:
        """How many jobs there were."""
        return self.written + sum(done.wanted for done in self.others.values())

    @property
    def resumed_p99_s(self) -> float:
        """How long after a kill something was sent again, at the 99th of a hundred."""
        return _share(self.resumed_s, 0.99)


async def judge(stack: DrillStack, written: set[str], work: Work, *, began: float) -> Outcome:
    """Compare the rows with the ledgers."""
    rows = await db.fetch(
        """SELECT id, kind, channel, dedupe_key, state, created_at FROM outbox_messages
            WHERE kind <> $1""",
        drill_jobs.ASKED,
    )
    attempts = await db.fetch_row(
        """SELECT count(*) AS attempts,
                max(extract(epoch FROM ended_at - started_at))::float AS longest_s
            FROM message_attempts"""
    )
    assert attempts is not None
    entries = stack.accepted
    first = _first_times(entries)
    unsent = Counter(row["state"] for row in rows if str(row["id"]) not in first)
    states = Counter(row["state"] for row in rows)
    waiting = sum(states[state] for state in OPEN)
    sent = [
        (row["created_at"].timestamp(), first[str(row["id"])])
        for row in rows
        if str(row["id"]) in first
    ]
    return Outcome(
        written=sum(row["kind"] == "drill" for row in rows),
        others=await drill_jobs.done(work),
        messages=len(rows),
        lost=len(written - {row["dedupe_key"] for row in rows})
        + sum(count for state, count in unsent.items() if state not in (*OPEN, "unknown")),
        twice=len(sent_twice(entries)),
        waiting=waiting,
        parked=Counter(row["channel"] for row in rows if row["state"] == "unknown"),
        unsent=unsent["unknown"],
        states=states,
        resumed_s=_resumed(stack, sent),
        waited_s=[accepted - written for written, accepted in sent],
        longest_doubt_s=attempts["longest_s"] or 0.0,
        attempts=attempts["attempts"],
        took_s=time.monotonic() - began,
    )


def _first_times(entries: list[Entry]) -> dict[str, float]:
    times: dict[str, float] = {}
    for entry in entries:
        if entry.message is not None:
            times[entry.message] = min(entry.at, times.get(entry.message, entry.at))
    return times


def _resumed(stack: DrillStack, sent: list[tuple[float, float]]) -> list[float]:
    """Return how long after each kill a message was accepted that was not on its way by then.

    `sent`: when each message was written and accepted. Where nothing was to be sent, as at the
    end, the time begins with the next message that is written.
    """
    resumed = []
    for at, _ in stack.kills:
        after = [(max(at, written), accepted) for written, accepted in sent if accepted > at + 0.2]
        if after:
            resumed.append(min(accepted for _, accepted in after) - min(due for due, _ in after))
    return resumed


def _share(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0
