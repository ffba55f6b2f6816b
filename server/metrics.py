"""Prometheus metrics by name: what this process counts where it happens (health/ adds the rest)."""

from bisect import bisect_left
from functools import cache

import psutil
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from server.lib import latency

REGISTRY = CollectorRegistry()

_LABELS = ("method", "route", "status")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

_requests = Counter("http_requests", "Requests answered.", _LABELS, registry=REGISTRY)
_duration = Histogram(
    "http_request_duration_seconds",
    "From a request's first byte in the app to its reply.",
    _LABELS,
    registry=REGISTRY,
)
LIMITER_FALLBACKS = Counter(
    "catchup_limiter_fallbacks",
    "Requests whose limits were counted in this process because Redis was away.",
    registry=REGISTRY,
)
WEBHOOKS = Counter(
    "catchup_webhooks",
    "Verified webhooks by what came of them.",
    ("webhook", "outcome"),
    registry=REGISTRY,
)
_latency_counts = [0] * latency.PLACES
# prometheus_client's own reads /proc, which macOS has not.
Gauge(
    "process_resident_memory_bytes", "Resident memory of this process.", registry=REGISTRY
).set_function(lambda: float(psutil.Process().memory_info().rss))


def known_method(method: str) -> str:
    """Return a method of HTTP, or `other`: a client may send any word, also a secret."""
    return method if method in _METHODS else "other"


def observe_request(method: str, route: str, status: int, seconds: float) -> None:
    """Count one reply; `route` is the template of its address, never the address itself."""
    count, duration = _series(known_method(method), route, status)
    count.inc()
    duration.observe(seconds)
    _latency_counts[bisect_left(latency.BOUNDS_S, seconds)] += 1


def take_latency_counts() -> list[int]:
    """Return the requests since the last call, by latency.BOUNDS_S."""
    counts = list(_latency_counts)
    _latency_counts[:] = [0] * len(counts)
    return counts


@cache
def _series(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    """Return the counters of one series; clients make none: all three are of fixed sets."""
    labels = (method, route, str(status))
    return _requests.labels(*labels), _duration.labels(*labels)
