"""A server's answers, made up: an overview, what ends, three hours of samples."""

import math
from datetime import datetime, timedelta
from typing import Literal

from server.admin.schemas_expiries import ExpiriesOut, ExpiryOut
from server.admin.schemas_overview import (
    CountsOut,
    JobCountsOut,
    MessageCountsOut,
    NeedOut,
    OverviewCheckOut,
    OverviewOut,
    ProcessOut,
)
from server.admin.schemas_samples import SampleOut, SamplesOut
from tests.tui.fake_server import Asked, FakeServer, Reply
from tests.tui.pilot import NOW

CHECKS = [
    ("database", "ok", "PostgreSQL 15.18, 12 of 100 connections", None),
    ("redis", "ok", "7.0.15, 9 MB", None),
    ("worker", "ok", "1 process, last seen 4 s ago", None),
    ("schedules", "warn", "write_digests is 7 min late", "catchup schedules list"),
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
    ("warn", "certificate_ends", "The certificate ends in 11 days", "settings"),
]
ENDS = [
    ("certificate", "catchup.example.org", "warn", 11, "certificate; renewal is due"),
    ("api_token", "backup script", "ok", 40, "an API token of ana"),
    ("invitation", "ben@example.org", "ok", 6, "an invitation"),
    ("key", "data keys", "ok", None, "the oldest is 203 days old"),
    ("webhook", "twilio", "ok", None, "last webhook 2 h ago"),
]


def process(name: str, pid: int, cpu: float, mb: int) -> ProcessOut:
    return ProcessOut(
        name=name,
        pid=pid,
        is_running=True,
        cpu_percent=cpu,
        memory_bytes=mb * 2**20,
        started_at=NOW - timedelta(days=3),
    )


def overview(*, status: Literal["ok", "warn", "fail"] = "warn") -> OverviewOut:
    return OverviewOut(
        status=status,
        checks=[
            OverviewCheckOut(name=a, status=b, reason=None, detail=c, fix=d)
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
            users_disabled=1,
            jobs=JobCountsOut(queued=12, running=2, failed=3),
            messages=MessageCountsOut(pending=4, failed=0, unknown=1),
            alerts=0,
        ),
        version="0.1.0",
        commit="43b484a0",
        mode="embedded",
        started_at=NOW - timedelta(days=3, hours=4),
        processes=[
            process("postgres", 4101, 1.2, 61),
            process("redis", 4107, 0.3, 9),
            process("server", 4119, 2.4, 118),
            process("worker", 4120, 0.6, 96),
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
                    "since": None,
                    "fix": None,
                    "screen": "settings",
                }
            )
            for kind, name, status, days, sentence in ENDS
        ]
    )


def samples(asked: Asked) -> Reply:
    """Waves, with a storm at 06:00 of that day."""
    step = int(asked.query["step_s"])
    since = at = datetime.fromisoformat(asked.query["from"])
    until = datetime.fromisoformat(asked.query["until"]) if "until" in asked.query else NOW
    items = []
    while at < until:
        items.append(_sample(at, at.timestamp() / 60))
        at += timedelta(seconds=step)
    told = SamplesOut(since=since, until=until, step_s=step, items=items)
    return Reply(body=told.model_dump(mode="json"))


def _sample(at, minutes: float) -> SampleOut:
    wave = math.sin(minutes / 3) + math.sin(minutes / 1.1) / 2 + 1.5
    storm = 6.0 if at.hour == 6 else 1.0
    return SampleOut(
        at=at,
        cpu_percent=round(wave * 9 * storm, 1),
        memory_bytes=int((280 + 6 * wave) * 2**20),
        requests_per_s=round(wave * 4 * storm, 1),
        latency_p50_ms=round(4 + wave, 1),
        latency_p95_ms=round(18 + 9 * wave * storm, 1),
        queued=int(max(0, wave - 1.2) * 8),
        running=int(wave),
        messages_pending=int(max(0, math.sin(minutes / 7)) * 5),
        connections=12,
    )


def serve(server: FakeServer) -> None:
    """Let `server` answer what the overview asks."""
    server.on("/overview", overview())
    server.on("/expiries", expiries())
    server.on("/samples", samples)
