"""Rotation of the blind indexes' key: fill the other column, prove it full, swap, clear the old.

At every moment all rows have the digests of one common key, so that the unique index on its
column holds, and a look-up by all keys finds each row.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from server.db import Row
from server.failpoints import Step, durable
from server.keys import blind_index, rewriting, service_signing
from server.keys import queries_ring as keys
from server.keys import queries_rotation as rotations
from server.keys.blind_index import IndexKey
from server.keys.classes import BLIND_INDEXES, Blind
from server.keys.envelope import DecryptError
from server.keys.rotation_rules import is_settled
from server.keys.rotation_trail import record_done
from server.keys.service import Box


async def announce(*, now: datetime) -> int:
    """Make a key whose digests are written beside the active one's."""
    await service_signing.insert_next("index", state="readable", now=now)
    return 1


async def advance(rotation: Row, *, now: datetime) -> bool:
    """Take the next step; say whether another can be taken at once."""
    blind_index.forget()
    newest = (await blind_index.ring())[0]
    match rotation["state"]:
        case "readable":
            return await _begin(rotation, newest, now=now)
        case "rewriting":
            return await _fill(rotation, newest)
        case "waiting":
            return await _activate(rotation, newest, now=now)
        case _:
            return await _clear(rotation, newest, now=now)


async def _begin(rotation: Row, newest: IndexKey, *, now: datetime) -> bool:
    if not is_settled(rotation["started_at"], now=now):
        return False
    total = await _count_missing(newest)
    async with durable(Step.INDEX_ROUND):
        await rotations.move(rotation, "rewriting", table=_name(BLIND_INDEXES[0]))
        await rotations.set_total(rotation["id"], total)
    return True


async def _fill(rotation: Row, newest: IndexKey) -> bool:
    """Write the new key's digests of one batch."""
    blind = next(blind for blind in BLIND_INDEXES if _name(blind) == rotation["table_name"])
    (table, column), slot = blind.column, newest.slot(blind)
    rows = await rotations.list_unindexed(
        table, column, slot, newest.id, after=rotation["position"], limit=rewriting.BATCH
    )
    boxes = await rewriting.read_boxes(rows)
    found = {row["id"]: _digest(blind, newest, boxes[row["household_id"]], row) for row in rows}
    fit = [row for row in rows if found[row["id"]] is not None]
    unreadable = rotation["unreadable"] + len(rows) - len(fit)
    move: dict[str, Any] = {"unreadable": unreadable}
    if len(rows) == rewriting.BATCH:
        state, move["table"], move["position"] = "rewriting", _name(blind), rows[-1]["id"]
    else:
        names = [_name(one) for one in BLIND_INDEXES]
        move["table"] = dict(zip(names, [*names[1:], None], strict=True))[_name(blind)]
        state = "rewriting" if move["table"] else "waiting"
    async with durable(Step.INDEX_BATCH):
        held = await rotations.hold(table, [row["id"] for row in fit])
        fit = [row for row in fit if row["id"] in held]
        done = await rotations.set_digests(
            table,
            column,
            slot,
            newest.id,
            [row["id"] for row in fit],
            [row["sealed"] for row in fit],
            [found[row["id"]] or b"" for row in fit],
        )
        await rotations.move(rotation, state, done=done, **move)
    return True


async def _activate(rotation: Row, newest: IndexKey, *, now: datetime) -> bool:
    """Let the new key be the one, once every value has its digest."""
    if rotation["horizon"] is None:
        async with durable(Step.INDEX_HORIZON):
            horizon = await rotations.next_transaction()
            await rotations.move(
                rotation, "waiting", horizon=horizon, unreadable=rotation["unreadable"]
            )
        return True
    if not await rotations.all_ended_before(rotation["horizon"]):
        return False
    if await _count_missing(newest) > rotation["unreadable"]:
        async with durable(Step.INDEX_ROUND):
            await rotations.move(rotation, "rewriting", table=_name(BLIND_INDEXES[0]))
        return True
    async with durable(Step.INDEX_ACTIVATE):
        if await rotations.move(rotation, "clearing", activated_at=now):
            await keys.activate("index", now=now)
    return True


async def _clear(rotation: Row, newest: IndexKey, *, now: datetime) -> bool:
    """Take the old digests away once nobody writes them, and retire their key."""
    if not is_settled(rotation["activated_at"], now=now):
        return False
    async with durable(Step.INDEX_RETIRE):
        for blind in BLIND_INDEXES:
            kept = newest.slot(blind)
            for slot in set(blind.slots) - {kept}:
                await rotations.clear_digests(blind.column[0], slot, kept, newest.id)
        retired = [
            await keys.retire(key.id, now=now)
            for key in await blind_index.ring()
            if key.state == "retiring" and await count_left(key.id) == 0
        ]
        if await rotations.move(rotation, "done", finished_at=now):
            await record_done(rotation, retired=sum(retired), now=now)
    blind_index.forget()
    return False


async def count_left(key_id: UUID) -> int:
    """Count the digests that this key made."""
    counts = [
        await rotations.count_indexed(blind.column[0], slot, key_id)
        for blind in BLIND_INDEXES
        for slot in blind.slots
    ]
    return sum(counts)


async def _count_missing(newest: IndexKey) -> int:
    missing = 0
    for blind in BLIND_INDEXES:
        slot = newest.slot(blind)
        missing += await rotations.count_unindexed(*blind.column, slot, newest.id)
    return missing


def _digest(blind: Blind, key: IndexKey, box: Box, row: Row) -> bytes | None:
    try:
        text = box.open(*blind.column, row["id"], row["sealed"])
    except DecryptError:
        return None
    return key.digest(blind, text)


def _name(blind: Blind) -> str:
    return ".".join(blind.column)
