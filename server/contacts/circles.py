"""How many people a circle holds before it stops being one: a limit that warns, never refuses."""

from collections.abc import Mapping
from typing import Literal

# DESIGN.md, 3; after Dunbar's layers.
LIMITS: Mapping[str, int] = {"inner": 5, "close": 15, "active": 50, "casual": 150}
OVER_LIMIT: Literal["circle_over_limit"] = "circle_over_limit"


def over_limit_sentence(circle: str, count: int) -> str:
    """Say in words that a circle has more people than it is meant for."""
    return f"Your {circle} circle has {count} people now; it is meant for {LIMITS[circle]} at most."
