"""Keys and their rotations in the shapes of the API and the command line."""

from datetime import datetime
from uuid import UUID

from server.admin.schemas_keys import KeyOut, KeyPage, KeysQuery, RotationOut, RotationPage
from server.db import Row
from server.errors import BadInput, FieldError
from server.keys import rotation_rules, service_ring, service_rotation
from server.lib import cursors
from server.lib.paging import ShortListQuery, page_of, read_cursor


async def list_keys(query: KeysQuery) -> KeyPage:
    """List keys by age.

    Raises:
        BadInput: the cursor is not one of this list.
    """
    after = read_cursor(query.cursor, (UUID,))
    rows = await service_ring.list_keys(
        purpose=query.purpose,
        state=query.state,
        sort=query.sort,
        after=after[0] if after else None,
        limit=query.limit + 1,
    )
    page = rows[: query.limit]
    more = cursors.encode((page[-1]["id"],)) if len(rows) > len(page) else None
    return KeyPage(items=[_key(row) for row in page], next_cursor=more)


async def get_key(key_id: UUID) -> KeyOut:
    """Return one key.

    Raises:
        NotFound: there is none of this id.
    """
    return _key(await service_ring.get_key(key_id))


async def rotate(
    purpose: str,
    *,
    household_id: UUID | None = None,
    data_class: str | None = None,
    actor_id: UUID | None = None,
    now: datetime,
) -> RotationOut:
    """Begin a rotation.

    Raises:
        BadInput: `no_class`: only data keys have one.
        Conflict: `rotation_running`.
    """
    if purpose != "data" and data_class is not None:
        raise BadInput(
            "Only data keys have a class.",
            fields=[FieldError("data_class", "no_class", "belongs to the purpose data")],
        )
    rotation_id = await service_rotation.begin(
        purpose, household_id=household_id, data_class=data_class, actor_id=actor_id, now=now
    )
    return await get_rotation(rotation_id)


async def get_rotation(rotation_id: UUID) -> RotationOut:
    """Return one rotation.

    Raises:
        NotFound: there is none of this id.
    """
    return _rotation(await service_rotation.get_rotation(rotation_id))


async def list_rotations(query: ShortListQuery) -> RotationPage:
    """List the last hundred rotations, oldest first."""
    rotations = [_rotation(row) for row in await service_rotation.list_rotations()]
    page, more = page_of(rotations, query, lambda one: (one.started_at, one.id), datetime, UUID)
    return RotationPage(items=page, next_cursor=more)


def _key(row: Row) -> KeyOut:
    return KeyOut(**{name: row[name] for name in KeyOut.model_fields})


def _rotation(row: Row) -> RotationOut:
    values = {name: row[name] for name in RotationOut.model_fields if name != "share"}
    return RotationOut(**values, share=rotation_rules.share_done(row))
