"""Signing keys: rotation, which nobody notices, and revocation, which ends tokens but no session.

Refresh tokens are opaque, so whoever holds one gets a token signed by the new key.
"""

from datetime import datetime, timedelta
from uuid import UUID

from server.audit import service as audit
from server.audit.service import SERVER_CHAIN
from server.config import settings
from server.db import Row
from server.errors import Conflict, NotFound
from server.failpoints import Step, durable
from server.keys import envelope, macs, master, queries
from server.keys import queries_ring as ring
from server.keys import queries_rotation as rotations
from server.keys.rotation_rules import SIGNING_SETTLE, TOKEN_SLACK, is_settled
from server.keys.rotation_trail import record_done
from server.keys.service import ring_row
from server.lib.ids import uuid7


async def announce(*, now: datetime) -> int:
    """Make a key that verifies, and will sign once every process knows it."""
    await insert_next("jwt", state="readable", now=now)
    return 1


async def advance(rotation: Row, *, now: datetime) -> bool:
    """Let the new key sign; the old ones verify until their last token has expired."""
    if not is_settled(rotation["started_at"], now=now, settle=SIGNING_SETTLE):
        return False
    async with durable(Step.JWT_ACTIVATE):
        if await rotations.move(rotation, "done", activated_at=now, finished_at=now):
            await ring.activate("jwt", needed_until=_last_expiry(now), now=now)
            await record_done(rotation, now=now)
    return False


async def retire_expired(*, now: datetime) -> int:
    """Retire keys whose last token or mac has expired; return their number."""
    return sum([await ring.retire_expired(purpose, now=now) for purpose in ("jwt", "mac")])


async def revoke(key_id: UUID, *, actor_id: UUID | None = None, now: datetime) -> None:
    """Refuse a signing key's tokens from now on: everywhere within 5 s. Nobody is signed out.

    Clients get a new token by their refresh token. Another key signs at once; who does not know
    it yet reads the ring again when its first token comes.

    Raises:
        NotFound: there is no such key.
        Conflict: `not_a_signing_key`, or `key_ended`: it was retired or revoked before.
    """
    async with durable(Step.JWT_REVOKE):
        await queries.lock_ring("jwt")
        row = await ring.get_key(key_id)
        if row is None:
            raise NotFound
        if row["purpose"] != "jwt":
            raise Conflict(
                "Only signing keys are revoked: what another key sealed could not be read."
                " Rotate it instead.",
                code="not_a_signing_key",
            )
        if not await ring.revoke(key_id, now=now):
            raise Conflict("This key was retired or revoked before.", code="key_ended")
        if row["state"] == "active" and not await ring.activate("jwt", now=now):
            await insert_next("jwt", state="active", now=now)
        await audit.record(
            SERVER_CHAIN,
            "key.revoked",
            actor_id=actor_id,
            subject_kind="key",
            subject_id=key_id,
            details={"purpose": "jwt", "was": row["state"]},
            now=now,
        )


async def replace_audit_key(*, now: datetime) -> int:
    """Let a new key sign the audit trail; the old ones verify as long as an entry of theirs is.

    A process that has not read the ring yet writes a few more entries with the old key: they are
    as good.
    """
    await insert_next("audit", state="readable", now=now)
    await ring.activate("audit", now=now)
    return 1


async def replace_mac_key(*, now: datetime) -> int:
    """Let a new key make macs; the old ones prove theirs until `macs.LIFE` from now.

    A process that does not know the new key reads the ring again when its first mac comes.
    """
    await insert_next("mac", state="readable", now=now)
    await ring.activate("mac", needed_until=now + macs.LIFE, now=now)
    return 1


async def insert_next(purpose: str, *, state: str, now: datetime) -> UUID:
    """Add a key of the next version to one of the server's own purposes."""
    await queries.lock_ring(purpose)
    version = await ring.newest_version(purpose) + 1
    key_id = uuid7()
    row = ring_row(
        key_id,
        purpose,
        envelope.new_key(),
        key_version=version,
        state=state,
        by=await master.writing(),
    )
    await queries.insert_keys([row], now=now)
    return key_id


def _last_expiry(now: datetime) -> datetime:
    return now + timedelta(seconds=settings().access_token_s) + TOKEN_SLACK
