"""Encrypted objects: each has a key of its own, which the row that it belongs to keeps, sealed.

The row is the truth. An object is written before its row and deleted after it, so a crash
leaves at most an object without a row; `sweep` finds those.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from server import storage
from server.errors import ProviderError
from server.keys import envelope
from server.keys.envelope import DecryptError

# An upload that takes longer than this between object and row would lose its object.
ORPHAN_AGE = timedelta(days=1)

Kind = Literal["photos"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where an object is; its name says whose household it is of, and nothing personal."""

    kind: Kind
    household_id: UUID
    id: UUID

    @property
    def name(self) -> str:
        """Its name in the store."""
        return f"{self.kind}/{self.household_id}/{self.id}"


async def put(place: Place, content: bytes) -> str:
    """Encrypt with a new key and store; return the key as text, for the row to seal.

    Raises:
        ProviderError: the store cannot be used.
    """
    key = envelope.new_key()
    await storage.put(place.name, envelope.seal(key, place.id, content, _bound_to(place)))
    return key.hex()


async def get(place: Place, key: str) -> bytes | None:
    """Return what was put; None when the object is gone.

    Raises:
        ProviderError: the store cannot be used, or gave back something else (`object_damaged`).
    """
    blob = await storage.get(place.name)
    if blob is None:
        return None
    try:
        return envelope.unseal(bytes.fromhex(key), blob, _bound_to(place))
    except DecryptError:
        raise ProviderError(
            "The store gave back something else than was put there.",
            retryable=False,
            code="object_damaged",
        ) from None


async def delete(places: Sequence[Place]) -> None:
    """Delete objects whose rows are gone; safe to repeat.

    Raises:
        ProviderError: the store cannot be used; `sweep` will find them.
    """
    await storage.delete([place.name for place in places])


async def sweep(
    kind: Kind, known: Callable[[Sequence[UUID]], Awaitable[set[UUID]]], *, now: datetime
) -> int:
    """Delete objects of a day or more that no row names; return their number.

    `known` returns those of the given ids that a row names.

    Raises:
        ProviderError: the store cannot be used.
    """
    deleted = 0
    async for names in storage.list_older(f"{kind}/", before=now - ORPHAN_AGE):
        ids = {name: _id_of(name) for name in names}
        kept = await known([found for found in ids.values() if found])
        # What has another name than ours is not ours to delete.
        orphans = [name for name, found in ids.items() if found and found not in kept]
        await storage.delete(orphans)
        deleted += len(orphans)
    return deleted


def _id_of(name: str) -> UUID | None:
    try:
        return UUID(name.rsplit("/", 1)[-1])
    except ValueError:
        return None


def _bound_to(place: Place) -> bytes:
    return envelope.place(place.household_id, "objects", place.kind, place.id)
