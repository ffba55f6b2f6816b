"""When a provider that fails is left alone: a circuit breaker, as pure rules.

Closed while all is well. It opens after `OPENS_AFTER` failures in a row, or as long as the provider
asks for (Retry-After). When that is over, one message is tried; what comes of it closes the breaker
or opens it for twice as long. An open breaker costs no message an attempt. Source: docs/adr/0026.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

OPENS_AFTER = 5
FIRST_REST_S = 15.0
LONGEST_REST_S = 240.0
PROBE = timedelta(seconds=25)
"""How long others wait for the one that tries whether the provider is back: longer than a call."""


@dataclass(frozen=True, slots=True)
class Breaker:
    """How a provider does: failures in a row, and until when it is left alone."""

    failures: int = 0
    open_until: datetime | None = None

    def is_open(self, now: datetime) -> bool:
        """Say whether nobody may call now."""
        return self.open_until is not None and self.open_until > now

    def is_on_trial(self, now: datetime) -> bool:
        """Say whether one may call, to see whether the provider is back."""
        return self.open_until is not None and self.open_until <= now


def after_failure(
    breaker: Breaker, *, now: datetime, jitter: float, retry_after_s: float | None = None
) -> Breaker:
    """Count a failure. `jitter` (0 to 1) makes a rest up to a tenth longer.

    A call that fails while the breaker is open began before it opened: many do at once, and they
    tell nothing new but their Retry-After.
    """
    is_late = breaker.is_open(now)
    failures = breaker.failures if is_late else breaker.failures + 1
    rest_s = 0.0
    if failures >= OPENS_AFTER and not is_late:
        doubled = min(failures - OPENS_AFTER, 10)
        rest_s = min(FIRST_REST_S * 2**doubled, LONGEST_REST_S) * (1 + jitter / 10)
    rest_s = min(max(rest_s, retry_after_s or 0.0), _A_DAY_S)
    if rest_s == 0:
        return Breaker(failures, breaker.open_until)
    until = now + timedelta(seconds=rest_s)
    return Breaker(failures, max(until, breaker.open_until or until))


# Whoever says "come back next year" is asked tomorrow.
_A_DAY_S = 86_400.0
