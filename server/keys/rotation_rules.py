"""When each step of a rotation may be taken (docs/adr/0020)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

SETTLE = timedelta(seconds=90)
"""Until nobody works with a ring of before: a box lives 30 s, and a piece of work holds it for a
request, a page or a batch, whose longest statement may take 60 s."""
SIGNING_SETTLE = timedelta(seconds=10)
"""The same of signing keys, which are read every 5 s."""
TOKEN_SLACK = timedelta(seconds=60)
"""A token may be signed 5 s after its key has been replaced, by a clock that is 30 s ahead."""

OPEN_STATES = ("readable", "rewriting", "waiting", "clearing")


def is_settled(since: datetime | None, *, now: datetime, settle: timedelta = SETTLE) -> bool:
    """Say whether every process knows what was changed at `since`."""
    return since is not None and now - since >= settle


def share_done(rotation: Mapping[str, Any]) -> float:
    """Return how much of a rotation's values are rewritten, 0 to 1; 1 only when all is done."""
    total = int(rotation["values_total"])
    if not total:
        return float(rotation["state"] == "done")
    return min(1.0, int(rotation["values_done"]) / total)
