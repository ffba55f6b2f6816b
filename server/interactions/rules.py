"""What an interaction may be, and in which state at its time (pure)."""

from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """How people were in touch."""

    HANGOUT = "hangout"
    CALL = "call"
    TEXT = "text"
    CALENDAR_EVENT = "calendar_event"


class State(StrEnum):
    """How sure we are that it took place; only a confirmed one moves the cadence."""

    PLANNED = "planned"
    HAPPENED = "happened"
    CONFIRMED = "confirmed"


def default_state(occurred_at: datetime, *, now: datetime) -> State:
    """Return the state of one logged by hand: what is over is confirmed, the rest planned."""
    return State.CONFIRMED if occurred_at <= now else State.PLANNED


def is_too_early(state: State, occurred_at: datetime, *, now: datetime) -> bool:
    """Say whether the state claims that something still to come took place.

    The other way round is fine: a planned one in the past is a plan nobody has confirmed.
    """
    return state is not State.PLANNED and occurred_at > now
