"""When each step of a rotation may be taken (docs/adr/0020)."""

from collections.abc import Mapping
from datetime import datetime, timedelta

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


def share_done(rotation: Mapping[str, int]) -> float:
    """Return how much of a rotation's values are rewritten, 0 to 1."""
    total = rotation["values_total"]
    return min(1.0, rotation["values_done"] / total) if total else 1.0
