"""What can go wrong with one event of a calendar file."""

from dataclasses import dataclass

# Beside its own ValueErrors icalendar lets these through when a property has a strange shape
# (found by feeding it damaged events, tests/calendars/test_ics_damage.py).
ICALENDAR_ERRORS = (
    ValueError,
    KeyError,
    IndexError,
    TypeError,
    AttributeError,
    OverflowError,
)


@dataclass(frozen=True, slots=True)
class BadItem:
    """One thing in a file that could not be taken in, or only in part.

    `position` counts the file's events from 1, `line` its lines from 1. `reason` is a sentence
    for the user; it names properties and never quotes the event.
    """

    position: int
    line: int
    uid: str | None
    code: str
    reason: str


class EventProblem(Exception):
    """An event that cannot be read: a stable code, a sentence, the line where it shows."""

    def __init__(self, code: str, reason: str, line: int | None = None) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.line = line


class NotACalendar(Exception):
    """The bytes are no iCalendar file at all; the text says why."""
