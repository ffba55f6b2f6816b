"""The key ring as an operator sees it: every key's state, and retiring one by hand."""

from datetime import datetime
from uuid import UUID

from server.audit import service as audit
from server.audit.service import SERVER_CHAIN
from server.db import Row, transaction
from server.errors import Conflict, NotFound
from server.keys import master_rotation, rewriting, rotation_index
from server.keys import queries_ring as ring
from server.keys import queries_rotation as rotations
from server.keys.rotation_rules import is_settled
from server.lib.paging import Age


async def list_keys(
    *,
    purpose: str | None = None,
    state: str | None = None,
    sort: Age = "oldest",
    after: UUID | None = None,
    limit: int,
) -> list[Row]:
    """Return keys without their material, by age."""
    return await ring.list_keys(purpose=purpose, state=state, sort=sort, after=after, limit=limit)


async def get_key(key_id: UUID) -> Row:
    """Return one key without its material.

    Raises:
        NotFound: there is none of this id.
    """
    row = await ring.get_key(key_id)
    if row is None:
        raise NotFound
    return row


async def retire(key_id: UUID, *, actor_id: UUID | None = None, now: datetime) -> None:
    """Retire a key that only reads, after a full count of what it is still needed for.

    A rotation does so by itself; this is for keys that an archive kept, or values that do not open.

    Raises:
        NotFound: there is no such key.
        Conflict: `key_not_retiring`; `key_archived`: a kept archive needs it; `key_settling`: some
            process may still use it; `rotation_running`; `key_in_use`: values of it are left.
    """
    row = await get_key(key_id)
    if row["state"] != "retiring":
        raise Conflict(
            f"This key is {row['state']}: only one that is retiring can be retired.",
            code="key_not_retiring",
        )
    if row["is_archived"]:
        raise Conflict("A kept archive cannot be opened without this key.", code="key_archived")
    if row["purpose"] in ("data", "index"):
        await _refuse_early(row, now=now)
    async with transaction():
        left = await _count_left(row, now=now)
        if left:
            raise Conflict(
                f"This key is still needed for {left:,} of what it made.", code="key_in_use"
            )
        if row["purpose"] == "master":
            await master_rotation.forget_former(key_id)
        if not await ring.retire(key_id, now=now):
            raise Conflict("This key changed meanwhile.", code="key_not_retiring")
        await audit.record(
            SERVER_CHAIN,
            "key.retired",
            actor_id=actor_id,
            subject_kind="key",
            subject_id=key_id,
            details={"purpose": row["purpose"]},
            now=now,
        )


async def _refuse_early(row: Row, *, now: datetime) -> None:
    open_ones = await rotations.list_rotations(only_open=True)
    if any(rotation["purpose"] == row["purpose"] for rotation in open_ones):
        raise Conflict(
            "A rotation is under way, which retires the key by itself.", code="rotation_running"
        )
    if not is_settled(row["retiring_at"], now=now):
        raise Conflict("Some process may still use this key: wait.", code="key_settling")


async def _count_left(row: Row, *, now: datetime) -> int:
    match row["purpose"]:
        case "data":
            return await rewriting.count_under(row["id"], row["household_id"], row["data_class"])
        case "index":
            return await rotation_index.count_left(row["id"])
        case "audit":
            return await ring.count_audit_entries(row["id"])
        case "jwt" | "mac":
            return int(row["needed_until"] is None or row["needed_until"] > now)
        case _:
            return await master_rotation.count_left()
