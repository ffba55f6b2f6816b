"""Bring encrypted values to the active keys, in batches that members hardly notice."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from server.db import Row
from server.keys import queries_rotation as queries
from server.keys import service
from server.keys.classes import ENCRYPTED, DataClass
from server.keys.envelope import DecryptError
from server.keys.service import Box

BATCH = 2000


@dataclass(slots=True)
class Rewritten:
    """The rows of a batch that change: old and new values by column."""

    columns: Sequence[str]
    ids: list[UUID] = field(default_factory=list)
    old: list[list[bytes | None]] = field(default_factory=list)
    new: list[list[bytes | None]] = field(default_factory=list)
    values: int = 0
    unreadable: int = 0

    def __post_init__(self) -> None:
        self.old = [[] for _ in self.columns]
        self.new = [[] for _ in self.columns]


def tables_of(data_class: str | None) -> dict[str, list[str]]:
    """Return the encrypted columns of a class (None: of all) by table, in a fixed order."""
    found: dict[str, list[str]] = {}
    for (table, column), of_class in ENCRYPTED.items():
        if data_class is None or of_class == DataClass(data_class):
            found.setdefault(table, []).append(column)
    return found


def reseal(
    table: str, columns: Sequence[str], rows: Iterable[Row], boxes: Mapping[UUID, Box]
) -> Rewritten:
    """Encrypt again what another key than the active one sealed; 10 µs a value.

    A value that does not open stays as it is, and is counted.
    """
    result = Rewritten(columns)
    for row in rows:
        box, row_id = boxes[row["household_id"]], row["id"]
        old = [row[column] for column in columns]
        new = list(old)
        changed = 0
        for place, blob in enumerate(old):
            if blob is None:
                continue
            try:
                fresh = box.reseal(table, columns[place], row_id, blob)
            except DecryptError:
                result.unreadable += 1
                continue
            if fresh is not None:
                new[place] = fresh
                changed += 1
        if changed:
            result.values += changed
            result.ids.append(row_id)
            for place in range(len(columns)):
                result.old[place].append(old[place])
                result.new[place].append(new[place])
    return result


async def write(table: str, fresh: Rewritten) -> None:
    """Swap the values of those rows that nobody else holds; in the caller's transaction."""
    held = await queries.hold(table, fresh.ids)
    places = [place for place, row_id in enumerate(fresh.ids) if row_id in held]
    if places:
        await queries.swap_sealed(
            table,
            fresh.columns,
            [fresh.ids[place] for place in places],
            [[values[place] for place in places] for values in fresh.old],
            [[values[place] for place in places] for values in fresh.new],
        )


async def count_stale(household_id: UUID | None, data_class: str | None) -> int:
    """Count all values in every encrypted column that are not under their active key."""
    return await _count(household_id, data_class, None)


async def count_under(key_id: UUID, household_id: UUID, data_class: str) -> int:
    """Count the values in every encrypted column that this key sealed."""
    return await _count(household_id, data_class, [key_id.bytes])


async def read_boxes(rows: Iterable[Row]) -> dict[UUID, Box]:
    """Return the boxes of the rows' households."""
    return await service.boxes({row["household_id"] for row in rows})


async def _count(
    household_id: UUID | None, data_class: str | None, key_ids: list[bytes] | None
) -> int:
    total = 0
    for table, columns in tables_of(data_class).items():
        total += await queries.count_sealed(table, columns, household_id, key_ids)
    return total
