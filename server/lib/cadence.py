"""How often a user wants to talk to a contact, in days, and where that wish comes from."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

# As stored: NULL is unset (inherit), 0 is the word "none", anything else is a number of days.
NO_CADENCE = 0
MAX_CADENCE_DAYS = 3650

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


def cadence_in_days(value: str | int) -> int:
    """Return the days to store for a cadence word or a number of days; 0 for `none`.

    Raises:
        ValueError: an unknown word, or a number outside 1 to MAX_CADENCE_DAYS.
    """
    if isinstance(value, str):
        if value not in CADENCE_DAYS:
            raise ValueError(f"a cadence is one of {', '.join(CADENCE_DAYS)}, or a number of days")
        return CADENCE_DAYS[value]
    if not 1 <= value <= MAX_CADENCE_DAYS:
        raise ValueError(f"a cadence is from 1 to {MAX_CADENCE_DAYS} days")
    return value


def resolve_cadence(
    own_days: int | None, circle: str | None, groups: Iterable[tuple[str, int | None]]
) -> Cadence:
    """Return the cadence that holds: the contact's own, else its circle's, a group's, monthly.

    `own_days` and the days of `groups` (name, days) are as stored: None is unset, 0 is none.
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
