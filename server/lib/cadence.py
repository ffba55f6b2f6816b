"""How often a user wants to talk to a contact, in days, and where that wish comes from.

A cadence is a word (`weekly`), a number of days, or unset. Tables keep it as (`cadence`,
`cadence_days`): a word; `days` and the number; or nothing, which inherits.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

NO_CADENCE = 0
MAX_CADENCE_DAYS = 3660
COUNTED = "days"

CADENCE_DAYS = {
    "daily": 1,
    "weekly": 7,
    "biweekly": 14,
    "monthly": 30,
    "quarterly": 90,
    "yearly": 365,
    "flexible": 60,
    "none": NO_CADENCE,
}
DEFAULT_CADENCE_DAYS = CADENCE_DAYS["monthly"]

# The rhythm that keeps a circle of each size alive, after Dunbar's layers.
CIRCLE_CADENCE_DAYS = {
    "inner": CADENCE_DAYS["weekly"],
    "close": CADENCE_DAYS["biweekly"],
    "active": CADENCE_DAYS["monthly"],
    "casual": CADENCE_DAYS["quarterly"],
}


class CadenceSource(StrEnum):
    """Who said how often."""

    CONTACT = "contact"
    CIRCLE = "circle"
    GROUP = "group"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Cadence:
    """A resolved cadence: `days` is None when the contact never comes due.

    `inherited_from` names the circle or group, else None.
    """

    days: int | None
    source: CadenceSource
    inherited_from: str | None = None


def stored_word(word: str | None, days: int | None) -> str | None:
    """Return what the column `cadence` holds for a word or a number of days."""
    return COUNTED if days is not None else word


def spoken_word(stored: str | None) -> str | None:
    """Return the word that people see for a stored one: None where a number says it."""
    return None if stored == COUNTED else stored


def wished_days(stored: str | None, days: int | None) -> int | None:
    """Return a stored cadence in days: None when unset, `NO_CADENCE` for `none`."""
    return days if stored is None or stored == COUNTED else CADENCE_DAYS[stored]


def resolve_cadence(
    own_days: int | None, circle: str | None, groups: Iterable[tuple[str, int | None]]
) -> Cadence:
    """Return the cadence that holds: the contact's own, else its circle's, a group's, monthly.

    `own_days` and the days of `groups` (name, days) are as `wished_days` gives them.
    The circle comes before groups because a contact has one circle, while groups can disagree;
    then the group that asks most often wins, and at equal days the first name.
    """
    if own_days is not None:
        return Cadence(own_days or None, CadenceSource.CONTACT)
    if circle is not None:
        return Cadence(CIRCLE_CADENCE_DAYS[circle], CadenceSource.CIRCLE, circle)
    asked = [(days or MAX_CADENCE_DAYS + 1, name) for name, days in groups if days is not None]
    if asked:
        days, name = min(asked)
        return Cadence(days if days <= MAX_CADENCE_DAYS else None, CadenceSource.GROUP, name)
    return Cadence(DEFAULT_CADENCE_DAYS, CadenceSource.DEFAULT)
