"""Photos of contacts."""

from uuid import UUID

from quart import Blueprint, Response, request
from quart_schema import tag_blueprint, validate_response
from werkzeug.exceptions import UnsupportedMediaType

from server.contacts import service_photos
from server.contacts.photos import CONTENT_TYPES, STORED_TYPE
from server.contacts.schemas_out import PhotoOut
from server.lib.clock import utc_now
from server.lib.http import accepts_file, answers_file, errors, expected_tags, not_modified
from server.lib.uploads import uploaded_file
from server.users.guards import current_scope, requires
from server.users.permissions import Permission

photos = Blueprint("photos", __name__, url_prefix="/api/contacts")
tag_blueprint(photos, ["contacts"])

_TAKEN = {*CONTENT_TYPES, "application/octet-stream", "multipart/form-data", ""}
# Only a picture ever comes back, and a browser shall not take it for anything else.
_HEADERS = {
    "Cache-Control": "private, no-cache",
    "Content-Disposition": 'inline; filename="photo.jpg"',
    "Content-Security-Policy": (
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"
    ),
}


@photos.put("/<uuid:contact_id>/photo")
@requires(Permission.CONTACTS_WRITE)
@validate_response(PhotoOut)
@accepts_file(*CONTENT_TYPES, "application/octet-stream")
@errors(412, 415, 502)
async def put_photo(contact_id: UUID) -> PhotoOut:
    """Give a contact a photo: JPEG, PNG, WebP or the first frame of a GIF, at most 10 MB.

    It is written anew as a JPEG of at most 1024 pixels a side, upright, without any metadata.
    """
    if request.mimetype not in _TAKEN:
        raise UnsupportedMediaType
    async with uploaded_file() as upload:
        return await service_photos.put_photo(
            current_scope(), contact_id, upload.file, expected=_expected(), now=utc_now()
        )


@photos.get("/<uuid:contact_id>/photo")
@requires(Permission.CONTACTS_READ)
@answers_file(STORED_TYPE, has_etag=True)
@errors(502)
async def get_photo(contact_id: UUID) -> Response:
    """Return a contact's photo; the ETag is another one for each picture."""
    scope = current_scope()
    if request.if_none_match:
        tag = str(await service_photos.get_photo_id(scope, contact_id))
        if request.if_none_match.contains_weak(tag):
            return not_modified(tag, _HEADERS)
    photo = await service_photos.get_photo(scope, contact_id)
    reply = Response(photo.content, content_type=STORED_TYPE, headers=_HEADERS)
    reply.set_etag(str(photo.id))
    return reply


@photos.delete("/<uuid:contact_id>/photo")
@requires(Permission.CONTACTS_WRITE)
@errors(412)
async def delete_photo(contact_id: UUID) -> tuple[str, int]:
    """Take a contact's photo away for good."""
    await service_photos.delete_photo(
        current_scope(), contact_id, expected=_expected(), now=utc_now()
    )
    return "", 204


def _expected() -> frozenset[str] | None:
    """Read `If-Match` as the photos that the caller saw."""
    tags = expected_tags(request.headers.get("If-Match"))
    return None if tags is None else frozenset(tags)
