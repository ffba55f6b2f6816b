"""Groups and who is in them."""

from uuid import UUID

from quart import Blueprint, request
from quart_schema import (
    tag_blueprint,
    validate_querystring,
    validate_request,
    validate_response,
)

from server.contacts.schemas_out import ContactPage
from server.groups import service
from server.groups.schemas import (
    GroupIn,
    GroupListQuery,
    GroupOut,
    GroupPage,
    GroupPatch,
    MembersChanged,
    MembersIn,
)
from server.lib.clock import utc_now
from server.lib.http import errors, etag, expected_version, tries_each_tag
from server.lib.paging import PageQuery
from server.lib.replies import Encoded, answers
from server.users.conditional import conditional
from server.users.guards import current_scope, requires
from server.users.permissions import Permission

groups = Blueprint("groups", __name__, url_prefix="/api/groups")
tag_blueprint(groups, ["groups"])

Reply = tuple[GroupOut, int, dict[str, str]]


@groups.post("")
@requires(Permission.CONTACTS_WRITE)
@validate_request(GroupIn)
@validate_response(GroupOut, 201)
@errors(409)
async def create_group(data: GroupIn) -> Reply:
    """Make a group."""
    return _reply(await service.create_group(current_scope(), data, now=utc_now()), 201)


@groups.get("")
@requires(Permission.CONTACTS_READ, reads=True)
@validate_querystring(GroupListQuery)
@validate_response(GroupPage)
async def list_groups(query_args: GroupListQuery) -> GroupPage:
    """List the caller's groups by name."""
    return await service.list_groups(current_scope(), query_args)


@groups.get("/<uuid:group_id>")
@requires(Permission.CONTACTS_READ, reads=True)
@validate_response(GroupOut)
async def get_group(group_id: UUID) -> Reply:
    """Read one group."""
    return _reply(await service.get_group(current_scope(), group_id))


@groups.put("/<uuid:group_id>")
@requires(Permission.CONTACTS_WRITE)
@validate_request(GroupIn)
@validate_response(GroupOut)
@errors(409, 412)
@tries_each_tag
async def replace_group(group_id: UUID, data: GroupIn) -> Reply:
    """Write a group anew; its members stay."""
    return _reply(
        await service.replace_group(
            current_scope(), group_id, data, expected=_expected(), now=utc_now()
        )
    )


@groups.patch("/<uuid:group_id>")
@requires(Permission.CONTACTS_WRITE)
@validate_request(GroupPatch)
@validate_response(GroupOut)
@errors(409, 412)
@tries_each_tag
async def patch_group(group_id: UUID, data: GroupPatch) -> Reply:
    """Change some fields; `archived` puts a group away with its members in it."""
    return _reply(
        await service.patch_group(
            current_scope(), group_id, data, expected=_expected(), now=utc_now()
        )
    )


@groups.delete("/<uuid:group_id>")
@requires(Permission.CONTACTS_WRITE)
@errors(412)
@tries_each_tag
async def delete_group(group_id: UUID) -> tuple[str, int]:
    """Delete a group; its members stay contacts."""
    await service.delete_group(current_scope(), group_id, expected=_expected())
    return "", 204


@groups.get("/<uuid:group_id>/members")
@requires(Permission.CONTACTS_READ)
@conditional("contacts", "household_contacts")
@validate_querystring(PageQuery)
@answers(ContactPage)
async def list_group_members(group_id: UUID, query_args: PageQuery) -> Encoded[ContactPage]:
    """List a group's members by name, archived contacts too."""
    return await service.list_members(current_scope(), group_id, query_args, now=utc_now())


@groups.post("/<uuid:group_id>/members")
@requires(Permission.CONTACTS_WRITE)
@validate_request(MembersIn)
@validate_response(MembersChanged)
async def add_group_members(group_id: UUID, data: MembersIn) -> MembersChanged:
    """Put contacts into a group, all or none; safe to repeat."""
    changed = await service.add_members(current_scope(), group_id, data.contact_ids, now=utc_now())
    return MembersChanged(changed=changed)


@groups.delete("/<uuid:group_id>/members")
@requires(Permission.CONTACTS_WRITE)
@validate_request(MembersIn)
@validate_response(MembersChanged)
async def remove_group_members(group_id: UUID, data: MembersIn) -> MembersChanged:
    """Take contacts out of a group, all or none; safe to repeat."""
    changed = await service.remove_members(
        current_scope(), group_id, data.contact_ids, now=utc_now()
    )
    return MembersChanged(changed=changed)


def _reply(group: GroupOut, status: int = 200) -> Reply:
    return group, status, etag(group.version)


def _expected() -> int | None:
    return expected_version(request.headers.get("If-Match"))
