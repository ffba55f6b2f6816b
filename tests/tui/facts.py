"""A server's answers, made up: an overview, what ends, three hours of samples."""

import math
from datetime import datetime, timedelta
from typing import Literal

from server.admin.schemas_overview import (
    CountsOut,
    ExpiriesOut,
    ExpiryOut,
    NeedOut,
    OverviewOut,
    PartCheckOut,
    ProcessOut,
)
from server.admin.schemas_samples import SampleOut, SamplesOut
from tests.tui.fake_server import Asked, FakeServer
from tests.tui.pilot import NOW

CHECKS = [
    ("database", "ok", "PostgreSQL 15.18, 12 of 100 connections", None),
    ("redis", "ok", "7.0.15, 9 MB", None),
    ("worker", "ok", "1 process, last seen 4 s ago", None),
    ("schedules", "warn", "write_digests is 7 min late", "catchup jobs run write_digests"),
    ("outbox", "ok", "nothing is late", None),
    ("disk", "ok", "31 GB free", None),
    ("memory", "ok", "412 MB", None),
    ("clock", "ok", "agrees with the database", None),
    ("twilio", "ok", "answers in 84 ms", None),
    ("sendgrid", "ok", "answers in 121 ms", None),
]
NEEDS = [
    ("fail", "jobs_failed", "3 jobs failed in the last hour: publish_feed", "queues"),
    ("warn", "messages_unknown", "1 message may not have arrived", "messages"),
    ("warn", "certificate_ends", "The certificate ends in 11 days", None),
]
ENDS = [
    ("certificate", "catchup.example.org", "warn", 11, "certificate; renewal is due"),
    ("token", "backup script", "ok", 40, "an API token of ana"),
    ("invitation", "ben@example.org", "ok", 6, "an invitation"),
    ("key", "data keys", "ok", None, "the oldest is 203 days old"),
    ("webhook", "twilio", "ok", None, "last webhook 2 h ago"),
]


def overview(*, status: Literal["ok", "warn", "fail"] = "warn") -> OverviewOut:
    return OverviewOut(
        status=status,
        checks=[
            PartCheckOut.model_validate({"name": a, "status": b, "detail": c, "fix": d})
            for a, b, c, d in CHECKS
        ],
        needs_you=[
            NeedOut.model_validate(
                {"severity": a, "code": b, "sentence": c, "screen": d, "id": None}
            )
            for a, b, c, d in NEEDS
        ],
        counts=CountsOut(
            users=7,
            jobs_queued=12,
            jobs_running=2,
            jobs_failed=3,
            messages_pending=4,
            messages_failed=0,
            messages_unknown=1,
            alerts=0,
        ),
        version="0.1.0",
        commit="43b484a0",
        mode="embedded",
        started_at=NOW - timedelta(days=3, hours=4),
        processes=[
            ProcessOut(name="postgres", pid=4101, cpu_percent=1.2, rss_bytes=61 * 2**20),
            ProcessOut(name="redis", pid=4107, cpu_percent=0.3, rss_bytes=9 * 2**20),
            ProcessOut(name="server", pid=4119, cpu_percent=2.4, rss_bytes=118 * 2**20),
            ProcessOut(name="worker", pid=4120, cpu_percent=0.6, rss_bytes=96 * 2**20),
        ],
    )


def expiries() -> ExpiriesOut:
    return ExpiriesOut(
        items=[
            ExpiryOut.model_validate(
                {
                    "kind": kind,
                    "name": name,
                    "status": status,
                    "ends_at": NOW + timedelta(days=days, hours=1) if days is not None else None,
                    "sentence": sentence,
                    "id": None,
                }
            )
            for kind, name, status, days, sentence in ENDS
        ]
    )


def samples(asked: Asked) -> SamplesOut:
    """Waves, with a storm at 06:00 of that day."""
    step = int(asked.query["step_s"])
    at, until = (datetime.fromisoformat(asked.query[name]) for name in ("from", "until"))
    items = []
    while at < until:
        items.append(_sample(at, at.timestamp() / 60))
        at += timedelta(seconds=step)
    return SamplesOut(step_s=step, items=items)


def _sample(at, minutes: float) -> SampleOut:
    wave = math.sin(minutes / 3) + math.sin(minutes / 1.1) / 2 + 1.5
    storm = 6.0 if at.hour == 6 else 1.0
    return SampleOut(
        at=at,
        cpu_percent=round(wave * 9 * storm, 1),
        rss_bytes=int((280 + 6 * wave) * 2**20),
        requests_per_s=round(wave * 4 * storm, 1),
        latency_p50_ms=round(4 + wave, 1),
        latency_p95_ms=round(18 + 9 * wave * storm, 1),
        queue_depth=int(max(0, wave - 1.2) * 8),
        jobs_running=int(wave),
        messages_pending=int(max(0, math.sin(minutes / 7)) * 5),
        database_connections=12,
    )


def serve(server: FakeServer) -> None:
    """Let `server` answer what the overview asks."""
    server.on("/overview", overview())
    server.on("/expiries", expiries())
    server.on("/samples", samples)
