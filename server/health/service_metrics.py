"""What Prometheus asks: this process's figures, and those that the worker leaves in rows."""

import time
from collections.abc import Awaitable, Iterable
from datetime import datetime
from typing import TypeVar

from prometheus_client import generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector, CollectorRegistry

from server import db
from server.alerts import service_late
from server.alerts.rules import AlertKind
from server.health import message_metrics, queries
from server.health.checks import DATABASE_ERRORS, LIMIT_S, within
from server.metrics import REGISTRY

T = TypeVar("T")

KEEP_S = 30.0
"""How long figures from rows are good, however many scrape."""

_kept: list[tuple[float, list[Metric]]] = []


async def exposition(*, now: datetime) -> bytes:
    """Return all figures in Prometheus' text format.

    Without the database those from its rows are left out, and `catchup_database_up` is 0.
    """
    is_up = await _asked(queries.find_answer()) is not None
    rows = await _from_rows(now) if is_up else []
    up = GaugeMetricFamily("catchup_database_up", "Whether the database answers.", int(is_up))
    scrape = CollectorRegistry(auto_describe=False)
    scrape.register(REGISTRY)
    scrape.register(_Found([*_pool(), up, *rows]))
    return generate_latest(scrape)


def forget() -> None:
    """Count anew at the next scrape (tests)."""
    _kept.clear()


class _Found(Collector):
    """Figures that are known already."""

    def __init__(self, found: Iterable[Metric]) -> None:
        self._found = found

    def collect(self) -> Iterable[Metric]:
        """Return them."""
        return self._found


def _pool() -> list[Metric]:
    state = db.pool_state()
    if state is None:
        return []
    waiting = "Callers that wait for a database connection."
    connections = GaugeMetricFamily(
        "catchup_database_pool_connections", "Open database connections.", labels=["state"]
    )
    connections.add_metric(["idle"], state.idle)
    connections.add_metric(["used"], state.size - state.idle)
    most = "Database connections that this process may open."
    return [
        GaugeMetricFamily("database_pool_waiting_count", waiting, state.waiting),
        connections,
        GaugeMetricFamily("catchup_database_pool_connections_max", most, state.most),
    ]


async def _from_rows(now: datetime) -> list[Metric]:
    if _kept and time.monotonic() - _kept[0][0] < KEEP_S:
        return _kept[0][1]
    found = await _asked(_read_rows(now))
    if found is None:
        _kept.clear()
        return []
    _kept[:] = [(time.monotonic(), found)]
    return found


async def _asked(question: Awaitable[T]) -> T | None:
    """Return the database's answer, None when it has none in time."""
    try:
        return await within(LIMIT_S, question)
    except DATABASE_ERRORS:
        return None


async def _read_rows(now: datetime) -> list[Metric]:
    generated = CounterMetricFamily(
        "suggestions_generated", "Suggestions made.", labels=["trigger_type"]
    )
    for row in await queries.list_suggestion_totals_of_server():
        generated.add_metric([row["trigger"]], row["made"])
    last = GaugeMetricFamily(
        "catchup_schedule_last_success_timestamp_seconds",
        "When a schedule last succeeded; 0: never.",
        labels=["schedule"],
    )
    interval = GaugeMetricFamily(
        "catchup_schedule_interval_seconds",
        "Longest normal time between two successes.",
        labels=["schedule"],
    )
    for row in await queries.list_schedules_of_server():
        at = row["last_succeeded_at"]
        last.add_metric([row["name"]], at.timestamp() if at else 0)
        interval.add_metric([row["name"]], row["interval_s"])
    alerts = CounterMetricFamily(
        "catchup_security_alerts", "Suspicious things that were noticed.", labels=["kind"]
    )
    raised = {row["kind"]: row["raised"] for row in await queries.list_alert_totals_of_server()}
    for kind in AlertKind:
        alerts.add_metric([kind], raised.get(kind, 0))
    failed = GaugeMetricFamily(
        "catchup_jobs_failed",
        "Jobs that failed for good and wait for somebody to look.",
        await queries.count_failed_jobs_of_server(),
    )
    return [generated, last, interval, alerts, failed, *await _read_messages(now)]


async def _read_messages(now: datetime) -> list[Metric]:
    return [
        *message_metrics.of_messages(await queries.list_messages_of_server(now=now)),
        message_metrics.of_attempts(await queries.list_attempt_totals_of_server()),
        message_metrics.of_late(await service_late.list_late(now=now)),
        message_metrics.of_breakers(await queries.list_breakers_of_server(now=now)),
    ]
