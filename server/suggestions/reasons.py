"""Why a contact is suggested, or is not: codes with the data that they came from.

`sentences.py` turns both into words; `weight` never reaches a member.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any


class ReasonCode(StrEnum):
    """What speaks for (or, with a weight below 0, against) a suggestion."""

    CADENCE_REACHED = "cadence_reached"
    NEVER_CONTACTED = "never_contacted"
    IMPORTANT_DATE = "important_date"
    CIRCLE = "circle"
    CLOSE_FRIENDS = "close_friends"
    SHARED_TAGS = "shared_tags"
    FALLING_RHYTHM = "falling_rhythm"
    ACCEPTED_BEFORE = "accepted_before"
    REFUSED_BEFORE = "refused_before"
    # How to meet and in which zone: weight 0, shown with the slot.
    SAME_CITY = "same_city"
    TRAVEL_NEEDED = "travel_needed"
    PREFERS_REMOTE = "prefers_remote"
    OTHER_CITY = "other_city"
    PLACE_UNKNOWN = "place_unknown"
    ZONE_ASSUMED = "zone_assumed"


class BlockerCode(StrEnum):
    """What keeps a contact from being suggested now."""

    ARCHIVED = "archived"
    PAUSED = "paused"
    NEVER_SUGGEST = "never_suggest"
    OPEN_SUGGESTION = "open_suggestion"
    SNOOZED = "snoozed"
    PLANNED = "planned"
    DISMISSED_RECENTLY = "dismissed_recently"
    CADENCE_NONE = "cadence_none"
    NOT_DUE = "not_due"
    LIMIT_REACHED = "limit_reached"
    NO_FREE_SLOT = "no_free_slot"
    NO_CIVIL_SLOT = "no_civil_slot"


@dataclass(frozen=True, slots=True)
class Reason:
    """One factor: `weight` in points (2 decimals), JSON-able `data`, and that data's date."""

    code: ReasonCode
    weight: float
    data: Mapping[str, Any]
    as_of: date

    def as_json(self) -> dict[str, Any]:
        """Return the stored shape: code, weight, data, as_of (ISO date)."""
        return {
            "code": self.code.value,
            "weight": self.weight,
            "data": dict(self.data),
            "as_of": self.as_of.isoformat(),
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Reason":
        """Read what `as_json` wrote.

        Raises:
            ValueError: a code that this version does not know.
        """
        return cls(
            code=ReasonCode(stored["code"]),
            weight=float(stored["weight"]),
            data=stored["data"],
            as_of=date.fromisoformat(stored["as_of"]),
        )


@dataclass(frozen=True, slots=True)
class Blocker:
    """One thing in the way; dates in `data` are ISO, in the user's zone."""

    code: BlockerCode
    data: Mapping[str, Any] = field(default_factory=dict)
