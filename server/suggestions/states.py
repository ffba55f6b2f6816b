"""The life of a suggestion: which act is allowed when, and where it leads."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

SNOOZE_MIN_DAYS = 1
SNOOZE_MAX_DAYS = 31


class State(StrEnum):
    """Where a suggestion is."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    DISMISSED = "dismissed"
    SNOOZED = "snoozed"
    EXPIRED = "expired"
    CONFIRMED = "confirmed"
    MISSED = "missed"


OPEN_STATES = frozenset({State.PENDING, State.SNOOZED, State.ACCEPTED})


class Action(StrEnum):
    """What a user does, or time (expire, wake)."""

    ACCEPT = "accept"
    DISMISS = "dismiss"
    SNOOZE = "snooze"
    CONFIRM = "confirm"
    MISS = "miss"
    EXPIRE = "expire"
    WAKE = "wake"


class DismissReason(StrEnum):
    """Why a user said no; `other` is free text."""

    MET_TOO_RECENTLY = "met_too_recently"
    NOT_RELEVANT = "not_relevant"
    BAD_TIMING = "bad_timing"
    NEVER_SUGGEST = "never_suggest"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Transition:
    """From which states an action leads to which; some need the slot begun, or still ahead."""

    sources: frozenset[State]
    target: State
    slot_begun: bool = False
    slot_ahead: bool = False


# A query that changes the state uses the same `sources` in its WHERE.
TRANSITIONS = {
    Action.ACCEPT: Transition(frozenset({State.PENDING}), State.ACCEPTED, slot_ahead=True),
    Action.DISMISS: Transition(OPEN_STATES, State.DISMISSED),
    Action.SNOOZE: Transition(frozenset({State.PENDING, State.SNOOZED}), State.SNOOZED),
    Action.CONFIRM: Transition(frozenset({State.ACCEPTED}), State.CONFIRMED, slot_begun=True),
    Action.MISS: Transition(frozenset({State.ACCEPTED}), State.MISSED, slot_begun=True),
    Action.EXPIRE: Transition(frozenset({State.PENDING}), State.EXPIRED, slot_begun=True),
    Action.WAKE: Transition(frozenset({State.SNOOZED}), State.PENDING),
}


# From where an undo leads back to where; m0020_replies and m0023_second_looks let the database
# allow the same.
WAYS_BACK = frozenset(
    {
        (State.ACCEPTED, State.PENDING),
        (State.ACCEPTED, State.SNOOZED),
        (State.SNOOZED, State.PENDING),
        (State.SNOOZED, State.SNOOZED),
        (State.DISMISSED, State.PENDING),
        (State.DISMISSED, State.SNOOZED),
        (State.DISMISSED, State.ACCEPTED),
        (State.CONFIRMED, State.ACCEPTED),
        (State.MISSED, State.ACCEPTED),
    }
)


def check_way_back(
    state: State, left_as: State, before: State, slot_start: datetime | None, now: datetime
) -> str | None:
    """Return None when a suggestion may become again what it was, else why not, as a code.

    `left_as` is what the act that is undone made of it, `before` and `slot_start` what it was.
    `changed`: something else happened to it since. `too_late`: its time has come.
    """
    if state is not left_as or (state, before) not in WAYS_BACK:
        return "changed"
    if before is State.PENDING and (slot_start is None or now >= slot_start):
        return "too_late"
    return None


def check(action: Action, state: State, slot_start: datetime, now: datetime) -> str | None:
    """Return None when `action` is allowed, else a sentence for the 409 `suggestion_not_open`."""
    transition = TRANSITIONS[action]
    if state not in transition.sources:
        wanted = " or ".join(sorted(transition.sources))
        return f"This suggestion is {state}; to {action} it, it must be {wanted}."
    if transition.slot_begun and now < slot_start:
        return "The time of this suggestion has not begun yet."
    if transition.slot_ahead and now >= slot_start:
        return "The time of this suggestion has come and gone."
    return None


def snoozed_until(now: datetime, days: int) -> datetime:
    """Return the end of a snooze: `days` times 24 hours after `now`.

    Raises:
        ValueError: `days` is not from 1 to 31.
    """
    if not SNOOZE_MIN_DAYS <= days <= SNOOZE_MAX_DAYS:
        raise ValueError(f"a snooze is from {SNOOZE_MIN_DAYS} to {SNOOZE_MAX_DAYS} days")
    return now + timedelta(days=days)


def read_dismissal(reason: str) -> tuple[DismissReason, str | None]:
    """Split what the user gave as a reason into its code and, for `other`, their own words."""
    try:
        return DismissReason(reason.strip()), None
    except ValueError:
        return DismissReason.OTHER, reason
