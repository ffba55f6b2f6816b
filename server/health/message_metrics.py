"""What Prometheus is told of messages: how many are where, what came of attempts, what is late."""

from collections.abc import Sequence

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from server.alerts.rules_late import Late
from server.db import Row


def of_messages(states: Sequence[Row]) -> list[Metric]:
    """Return gauges of rows: channel, state, messages and oldest_s."""
    found = GaugeMetricFamily(
        "catchup_messages",
        "Messages that are kept, by where they are; `pending` is the queue.",
        labels=["channel", "state"],
    )
    oldest = GaugeMetricFamily(
        "catchup_messages_oldest_pending_seconds",
        "Age of the oldest message that waits to leave; 0: none does.",
    )
    for row in states:
        found.add_metric([row["channel"], row["state"]], row["messages"])
    waiting = [row["oldest_s"] for row in states if row["state"] in ("pending", "sending")]
    oldest.add_metric([], max([0.0, *waiting]))
    return [found, oldest]


def of_attempts(totals: Sequence[Row]) -> Metric:
    """Return the counter of rows: channel, outcome and attempts."""
    ended = CounterMetricFamily(
        "catchup_message_attempts",
        "Attempts to hand a message to a provider, by what came of them.",
        labels=["channel", "outcome"],
    )
    for row in totals:
        ended.add_metric([row["channel"], row["outcome"]], row["attempts"])
    return ended


def of_late(late: Sequence[Late]) -> Metric:
    """Return how many messages should have left a quarter of an hour ago."""
    return GaugeMetricFamily(
        "catchup_messages_overdue",
        "Digests and urgent messages that are due and that no provider has accepted.",
        sum(one.messages for one in late),
    )


def of_breakers(resting: Sequence[Row]) -> Metric:
    """Return which providers have a rest, of rows: provider and is_open."""
    breakers = GaugeMetricFamily(
        "catchup_provider_breaker_open",
        "1: the provider failed so often that it is left alone for a while.",
        labels=["provider"],
    )
    for row in resting:
        breakers.add_metric([row["provider"]], int(row["is_open"]))
    return breakers
