"""How long each kind of data is kept, as server/jobs/retention.py deletes it."""

from pydantic import BaseModel

from server.config_variables import var


class Retention(BaseModel):
    """Retention."""

    retention_imports_days: int = var(
        90, "Keep the line-by-line ledger of an import.", unit="days", ge=1
    )
    retention_audit_days: int = var(730, "Keep the audit trail; at least 30.", unit="days", ge=30)
    retention_jobs_days: int = var(30, "Keep the record of failed jobs.", unit="days", ge=1)
    retention_messages_days: int = var(365, "Keep messages sent and received.", unit="days", ge=1)
    retention_suggestions_days: int = var(
        730,
        "Keep suggestions that are over; the engine learns from the last 90 days.",
        unit="days",
        ge=90,
    )
    retention_backups_days: int = var(
        30,
        "Keep backups; so long an erased person is still in one.",
        unit="days",
        ge=1,
    )
    retention_erasures_days: int = var(
        1095,
        "Keep the proof of an erasure, without personal data; a restored backup needs it.",
        unit="days",
        ge=1,
    )
    erasure_grace_days: int = var(
        7, "How long a closed account can be restored.", unit="days", ge=0, le=30
    )
    retention_sessions_days: int = var(
        30, "Keep what has ended: sessions, feeds, API tokens, invitations.", unit="days", ge=1
    )
