"""The routes of keys, typed."""

from uuid import UUID

from server.admin.schemas_keys import KeyOut, KeyPage, RotationOut, RotationPage
from tui.api import AdminApi


async def list_keys(
    api: AdminApi,
    *,
    purpose: str | None = None,
    state: str | None = None,
    sort: str | None = None,
    limit: int = 100,
    cursor: str | None = None,
) -> KeyPage:
    """Read a page of keys, by age."""
    asked = {"purpose": purpose, "state": state, "sort": sort, "limit": limit, "cursor": cursor}
    return await api.get("/keys", KeyPage, asked)


async def list_rotations(api: AdminApi) -> list[RotationOut]:
    """Read the last rotations, oldest first."""
    return (await api.get("/keys/rotations", RotationPage, {"limit": 100})).items


async def rotate_keys(api: AdminApi, purpose: str, data_class: str | None = None) -> RotationOut:
    """Begin a rotation."""
    asked = {"purpose": purpose} | ({"data_class": data_class} if data_class else {})
    return await api.act("POST", "/keys/rotations", RotationOut, asked)


async def retire_key(api: AdminApi, key_id: UUID) -> KeyOut:
    """Retire a key that is only read."""
    return await api.act("POST", f"/keys/{key_id}/retire", KeyOut)


async def revoke_key(api: AdminApi, key_id: UUID) -> KeyOut:
    """Refuse a signing key's tokens from now on."""
    return await api.act("POST", f"/keys/{key_id}/revoke", KeyOut)
