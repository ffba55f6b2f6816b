"""Anchor the heads of the chains, and let old entries go: what keeps both ends of a chain fixed."""

from datetime import datetime
from uuid import UUID

import structlog

from server.audit import anchor_lines, chain, queries
from server.audit.anchor_lines import Anchor
from server.audit.service_verify import check_chain, frozen, go_on, is_ours
from server.audit.verify import START, Flaw, Kind, Place, Walk
from server.db import Row, transaction

BATCH = 1000
"""Entries that go at once, each batch behind an anchor of its own."""

log = structlog.get_logger()


async def heads() -> list[Anchor]:
    """Return each chain's newest entry, signed: what a backup takes along."""
    return [
        anchor_lines.sign(row["chain_id"], row["sequence"], row["hash"])
        for row in await queries.list_heads()
    ]


async def anchor(*, now: datetime) -> list[Flaw]:
    """Anchor each chain that has grown, in the log and in the table; return what is wrong.

    Only what was written since the last anchor is read. A chain that does not go on from there is
    not anchored anew. Safe to run twice.
    """
    grown, flaws = await _look()
    if grown:
        places = [(each.chain_id, each.sequence, each.hash, each.signature) for each in grown]
        await queries.insert_anchors("head", places, now=now)
    for head in grown:
        log.info(anchor_lines.EVENT, **head.fields())
    for flaw in flaws:
        log.error(
            "audit.broken", chain=str(flaw.chain_id), sequence=flaw.sequence, kind=str(flaw.kind)
        )
    return flaws


async def prune(*, before: datetime, now: datetime) -> int:
    """Let entries older than `before` go, and all that is personal in them; return their number.

    Each batch is verified first, and what it ended with is signed: the rest can be verified from
    there. The newest entry of a chain stays. A chain that is not whole keeps everything.
    """
    total, broken = 0, set[UUID]()
    while chains := [
        row
        for row in await queries.list_prunable(before=before, batch=BATCH)
        if row["chain_id"] not in broken
    ]:
        for row in chains:
            pruned = await _prune(row["chain_id"], row["through"], now=now)
            total += pruned
            if not pruned:
                broken.add(row["chain_id"])
    await queries.erase_before(before)
    return total


async def _look() -> tuple[list[Anchor], list[Flaw]]:
    """Return the heads of the chains that have grown, and what is wrong, in one state of both."""
    grown = []
    async with frozen():
        before = {row["chain_id"]: row for row in await queries.list_newest_anchors()}
        found = {head.chain_id: head for head in await heads()}
        gone = sorted(before.keys() - found.keys())
        flaws = [(await check_chain(chain_id)).flaw for chain_id in gone]
        for head in found.values():
            known = before.get(head.chain_id)
            if known and (known["sequence"], known["hash"]) == (head.sequence, head.hash):
                continue
            flaw = await _since(head, known)
            flaws.append(flaw)
            if flaw is None:
                grown.append(head)
    return grown, [flaw for flaw in flaws if flaw]


async def _since(head: Anchor, known: Row | None) -> Flaw | None:
    """Return what is wrong between a chain's last anchor and its head."""
    if known is not None and not is_ours(head.chain_id, known):
        return Flaw(head.chain_id, known["sequence"], Kind.ALTERED)
    if known is not None and head.sequence < known["sequence"]:
        return Flaw(head.chain_id, head.sequence + 1, Kind.CUT_OFF)
    if known is not None and head.sequence == known["sequence"]:
        return Flaw(head.chain_id, head.sequence, Kind.FORKED)
    start = START if known is None else Place(known["sequence"], known["hash"])
    return await go_on(Walk(head.chain_id, {}, start), through=head.sequence)


async def _prune(chain_id: UUID, through: int, *, now: datetime) -> int:
    async with transaction():
        # Nobody else prunes meanwhile; who records waits as long.
        await queries.lock_head(chain_id)
        rows = [row for row in await queries.list_anchors(chain_id) if row["kind"] == "pruned"]
        start = Place(rows[-1]["sequence"], rows[-1]["hash"]) if rows else START
        walk = Walk(chain_id, {}, start)
        is_whole = all(is_ours(chain_id, row) for row in rows)
        if not is_whole or await go_on(walk, through=through) or walk.place.sequence != through:
            log.error("audit.not_pruned", chain=str(chain_id))
            return 0
        place = walk.place
        signature = chain.sign_place("pruned", chain_id, place.sequence, place.hash)
        await queries.insert_anchors(
            "pruned", [(chain_id, place.sequence, place.hash, signature)], now=now
        )
        return await queries.prune(chain_id, through)
