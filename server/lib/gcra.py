"""The generic cell rate algorithm (GCRA): a budget that fills evenly instead of by the minute.

A caller's state is one number: the instant at which their budget will be full again (the
"theoretical arrival time"). `server/limits.lua` is the same rule inside Redis.
"""

from dataclasses import dataclass

MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class Rule:
    """`count` requests at once, and one more each `period_s / count` seconds."""

    count: int
    period_s: int

    @property
    def every_us(self) -> int:
        """Microseconds until one request is earned back."""
        return max(1, self.period_s * MICROSECONDS // self.count)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a request may pass, and what is left of the budget."""

    allowed: bool
    limit: int
    remaining: int
    reset_s: int
    """Whole seconds until the budget is full, rounded up."""
    retry_after_s: int
    """Whole seconds until one request may pass, rounded up; 0 when one may pass now."""


def verdict(rule: Rule, *, allowed: bool, room_us: int) -> Verdict:
    """Put the room that is left, in microseconds of earned time, into words."""
    missing_us = max(0, rule.every_us - room_us)
    return Verdict(
        allowed,
        rule.count,
        room_us // rule.every_us,
        _ceil_s(rule.every_us * rule.count - room_us),
        _ceil_s(missing_us),
    )


class Budgets:
    """Budgets kept in this process, at most `size` of them: the least recently used one goes."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._full_at: dict[str, int] = {}

    def take(self, key: str, rule: Rule, *, now_us: int) -> Verdict:
        """Take one request from the budget of `key`; `now_us` is any clock's microseconds."""
        span = rule.every_us * rule.count
        # Taken out and put back: a dict keeps the order, so the first is the oldest.
        full_at = min(max(self._full_at.pop(key, now_us), now_us), now_us + span)
        room = now_us + span - full_at
        allowed = room >= rule.every_us
        if allowed:
            full_at += rule.every_us
            room -= rule.every_us
        self._full_at[key] = full_at
        if len(self._full_at) > self._size:
            del self._full_at[next(iter(self._full_at))]
        return verdict(rule, allowed=allowed, room_us=room)

    def clear(self) -> None:
        """Forget all: every budget is full."""
        self._full_at.clear()

    def __len__(self) -> int:
        return len(self._full_at)


def _ceil_s(us: int) -> int:
    return -(-us // MICROSECONDS)
