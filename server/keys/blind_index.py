"""Blind indexes: an encrypted value is found by its HMAC, under keys of their own and versioned.

While a key is rotated every value has two digests, each in its own column (classes.Blind): a
writer writes those of the active and the coming key, a reader looks for those of every key.
"""

import hmac
import time
from dataclasses import dataclass
from uuid import UUID

from server.keys import master, queries
from server.keys.classes import Blind

RING_LIFE_S = 30.0
"""As a box's: a key made elsewhere is known here after this long at the latest."""


@dataclass(frozen=True, slots=True)
class IndexKey:
    """One version of the key; its parity says which column its digests are in."""

    id: UUID
    version: int
    state: str
    key: bytes

    def digest(self, blind: Blind, text: str) -> bytes:
        """Return HMAC-SHA256 of a value, bound to its column."""
        bound = "|".join((*blind.column, text))
        return hmac.digest(self.key, bound.encode(), "sha256")

    def slot(self, blind: Blind) -> str:
        """Return the column of this version's digests."""
        return blind.slots[(self.version + 1) % 2]


_ring: list[tuple[float, list[IndexKey]]] = []


async def ring() -> list[IndexKey]:
    """Return the keys that count, newest first; no statement when read in the last 30 s."""
    if not _ring or _ring[0][0] < time.monotonic() - RING_LIFE_S:
        rows = await queries.list_server_keys("index")
        keys = [
            IndexKey(
                row["id"],
                row["key_version"],
                row["state"],
                master.unwrap(row["id"], "index", row["wrapped"], None),
            )
            for row in rows
        ]
        _ring[:] = [(time.monotonic(), keys)]
    return _ring[0][1]


async def columns_for(blind: Blind, text: str | None) -> dict[str, bytes | UUID | None]:
    """Return what to store beside the sealed value: every column of the index, by name.

    Old digests are cleared with it: the value may be another one.
    """
    found: dict[str, bytes | UUID | None] = {}
    for slot in blind.slots:
        found |= {slot: None, f"{slot}_key_id": None}
    for key in await ring() if text else ():
        if text and key.state in ("readable", "active"):
            slot = key.slot(blind)
            found |= {slot: key.digest(blind, text), f"{slot}_key_id": key.id}
    return found


async def digests_of(blind: Blind, text: str) -> dict[str, list[bytes]]:
    """Return what to look for, by column: a value is found under any of its digests."""
    found: dict[str, list[bytes]] = {slot: [] for slot in blind.slots}
    for key in await ring():
        found[key.slot(blind)].append(key.digest(blind, text))
    return found


def forget() -> None:
    """Read the ring anew next time."""
    _ring.clear()
