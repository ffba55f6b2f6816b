"""How a fake provider misbehaves, and when."""

import random
from dataclasses import dataclass
from typing import Literal, get_args

Kind = Literal[
    "ok",
    "accept_then_drop",  # the line goes after the message was taken
    "drop",  # the line goes before it
    "throttle",  # 429, or 450
    "error",  # 500 in the provider's own words, nothing taken
    "unavailable",  # 503, nothing taken
    "gateway",  # 502 of something in between, nothing taken
    "accept_then_gateway",  # the same, and the message was taken
    "accept_then_garbage",  # success with a body that makes no sense
    "slow",  # waits, then takes it
    "accept_then_slow",  # takes it, waits, then says so
    "refuse",  # 400 with `code`
]
KINDS: tuple[str, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class Behaviour:
    """One way to behave. `retry_after` goes out as it is written."""

    kind: Kind = "ok"
    retry_after: str | None = None
    delay_s: float = 0.0
    code: int = 0


OK = Behaviour()


class Script:
    """What comes next: first what was said for the next messages, then by chance, else all well."""

    def __init__(self, seed: int = 1) -> None:
        self._random = random.Random(seed)
        self._next: list[Behaviour] = []
        self._by_chance: list[tuple[float, Behaviour]] = []

    def next(self, kind: Kind, *, times: int = 1, **details: str | float | int | None) -> None:
        """Behave so for the next `times` messages that nothing else is said for."""
        self._next += [_behaviour(kind, details)] * times

    def sometimes(self, kind: Kind, probability: float, **details: str | float | None) -> None:
        """Behave so by chance, from now on."""
        self._by_chance.append((probability, _behaviour(kind, details)))

    def clear(self) -> None:
        """Behave well from now on."""
        self._next, self._by_chance = [], []

    def take(self) -> Behaviour:
        """Return how to treat a message that has just come."""
        if self._next:
            return self._next.pop(0)
        for probability, behaviour in self._by_chance:
            if self._random.random() < probability:
                return behaviour
        return OK


def _behaviour(kind: Kind, details: dict[str, str | float | int | None]) -> Behaviour:
    assert kind in KINDS, kind
    return Behaviour(kind, **details)  # type: ignore[arg-type]
