"""What the audit trail says of a rotation's end."""

from datetime import datetime

from server.audit import service as audit
from server.db import Row


async def record_done(rotation: Row, *, now: datetime, **counts: int) -> None:
    """Record that new keys have taken over; last in the transaction that moves it to `done`."""
    await audit.record(
        audit.SERVER_CHAIN,
        "key.rotated",
        actor_id=None,
        subject_kind="rotation",
        subject_id=rotation["id"],
        details={"purpose": rotation["purpose"], **counts},
        now=now,
    )
