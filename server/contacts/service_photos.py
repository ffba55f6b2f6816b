"""Photos of contacts: put, read, delete. The object is in the store, what it is in the row."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import IO
from uuid import UUID

from server import versions
from server.contacts import photos, queries_photos, service_replies
from server.contacts.photos import Picture
from server.contacts.schemas_out import PhotoOut
from server.contacts.service_rows import TABLE
from server.db import Row, after_commit
from server.errors import NotFound, PreconditionFailed, ProviderError
from server.keys import objects
from server.keys import service as keys
from server.keys.objects import Place
from server.lib.ids import uuid7
from server.lib.scope import Scope

# Decoding takes memory: one at a time in this process, also when a client hangs up and leaves
# behind a picture that is being decoded. Those that wait for their turn go with their client.
_drawing = ThreadPoolExecutor(max_workers=1, thread_name_prefix="photo")
_READ_AGAIN = "The photo was changed meanwhile; read it again."


@dataclass(frozen=True, slots=True)
class StoredPhoto:
    """A photo as it is served; `id` is another one for each picture."""

    id: UUID
    content: bytes


async def put_photo(
    scope: Scope,
    contact_id: UUID,
    file: IO[bytes],
    *,
    expected: frozenset[str] | None,
    now: datetime,
) -> PhotoOut:
    """Give a contact a photo made from `file`; any member may who sees the contact.

    Raises:
        NotFound: the caller sees no such contact.
        PreconditionFailed: its photo is none of the `expected` ones.
        BadInput: `not_an_image`, `too_many_pixels`.
        ProviderError: the store cannot be used; nothing was changed.
    """
    _check(await _get(scope, contact_id), expected)
    # The upload's limit has bounded the file; it is read in its turn.
    picture = await draw(file.read)
    place = _place(scope, uuid7())
    key = await objects.put(place, picture.content)
    box = await keys.box(scope.household_id)
    replaced = await queries_photos.set_photo(
        scope,
        contact_id,
        photo_id=place.id,
        key=box.seal(TABLE, "photo_key", contact_id, key),
        size=(picture.width, picture.height),
        expected=expected,
        now=now,
    )
    if replaced is None:
        await _drop(place)
        _check(await _get(scope, contact_id), expected)
        raise PreconditionFailed(_READ_AGAIN)
    await versions.changed([scope], "household_contacts")
    await forget(scope, replaced["before"])
    return service_replies.photo(place.id, picture.width, picture.height, now)


async def get_photo_id(scope: Scope, contact_id: UUID) -> UUID:
    """Return which photo a contact has; the store is not asked.

    Raises:
        NotFound: the caller sees no such contact, or it has none.
    """
    return _photo_id(await _get(scope, contact_id))


async def get_photo(scope: Scope, contact_id: UUID) -> StoredPhoto:
    """Return a contact's photo.

    Raises:
        NotFound: the caller sees no such contact, or it has none.
        ProviderError: the store cannot be used, or has lost it (`object_missing`).
    """
    tried = None
    while True:
        row = await _get(scope, contact_id)
        photo_id = _photo_id(row)
        if photo_id == tried:
            raise ProviderError(
                "The store has lost this photo; put it again.",
                retryable=False,
                code="object_missing",
            )
        box = await keys.box(scope.household_id)
        key = box.open(TABLE, "photo_key", contact_id, row["photo_key"])
        content = await objects.get(_place(scope, photo_id), key)
        if content is not None:
            return StoredPhoto(photo_id, content)
        tried = photo_id  # replaced between row and object, unless the row still names it


async def delete_photo(
    scope: Scope, contact_id: UUID, *, expected: frozenset[str] | None, now: datetime
) -> None:
    """Take a contact's photo away.

    Raises:
        NotFound: the caller sees no such contact, or it has none.
        PreconditionFailed: its photo is none of the `expected` ones.
    """
    row = await _get(scope, contact_id)
    _photo_id(row)
    _check(row, expected)
    replaced = await queries_photos.set_photo(
        scope, contact_id, photo_id=None, key=None, size=None, expected=expected, now=now
    )
    if replaced is None:
        _photo_id(await _get(scope, contact_id))
        raise PreconditionFailed(_READ_AGAIN)
    await versions.changed([scope], "household_contacts")
    await forget(scope, replaced["before"])


async def draw(read: Callable[[], bytes]) -> Picture:
    """Draw the picture anew that `read` returns: both in a thread, when its turn comes.

    Raises:
        BadInput: `not_an_image`, `too_many_pixels`.
    """
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_drawing, lambda: photos.prepare(read()))


async def store(scope: Scope, photo_id: UUID, picture: Picture) -> str:
    """Put a picture into the store; return its key, for the row that names it.

    Raises:
        ProviderError: the store cannot be used.
    """
    return await objects.put(_place(scope, photo_id), picture.content)


async def read(scope: Scope, photo_id: UUID, key: str) -> bytes | None:
    """Return a stored photo by its key, None when it is gone.

    Raises:
        ProviderError: the store cannot be used.
    """
    return await objects.get(_place(scope, photo_id), key)


async def forget(scope: Scope, photo_id: UUID | None) -> None:
    """Delete an object that no row names any more, once that is committed.

    What the store refuses now, `sweep` finds.
    """
    if photo_id is not None:
        await after_commit(lambda: _drop(_place(scope, photo_id)))


async def delete_objects(scope: Scope, photo_ids: Sequence[UUID]) -> None:
    """Delete the objects of photos whose rows go next; safe to repeat.

    Raises:
        ProviderError: the store cannot be used; some may be gone.
    """
    await objects.delete([_place(scope, photo_id) for photo_id in photo_ids])


async def sweep(*, now: datetime) -> int:
    """Delete photos that no contact names, a day old or more; return their number.

    Raises:
        ProviderError: the store cannot be used.
    """
    return await objects.sweep("photos", queries_photos.list_photo_ids_of_server, now=now)


async def _drop(place: Place) -> None:
    with suppress(ProviderError):
        await objects.delete([place])


async def _get(scope: Scope, contact_id: UUID) -> Row:
    row = await queries_photos.get_photo(scope, contact_id)
    if row is None:
        raise NotFound
    return row


def _photo_id(row: Row) -> UUID:
    if row["photo_id"] is None:
        raise NotFound
    found: UUID = row["photo_id"]
    return found


def _check(row: Row, expected: frozenset[str] | None) -> None:
    if expected is not None and str(row["photo_id"]) not in expected:
        raise PreconditionFailed(_READ_AGAIN)


def _place(scope: Scope, photo_id: UUID) -> Place:
    return Place("photos", scope.household_id, photo_id)
