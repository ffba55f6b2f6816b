"""Tags and the contacts that have them."""

from uuid import UUID

from quart import Blueprint, request
from quart_schema import (
    tag_blueprint,
    validate_querystring,
    validate_request,
    validate_response,
)

from server.groups import service_promote
from server.groups import service_tags as service
from server.groups.schemas import ContactTagOut, ContactTagPage, GroupOut, TagIn, TagOut, TagPage
from server.lib.clock import utc_now
from server.lib.http import errors, etag, expected_version, tries_each_tag
from server.lib.paging import PageQuery
from server.users.guards import current_scope, requires
from server.users.permissions import Permission

tags = Blueprint("tags", __name__, url_prefix="/api")
tag_blueprint(tags, ["tags"])

Reply = tuple[TagOut, int, dict[str, str]]


@tags.post("/tags")
@requires(Permission.CONTACTS_WRITE)
@validate_request(TagIn)
@validate_response(TagOut, 201)
@validate_response(TagOut, 200)
@errors(409)
async def create_tag(data: TagIn) -> Reply:
    """Make a tag (201), or find the one that says nearly the same (200).

    While an import of yours that makes tags is under way, a new name answers 409 `import_running`
    after two seconds.
    """
    tag, is_new = await service.create_tag(current_scope(), data.name, now=utc_now())
    return tag, 201 if is_new else 200, etag(tag.version)


@tags.get("/tags")
@requires(Permission.CONTACTS_READ, reads=True)
@validate_querystring(PageQuery)
@validate_response(TagPage)
async def list_tags(query_args: PageQuery) -> TagPage:
    """List the caller's tags by name."""
    return await service.list_tags(current_scope(), query_args)


@tags.get("/tags/<uuid:tag_id>")
@requires(Permission.CONTACTS_READ, reads=True)
@validate_response(TagOut)
async def get_tag(tag_id: UUID) -> Reply:
    """Read one tag."""
    tag = await service.get_tag(current_scope(), tag_id)
    return tag, 200, etag(tag.version)


@tags.patch("/tags/<uuid:tag_id>")
@requires(Permission.CONTACTS_WRITE)
@validate_request(TagIn)
@validate_response(TagOut)
@errors(409, 412)
@tries_each_tag
async def rename_tag(tag_id: UUID, data: TagIn) -> Reply:
    """Rename a tag on every contact that has it.

    409: `tag_name_taken`; `import_running`, while an import of yours makes tags.
    """
    tag = await service.rename_tag(current_scope(), tag_id, data.name, expected=_expected())
    return tag, 200, etag(tag.version)


@tags.delete("/tags/<uuid:tag_id>")
@requires(Permission.CONTACTS_WRITE)
@errors(412)
@tries_each_tag
async def delete_tag(tag_id: UUID) -> tuple[str, int]:
    """Delete a tag and take it off every contact."""
    await service.delete_tag(current_scope(), tag_id, expected=_expected())
    return "", 204


@tags.post("/tags/<uuid:tag_id>/promote")
@requires(Permission.CONTACTS_WRITE)
@validate_response(GroupOut, 201)
@validate_response(GroupOut, 200)
@errors(409)
async def promote_tag(tag_id: UUID) -> tuple[GroupOut, int, dict[str, str]]:
    """Make a group of a tag (201), with all who have the tag; again, add those who miss (200).

    The tag stays as it is. 409: `group_name_taken`, another group of yours has the tag's name;
    `import_running`, while an import of yours makes tags.
    """
    group, is_new = await service_promote.promote_tag(current_scope(), tag_id, now=utc_now())
    return group, 201 if is_new else 200, etag(group.version)


@tags.get("/contacts/<uuid:contact_id>/tags")
@requires(Permission.CONTACTS_READ, reads=True)
@validate_querystring(PageQuery)
@validate_response(ContactTagPage)
async def list_contact_tags(contact_id: UUID, query_args: PageQuery) -> ContactTagPage:
    """List the caller's tags on a contact by name."""
    return await service.list_contact_tags(current_scope(), contact_id, query_args)


@tags.post("/contacts/<uuid:contact_id>/tags")
@requires(Permission.CONTACTS_WRITE)
@validate_request(TagIn)
@validate_response(ContactTagOut)
@errors(409)
async def tag_contact(contact_id: UUID, data: TagIn) -> ContactTagOut:
    """Put a tag on a contact, made if need be; safe to repeat.

    While an import of yours that makes tags is under way, a new name answers 409 `import_running`
    after two seconds.
    """
    return await service.tag_contact(current_scope(), contact_id, data.name, now=utc_now())


@tags.delete("/contacts/<uuid:contact_id>/tags/<uuid:tag_id>")
@requires(Permission.CONTACTS_WRITE)
async def untag_contact(contact_id: UUID, tag_id: UUID) -> tuple[str, int]:
    """Take a tag off a contact."""
    await service.untag_contact(current_scope(), contact_id, tag_id)
    return "", 204


def _expected() -> int | None:
    return expected_version(request.headers.get("If-Match"))
