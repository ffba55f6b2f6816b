"""The routes of the audit trail, typed."""

from datetime import datetime

from server.admin.schemas_audit import AuditPage, VerifiedOut
from tui.api import AdminApi

# A walk over every entry takes some seconds for each 100,000 of them.
VERIFY_TIMEOUT_S = 600


async def list_entries(
    api: AdminApi,
    *,
    action: str | None = None,
    actor: str | None = None,
    subject: str | None = None,
    chain: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    sort: str | None = None,
    limit: int = 100,
    cursor: str | None = None,
) -> AuditPage:
    """Read a page of entries, by age: from `since` on, and before `until`."""
    asked = {"action": action, "actor": actor, "subject": subject, "chain": chain}
    span = {"from": since, "to": until}
    return await api.get(
        "/audit", AuditPage, {**asked, **span, "sort": sort, "limit": limit, "cursor": cursor}
    )


async def verify_trail(api: AdminApi) -> VerifiedOut:
    """Walk every chain; what was found is noted in the trail."""
    return await api.act("POST", "/audit/verify", VerifiedOut, timeout_s=VERIFY_TIMEOUT_S)
