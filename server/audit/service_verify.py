"""Verify the trail: every chain from its start, against what was anchored."""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from server.audit import chain, queries
from server.audit.anchor_lines import Anchor
from server.audit.verify import START, Flaw, Kind, Place, Walk
from server.db import Row, transaction

PAGE = 1000
_LAST = UUID(int=2**128 - 1)

Anchored = Mapping[int, frozenset[bytes]]
"""The hashes that a chain had at a sequence."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One chain: how many entries were read, up to which sequence; `flaw` is the first bad row."""

    chain_id: UUID
    entries: int
    head: int
    flaw: Flaw | None


async def verify(anchors: Iterable[Anchor] = ()) -> list[Verdict]:
    """Verify every chain; `anchors` come from elsewhere, as the log or a backup, and are ours."""
    given: dict[UUID, list[Anchor]] = defaultdict(list)
    for anchor in anchors:
        given[anchor.chain_id].append(anchor)
    chains = sorted({*await queries.list_chains(), *given})
    return [await verify_chain(chain_id, given[chain_id]) for chain_id in chains]


@asynccontextmanager
async def frozen() -> AsyncIterator[None]:
    """Let the block see one state of the trail, while others go on writing and pruning."""
    async with transaction():
        await queries.freeze()
        yield


async def verify_chain(chain_id: UUID, anchors: Iterable[Anchor] = ()) -> Verdict:
    """Verify one chain, in a transaction of its own."""
    async with frozen():
        return await check_chain(chain_id, anchors)


async def check_chain(chain_id: UUID, anchors: Iterable[Anchor] = ()) -> Verdict:
    """Verify one chain inside of `frozen`."""
    rows = await queries.list_anchors(chain_id)
    invented = next((row for row in rows if not is_ours(chain_id, row)), None)
    if invented is not None:
        flaw = Flaw(chain_id, invented["sequence"], Kind.ALTERED)
        return Verdict(chain_id, 0, invented["sequence"], flaw)
    start = _start(rows)
    walk = Walk(chain_id, _anchored(rows, anchors, start), start)
    found = await go_on(walk)
    return Verdict(chain_id, walk.place.sequence - start.sequence, walk.place.sequence, found)


async def go_on(walk: Walk, *, through: int | None = None) -> Flaw | None:
    """Walk on to the end, or `through` a sequence only; return the first flaw."""
    after = (walk.place.sequence, _LAST)
    while entries := await queries.list_chain(
        walk.chain_id, after=after, limit=PAGE, through=through
    ):
        flaw = walk.take(entries)
        if flaw:
            # Once more with all of a page behind it, which tells a moved row from a missing one.
            behind = (walk.place.sequence, _LAST)
            more = await queries.list_chain(walk.chain_id, after=behind, limit=PAGE)
            return walk.take(more) or flaw
        after = (entries[-1]["sequence"], entries[-1]["id"])
    return walk.end() if through is None else None


def is_ours(chain_id: UUID, row: Row) -> bool:
    """Say whether we signed an anchor of the table."""
    return chain.is_signed_place(
        row["signature"], row["kind"], chain_id, row["sequence"], row["hash"]
    )


def _start(rows: Iterable[Row]) -> Place:
    """Return the last pruned entry, from which the chain goes on; its very start without any."""
    pruned = [row for row in rows if row["kind"] == "pruned"]
    return Place(pruned[-1]["sequence"], pruned[-1]["hash"]) if pruned else START


def _anchored(rows: Iterable[Row], given: Iterable[Anchor], start: Place) -> Anchored:
    """Gather what is anchored after `start`; of what came before nothing is left to compare."""
    found: dict[int, set[bytes]] = defaultdict(set)
    for row in rows:
        found[row["sequence"]].add(row["hash"])
    for anchor in given:
        found[anchor.sequence].add(anchor.hash)
    return {
        sequence: frozenset(hashes)
        for sequence, hashes in found.items()
        if sequence > start.sequence
    }
