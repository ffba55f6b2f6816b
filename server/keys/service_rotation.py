"""Rotation of the keys that a running server rotates by itself: begin one, go on, see how far.

The row of a rotation is the truth; a job is a nudge (server/keys/jobs.py), and the reconciler
finds a rotation whose worker was killed.
"""

from datetime import datetime
from uuid import UUID

from server.audit import service as audit
from server.audit.service import SERVER_CHAIN
from server.db import Row
from server.errors import Conflict, NotFound
from server.failpoints import Step, durable
from server.keys import macs, rotation_data, rotation_index, server_keys, service_signing
from server.keys import queries_rotation as rotations
from server.lib.ids import uuid7
from server.queue import enqueue

JOB = "rotate_keys"
_BEGIN = {
    "data": Step.DATA_BEGIN,
    "index": Step.INDEX_BEGIN,
    "jwt": Step.JWT_BEGIN,
    "audit": Step.AUDIT_ROTATE,
    "mac": Step.MAC_ROTATE,
}


async def begin(
    purpose: str,
    *,
    household_id: UUID | None = None,
    data_class: str | None = None,
    actor_id: UUID | None = None,
    now: datetime,
) -> UUID:
    """Begin to rotate `data`, `index`, `jwt`, `audit` or `mac` keys; return the rotation's id.

    The new keys are read from now on and write as soon as every process knows them; of the audit
    trail and of macs at once, as whoever reads those reads the ring again first.

    Raises:
        Conflict: `rotation_running`: one of this purpose is under way.
    """
    rotation_id = uuid7()
    async with durable(_BEGIN[purpose]):
        if not await rotations.insert_rotation(
            rotation_id, purpose, household_id=household_id, data_class=data_class, now=now
        ):
            raise Conflict(
                f"A rotation of {purpose} keys is under way; `catchup keys status` shows it.",
                code="rotation_running",
            )
        match purpose:
            case "data":
                made = await rotation_data.announce(household_id, data_class, now=now)
            case "index":
                made = await rotation_index.announce(now=now)
            case "jwt":
                made = await service_signing.announce(now=now)
            case "mac":
                made = await service_signing.replace_mac_key(now=now)
                await rotations.finish(rotation_id, now=now)
            case _:
                made = await service_signing.replace_audit_key(now=now)
                await rotations.finish(rotation_id, now=now)
        await audit.record(
            SERVER_CHAIN,
            "key.rotation_started",
            actor_id=actor_id,
            subject_kind="rotation",
            subject_id=rotation_id,
            details={"purpose": purpose, "keys": made},
            now=now,
        )
    await server_keys.signing_keys(now=now)
    macs.forget()
    await nudge()
    return rotation_id


async def nudge() -> None:
    """Ask the worker to go on."""
    await enqueue(JOB, key=JOB)


async def reconcile(*, now: datetime) -> None:
    """Retire signing and mac keys of which nothing is valid, and nudge what is unfinished."""
    await service_signing.retire_expired(now=now)
    if await rotations.list_rotations(only_open=True, limit=1):
        await nudge()


async def advance(*, now: datetime) -> bool:
    """Take one step in each open rotation; say whether another can be taken at once.

    Call `service.forget_boxes` before the first of a run: a box of before the last step would
    take old keys for new.

    Safe to run twice, at the same time too, and to be killed at any point.
    """
    more = False
    for rotation in await rotations.list_rotations(only_open=True):
        match rotation["purpose"]:
            case "data":
                more |= await rotation_data.advance(rotation, now=now)
            case "index":
                more |= await rotation_index.advance(rotation, now=now)
            case _:
                more |= await service_signing.advance(rotation, now=now)
    return more


async def list_rotations() -> list[Row]:
    """Return the last hundred rotations, newest first."""
    return await rotations.list_rotations()


async def get_rotation(rotation_id: UUID) -> Row:
    """Return one rotation.

    Raises:
        NotFound: there is none of this id.
    """
    row = await rotations.get_rotation(rotation_id)
    if row is None:
        raise NotFound
    return row
