"""Rotation of data keys: announce, activate, rewrite, prove that none is left, retire."""

import asyncio
from datetime import datetime
from uuid import UUID

import structlog

from server.db import Row
from server.failpoints import Step, durable
from server.keys import envelope, master, queries, rewriting, service
from server.keys import queries_rotation as rotations
from server.keys.rotation_rules import is_settled
from server.keys.rotation_trail import record_done
from server.lib.ids import uuid7

log = structlog.get_logger()


async def announce(household_id: UUID | None, data_class: str | None, *, now: datetime) -> int:
    """Make a new key for each household and class in reach; it is only read so far."""
    newest = await rotations.list_newest_data_keys(household_id, data_class)
    by = await master.writing()
    await queries.insert_keys(
        [
            service.ring_row(
                uuid7(),
                "data",
                envelope.new_key(),
                row["household_id"],
                row["data_class"],
                key_version=row["key_version"] + 1,
                state="readable",
                by=by,
            )
            for row in newest
        ],
        now=now,
    )
    return len(newest)


async def advance(rotation: Row, *, now: datetime) -> bool:
    """Take the next step; say whether another can be taken at once."""
    match rotation["state"]:
        case "readable":
            return await _activate(rotation, now=now)
        case "rewriting":
            return await _rewrite(rotation)
        case _:
            return await _prove(rotation, now=now)


async def _activate(rotation: Row, *, now: datetime) -> bool:
    if not is_settled(rotation["started_at"], now=now):
        return False
    reach = rotation["household_id"], rotation["data_class"]
    async with durable(Step.DATA_ACTIVATE):
        if await rotations.move(rotation, "rewriting", table=_first(rotation), activated_at=now):
            await rotations.activate_data_keys(*reach, now=now)
            total = await rewriting.count_stale(*reach)
            await rotations.set_total(rotation["id"], total)
    service.forget_boxes()
    return True


async def _rewrite(rotation: Row) -> bool:
    """Rewrite one batch; after the last one of the last table the proof is next."""
    tables = rewriting.tables_of(rotation["data_class"])
    table = rotation["table_name"]
    columns = tables[table]
    rows = await rotations.list_sealed(
        table,
        columns,
        after=rotation["position"],
        household_id=rotation["household_id"],
        limit=rewriting.BATCH,
    )
    boxes = await rewriting.read_boxes(rows)
    # In a thread, beside the event loop, which may serve others.
    fresh = await asyncio.to_thread(rewriting.reseal, table, columns, rows, boxes)
    unreadable = rotation["unreadable"] + fresh.unreadable
    if len(rows) == rewriting.BATCH:
        state, table, position, step = "rewriting", table, rows[-1]["id"], Step.DATA_BATCH
    else:
        after = dict(zip(tables, [*list(tables)[1:], None], strict=True))[table]
        state = "rewriting" if after else "waiting"
        table, position, step = after, None, Step.DATA_ROUND
    async with durable(step):
        if fresh.ids:
            await rewriting.write(rotation["table_name"], fresh)
        await rotations.move(
            rotation,
            state,
            table=table,
            position=position,
            unreadable=unreadable,
            done=fresh.values,
        )
    return True


async def _prove(rotation: Row, *, now: datetime) -> bool:
    """Retire the old keys once a full count, later than all who knew only them, finds nothing."""
    if not is_settled(rotation["activated_at"], now=now):
        return False
    unreadable = rotation["unreadable"]
    if rotation["horizon"] is None:
        async with durable(Step.DATA_HORIZON):
            horizon = await rotations.next_transaction()
            await rotations.move(rotation, "waiting", horizon=horizon, unreadable=unreadable)
        return True
    if not await rotations.all_ended_before(rotation["horizon"]):
        return False
    reach = rotation["household_id"], rotation["data_class"]
    stale = await rewriting.count_stale(*reach)
    if stale > unreadable:
        # Held by a member or written with an old key while we passed: once more from the start.
        async with durable(Step.DATA_ROUND):
            await rotations.move(rotation, "rewriting", table=_first(rotation))
        return True
    async with durable(Step.DATA_RETIRE):
        retired = await rotations.retire_data_keys(*reach, now=now) if stale == 0 else 0
        if await rotations.move(rotation, "done", unreadable=stale, finished_at=now):
            await record_done(rotation, retired=retired, unreadable=stale, now=now)
    if stale:
        log.error("keys.unreadable_values", values=stale)
    return False


def _first(rotation: Row) -> str:
    return next(iter(rewriting.tables_of(rotation["data_class"])))
