"""People kept in touch with."""

from uuid import UUID

from quart import Blueprint, request
from quart_schema import (
    tag_blueprint,
    validate_querystring,
    validate_response,
)

from server.contacts import service, service_circles
from server.contacts.schemas import ContactIn, ContactListQuery, ContactPatch
from server.contacts.schemas_out import CirclesOut, ContactOut, ContactPage
from server.lib.clock import utc_now
from server.lib.http import errors, etag, expected_version, tries_each_tag
from server.lib.paging import ShortListQuery
from server.lib.replies import Encoded, answers, takes
from server.users.conditional import conditional
from server.users.guards import current_identity, current_scope, requires
from server.users.permissions import Permission

contacts = Blueprint("contacts", __name__, url_prefix="/api/contacts")
tag_blueprint(contacts, ["contacts"])

Reply = tuple[Encoded[ContactOut], int, dict[str, str]]


@contacts.post("")
@requires(Permission.CONTACTS_WRITE)
@takes(ContactIn)
@answers(ContactOut, 201)
async def create_contact(data: ContactIn) -> Reply:
    """Make a contact."""
    caller = current_identity()
    made = await service.create_contact(caller.scope, data, now=utc_now(), home_zone=caller.zone)
    return _reply(made, 201)


@contacts.get("")
@requires(Permission.CONTACTS_READ)
@conditional("contacts", "household_contacts", unless="due")
@validate_querystring(ContactListQuery)
@answers(ContactPage)
@errors(404)
async def list_contacts(query_args: ContactListQuery) -> Encoded[ContactPage]:
    """List contacts by name, without notes and custom fields; a search puts exact matches first.

    With `due` there is no ETag and never a 304: who is due changes by time alone.
    """
    return await service.list_contacts(current_scope(), query_args, now=utc_now())


@contacts.get("/circles")
@requires(Permission.CONTACTS_READ, reads=True)
@validate_querystring(ShortListQuery)
@validate_response(CirclesOut)
async def list_circles(query_args: ShortListQuery) -> CirclesOut:
    """Tell how many people each of the caller's circles has, and whether these are too many."""
    return await service_circles.list_circles(current_scope(), query_args)


@contacts.get("/<uuid:contact_id>")
@requires(Permission.CONTACTS_READ, reads=True)
@answers(ContactOut)
async def get_contact(contact_id: UUID) -> Reply:
    """Read one contact with everything."""
    return _reply(await service.get_contact(current_scope(), contact_id))


@contacts.put("/<uuid:contact_id>")
@requires(Permission.CONTACTS_WRITE)
@takes(ContactIn)
@answers(ContactOut)
@errors(409, 412)
@tries_each_tag
async def replace_contact(contact_id: UUID, data: ContactIn) -> Reply:
    """Write a contact anew; what is left out is emptied."""
    return _reply(
        await service.replace_contact(
            current_scope(), contact_id, data, expected=_expected(), now=utc_now()
        )
    )


@contacts.patch("/<uuid:contact_id>")
@requires(Permission.CONTACTS_WRITE)
@takes(ContactPatch)
@answers(ContactOut)
@errors(409, 412)
@tries_each_tag
async def patch_contact(contact_id: UUID, data: ContactPatch) -> Reply:
    """Change some fields; only the author may change who sees the contact."""
    return _reply(
        await service.patch_contact(
            current_scope(), contact_id, data, expected=_expected(), now=utc_now()
        )
    )


@contacts.delete("/<uuid:contact_id>")
@requires(Permission.CONTACTS_WRITE)
@errors(412)
@tries_each_tag
async def delete_contact(contact_id: UUID) -> tuple[str, int]:
    """Delete a contact for good; only its author may."""
    await service.delete_contact(current_scope(), contact_id, expected=_expected(), now=utc_now())
    return "", 204


@contacts.post("/<uuid:contact_id>/archive")
@requires(Permission.CONTACTS_WRITE)
@answers(ContactOut)
async def archive_contact(contact_id: UUID) -> Reply:
    """Put a contact away; it keeps everything and is not suggested any more."""
    return _reply(await service.archive_contact(current_scope(), contact_id, now=utc_now()))


@contacts.post("/<uuid:contact_id>/restore")
@requires(Permission.CONTACTS_WRITE)
@answers(ContactOut)
async def restore_contact(contact_id: UUID) -> Reply:
    """Take a contact back from the archive."""
    return _reply(await service.restore_contact(current_scope(), contact_id, now=utc_now()))


def _reply(contact: Encoded[ContactOut], status: int = 200) -> Reply:
    return contact, status, etag(contact.version)


def _expected() -> int | None:
    return expected_version(request.headers.get("If-Match"))
