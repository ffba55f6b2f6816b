"""Data keys in use: a household's box seals and opens the values of its rows."""

import time
from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from server.config import SettingsError, settings
from server.keys import envelope, queries
from server.keys.classes import ENCRYPTED, DataClass
from server.keys.envelope import DecryptError
from server.lib.ids import uuid7

BOXES_KEPT = 1024
# A key made elsewhere is seen here after this long at the latest; rotation waits for it.
BOX_LIFE_S = 30.0
_NO_MASTER_KEY = "ENCRYPTION_KEY: not set, expected 64 hex digits; without it nothing can be stored"

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
    rows = []
    for data_class in DataClass:
        key_id = uuid7()
        rows.append(ring_row(key_id, "data", envelope.new_key(), household_id, data_class))
    await queries.insert_keys(rows, now=now)


def forget_boxes() -> None:
    """Drop every unwrapped key (tests; a master key that changed)."""
    _boxes.clear()


def master_key() -> bytes:
    """Return the master key's 32 bytes.

    Raises:
        SettingsError: ENCRYPTION_KEY is not set.
    """
    secret = settings().encryption_key
    if secret is None:
        raise SettingsError([_NO_MASTER_KEY])
    return bytes.fromhex(secret.get_secret_value())


def wrap(key_id: UUID, purpose: str, key: bytes, household_id: UUID | None) -> bytes:
    """Encrypt a key under the master key, bound to its row and purpose."""
    return envelope.seal(
        master_key(), key_id, key, envelope.place(household_id, "key_ring", purpose, key_id)
    )


def unwrap(key_id: UUID, purpose: str, wrapped: bytes, household_id: UUID | None) -> bytes:
    """Decrypt a key with the master key.

    Raises:
        DecryptError: the master key is another one.
    """
    return envelope.unseal(
        master_key(), wrapped, envelope.place(household_id, "key_ring", purpose, key_id)
    )


async def _read(household_ids: list[UUID]) -> dict[UUID, Box]:
    found = {household_id: Box(household_id) for household_id in household_ids}
    for row in await queries.list_data_keys(household_ids):
        key = unwrap(row["id"], "data", row["wrapped"], row["household_id"])
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
) -> dict[str, object]:
    """Return the key ring's row for a new key, wrapped."""
    return {
        "id": key_id,
        "purpose": purpose,
        "household_id": household_id,
        "data_class": data_class,
        "key_version": key_version,
        "state": state,
        "algorithm": "HS256" if purpose == "jwt" else "AES-256-GCM",
        "wrapped": wrap(key_id, purpose, key, household_id),
    }
