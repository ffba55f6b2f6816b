"""Keys and their rotation, for who looks after the server."""

from uuid import UUID

from quart import Blueprint
from quart_schema import tag_blueprint, validate_querystring, validate_request, validate_response

from server.admin import service_keys
from server.admin.schemas_keys import (
    KeyOut,
    KeyPage,
    KeysQuery,
    RotateIn,
    RotationOut,
    RotationPage,
)
from server.keys import service_ring, service_signing
from server.lib.clock import utc_now
from server.lib.http import errors
from server.lib.paging import ShortListQuery
from server.users.guards import current_scope, requires
from server.users.permissions import Permission

admin_keys = Blueprint("admin_keys", __name__, url_prefix="/api/admin/keys")
tag_blueprint(admin_keys, ["admin"])

# The one place that says what an act on keys needs.
changes_keys = requires(Permission.ADMIN_WRITE, step_up=True)


@admin_keys.get("")
@requires(Permission.ADMIN_READ)
@validate_querystring(KeysQuery)
@validate_response(KeyPage)
async def list_keys(query_args: KeysQuery) -> KeyPage:
    """List every key of the server and of its households, without its material."""
    return await service_keys.list_keys(query_args)


@admin_keys.get("/rotations")
@requires(Permission.ADMIN_READ)
@validate_querystring(ShortListQuery)
@validate_response(RotationPage)
async def list_key_rotations(query_args: ShortListQuery) -> RotationPage:
    """List the last hundred rotations and how far each is."""
    return await service_keys.list_rotations(query_args)


@admin_keys.post("/rotations")
@changes_keys
@validate_request(RotateIn)
@validate_response(RotationOut, 202)
@errors(409)
async def rotate_keys(data: RotateIn) -> tuple[RotationOut, int]:
    """Begin to rotate keys; it goes on by itself, and nobody is signed out."""
    begun = await service_keys.rotate(
        data.purpose, data_class=data.data_class, actor_id=_actor(), now=utc_now()
    )
    return begun, 202


@admin_keys.post("/<uuid:key_id>/retire")
@changes_keys
@validate_response(KeyOut)
@errors(409)
async def retire_key(key_id: UUID) -> KeyOut:
    """Retire a key that is only read, once nothing needs it any more."""
    await service_ring.retire(key_id, actor_id=_actor(), now=utc_now())
    return await service_keys.get_key(key_id)


@admin_keys.post("/<uuid:key_id>/revoke")
@changes_keys
@validate_response(KeyOut)
@errors(409)
async def revoke_key(key_id: UUID) -> KeyOut:
    """Refuse a signing key's tokens from now on; clients get new ones by their refresh token."""
    await service_signing.revoke(key_id, actor_id=_actor(), now=utc_now())
    return await service_keys.get_key(key_id)


def _actor() -> UUID:
    return current_scope().user_id
