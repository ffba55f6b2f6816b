"""What came of a reply, before it is put into words."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Outcome(StrEnum):
    """What became of one code; the values are keys of the receipts' texts."""

    YES = "yes"
    NO = "no"
    LATER = "later"
    MET = "met"
    MISSED = "missed"
    UNKNOWN = "unknown"  # no open suggestion has this number
    ANSWERED = "answered"  # accepted before, or its time has come and gone
    TOO_EARLY = "too_early"  # whether it happened, before its time
    GONE = "gone"  # the reason for it has gone meanwhile
    NO_TIME = "no_time"  # "yes" to what was put off, and nothing is free
    UNCLEAR = "contradiction"  # two different answers
    DAYS = "days"  # not 1 to 31
    YES_OR_NO = "yes_or_no"  # "later" to the question whether it happened
    UNDONE = "undone"
    KEPT = "kept"  # cannot be taken back any more


APPLIED = frozenset({Outcome.YES, Outcome.NO, Outcome.LATER, Outcome.MET, Outcome.MISSED})


class Said(StrEnum):
    """What a receipt says as a whole, where it is not about codes."""

    WHICH = "which"  # a verb alone, and several are open
    NOTHING_OPEN = "nothing_open"
    NOTHING_TO_UNDO = "nothing_to_undo"
    HELP = "help"
    NOTE = "note"
    UNCLEAR = "unclear"
    EMPTY = "empty"
    STOPPED_SMS = "stopped_sms"
    STOPPED_EMAIL = "stopped_email"
    STARTED = "started"
    FAILED = "failed"  # we could not handle it


@dataclass(frozen=True, slots=True)
class Line:
    """One code and what became of it. `when`: the slot, or when a snooze ends."""

    code: int
    outcome: Outcome
    name: str = ""
    when: datetime | None = None


@dataclass(frozen=True, slots=True)
class Handled:
    """What a reply has come to: its row's state and code, and what the user is told.

    `example` is a code for the receipt's example. Without `lines` and `said` there is no receipt.
    """

    state: str
    outcome_code: str
    lines: list[Line] = field(default_factory=list)
    said: Said | None = None
    example: int = 1
