"""How long things are kept that nobody needs for ever, and the daily run that deletes the rest."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from server.audit import service_anchors as trail
from server.config import Settings
from server.jobs import queries

BATCH = 1000
"""Rows deleted at once: short locks, and a kill loses one batch at most."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Kept:
    """Rows of `table` that meet `condition` go; `$1` is now minus `days`."""

    table: str
    condition: str
    days: int


def policy(settings: Settings) -> tuple[Kept, ...]:
    """Return what goes when."""
    sessions_days = settings.retention_sessions_days
    return (
        # The import itself stays, with its counts; its line-by-line ledger goes.
        Kept(
            "import_items",
            "import_id IN (SELECT id FROM imports WHERE created_at < $1)",
            settings.retention_imports_days,
        ),
        Kept("job_failures", "failed_at < $1", settings.retention_jobs_days),
        Kept("sessions", "revoked_at < $1 OR expires_at < $1", sessions_days),
        Kept("feeds", "revoked_at < $1", sessions_days),
        # Of sessions that live on. A used token is kept as long as its second use tells a theft.
        Kept("refresh_tokens", "used_at < $1 OR expires_at < $1", sessions_days),
        Kept("api_tokens", "revoked_at < $1 OR expires_at < $1", sessions_days),
        Kept("idempotency_keys", "expires_at < $1", 0),
        Kept("sign_in_challenges", "expires_at < $1", 0),
        Kept("invitations", "revoked_at < $1 OR expires_at < $1", sessions_days),
        Kept("password_resets", "expires_at < $1", 1),
        Kept("phone_codes", "expires_at < $1", 1),
        # Full again: nothing is counted any more. A refusal is noted once in a quarter of an hour.
        Kept("sign_in_budgets", "full_at < $1", 1),
        # What is still to be sent or read stays, however old; events go with their message.
        Kept(
            "outbox_messages",
            "created_at < $1 AND state NOT IN ('pending', 'sending')",
            settings.retention_messages_days,
        ),
        Kept(
            "inbox_messages",
            "received_at < $1 AND state <> 'received'",
            settings.retention_messages_days,
        ),
        Kept("digests", "written_at < $1", settings.retention_messages_days),
        Kept("suggestions", "closed_at < $1", settings.retention_suggestions_days),
        # The proof of an erasure, and a wish that was taken back.
        Kept("erasures", "erased_at < $1 OR cancelled_at < $1", settings.retention_erasures_days),
    )


async def apply(settings: Settings, *, now: datetime) -> dict[str, int]:
    """Delete what has been kept long enough; return the number of rows by table.

    Safe to run twice, at the same time too, and to be killed: the next run goes on.
    """
    deleted = {}
    for kept in policy(settings):
        before, total = now - timedelta(days=kept.days), 0
        while count := await queries.delete_batch(
            kept.table, kept.condition, before=before, limit=BATCH
        ):
            total += count
        deleted[kept.table] = total
    before = now - timedelta(days=settings.retention_audit_days)
    deleted["audit_entries"] = await trail.prune(before=before, now=now)
    log.info("retention.applied", **deleted)
    return deleted
