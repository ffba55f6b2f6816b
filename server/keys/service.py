"""Data keys in use: a household's box seals and opens the values of its rows."""

import time
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from server.db import transaction
from server.keys import envelope, master, queries
from server.keys.classes import ENCRYPTED, DataClass
from server.keys.envelope import DecryptError
from server.lib.ids import uuid7

BOXES_KEPT = 1024
# A key made elsewhere is seen here after this long at the latest. Take a box for a page, a batch
# or a request, never for a whole run: rotation gives each piece of work a minute (rotation_rules).
BOX_LIFE_S = 30.0

_boxes: OrderedDict[UUID, tuple[float, "Box"]] = OrderedDict()


class Box:
    """The data keys of one household, unwrapped in memory only."""

    def __init__(self, household_id: UUID) -> None:
        self.household_id = household_id
        self._keys: dict[UUID, bytes] = {}
        self._active: dict[str, UUID] = {}

    def add(self, key_id: UUID, data_class: str, key: bytes, *, active: bool) -> None:
        """Take in one key; the active one of a class seals new values."""
        self._keys[key_id] = key
        if active:
            self._active[data_class] = key_id

    def seal(self, table: str, column: str, row_id: UUID, text: str) -> bytes:
        """Encrypt `text` for this very column and row."""
        key_id = self._active[ENCRYPTED[table, column]]
        bound_to = envelope.place(self.household_id, table, column, row_id)
        return envelope.seal(self._keys[key_id], key_id, text.encode(), bound_to)

    def seal_if(self, table: str, column: str, row_id: UUID, text: str | None) -> bytes | None:
        """Encrypt `text`; nothing (None or empty) stays nothing."""
        return self.seal(table, column, row_id, text) if text else None

    def open(self, table: str, column: str, row_id: UUID, blob: bytes) -> str:
        """Decrypt what `seal` made for the same place.

        Raises:
            DecryptError: unknown or wrong key, moved or damaged value.
        """
        key = self._keys.get(envelope.key_id_of(blob))
        if key is None:
            raise DecryptError("no such key in this household's ring")
        bound_to = envelope.place(self.household_id, table, column, row_id)
        return envelope.unseal(key, blob, bound_to).decode()

    def reseal(self, table: str, column: str, row_id: UUID, blob: bytes) -> bytes | None:
        """Encrypt a value again with the active key of its class; None when it is already.

        Raises:
            DecryptError: as `open`.
        """
        active = self._active[ENCRYPTED[table, column]]
        key_id = envelope.key_id_of(blob)
        if key_id == active:
            return None
        if key_id not in self._keys:
            raise DecryptError("no such key in this household's ring")
        bound_to = envelope.place(self.household_id, table, column, row_id)
        plain = envelope.unseal(self._keys[key_id], blob, bound_to)
        return envelope.seal(self._keys[active], active, plain, bound_to)

    def open_if(self, table: str, column: str, row_id: UUID, blob: bytes | None) -> str | None:
        """Decrypt `blob`; nothing stays nothing."""
        return None if blob is None else self.open(table, column, row_id, blob)


async def box(household_id: UUID) -> Box:
    """Return the household's box; no statement when it was read in the last 30 s."""
    return (await boxes([household_id]))[household_id]


async def boxes(household_ids: Iterable[UUID]) -> dict[UUID, Box]:
    """Return several boxes with at most one statement."""
    oldest = time.monotonic() - BOX_LIFE_S
    found, missing = {}, []
    for household_id in household_ids:
        kept = _boxes.get(household_id)
        if kept and kept[0] > oldest:
            found[household_id] = kept[1]
        else:
            missing.append(household_id)
    if missing:
        found |= await _read(missing)
    return found


async def create_household_keys(household_id: UUID, *, now: datetime) -> None:
    """Make a key for each data class; call in the transaction that makes the household."""
    await _create([(household_id, data_class) for data_class in DataClass], now=now)


async def create_missing_keys(*, now: datetime) -> None:
    """Make the keys of classes that came with a newer version; at each start."""
    missing = await queries.list_without_key([str(data_class) for data_class in DataClass])
    if missing:
        await _create([(row["household_id"], row["data_class"]) for row in missing], now=now)


async def _create(wanted: Sequence[tuple[UUID, str]], *, now: datetime) -> None:
    async with transaction():
        by = await master.writing()
        rows = [
            ring_row(uuid7(), "data", envelope.new_key(), household_id, data_class, by=by)
            for household_id, data_class in wanted
        ]
        await queries.insert_keys(rows, now=now)


def forget_boxes() -> None:
    """Drop every unwrapped key: the ring is read anew."""
    _boxes.clear()


async def _read(household_ids: list[UUID]) -> dict[UUID, Box]:
    found = {household_id: Box(household_id) for household_id in household_ids}
    for row in await queries.list_data_keys(household_ids):
        key = master.unwrap(row["id"], "data", row["wrapped"], row["household_id"])
        active = row["state"] == "active"
        found[row["household_id"]].add(row["id"], row["data_class"], key, active=active)
    now = time.monotonic()
    for household_id, fresh in found.items():
        _boxes[household_id] = (now, fresh)
        _boxes.move_to_end(household_id)
    while len(_boxes) > BOXES_KEPT:
        _boxes.popitem(last=False)
    return found


def ring_row(
    key_id: UUID,
    purpose: str,
    key: bytes,
    household_id: UUID | None = None,
    data_class: str | None = None,
    *,
    key_version: int = 1,
    state: str = "active",
    by: bytes | None = None,
) -> dict[str, object]:
    """Return the key ring's row for a new key, wrapped by the master key `by`."""
    return {
        "id": key_id,
        "purpose": purpose,
        "household_id": household_id,
        "data_class": data_class,
        "key_version": key_version,
        "state": state,
        "algorithm": "HS256" if purpose == "jwt" else "AES-256-GCM",
        "wrapped": master.wrap(key_id, purpose, key, household_id, by=by),
    }
