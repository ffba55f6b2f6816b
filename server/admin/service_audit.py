"""The proof of the audit trail in the shapes of the API."""

from datetime import datetime
from uuid import UUID

from server.admin.schemas_audit import ChainOut, FlawOut, VerifiedOut
from server.audit import service as audit
from server.audit import service_verify
from server.audit.service_verify import Verdict

MOST_CHAINS = 100


async def verify(*, actor_id: UUID, now: datetime) -> VerifiedOut:
    """Verify every chain against its anchors, and note in the server's what was found."""
    found = await service_verify.verify()
    flawed = sum(one.flaw is not None for one in found)
    await audit.record(
        audit.SERVER_CHAIN,
        "audit.verified",
        actor_id=actor_id,
        details={"chains": len(found), "flawed": flawed},
        now=now,
    )
    found.sort(key=lambda one: (one.flaw is None, -one.entries, one.chain_id))
    return VerifiedOut(
        is_whole=not flawed,
        chains=len(found),
        entries=sum(one.entries for one in found),
        items=[_chain(one) for one in found[:MOST_CHAINS]],
    )


def _chain(verdict: Verdict) -> ChainOut:
    flaw = verdict.flaw
    return ChainOut(
        chain=audit.name_of_chain(verdict.chain_id),
        entries=verdict.entries,
        head=verdict.head,
        flaw=FlawOut(sequence=flaw.sequence, kind=flaw.kind.value, reason=flaw.reason)
        if flaw
        else None,
    )
