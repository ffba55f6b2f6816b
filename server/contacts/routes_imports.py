"""Import and export of address books."""

from uuid import UUID

from quart import Blueprint, Response
from quart_schema import tag_blueprint, validate_querystring, validate_response

from server.contacts import service_export, service_imports
from server.contacts.schemas_imports import (
    ExportQuery,
    ImportOut,
    ImportPageQuery,
    ImportQuery,
)
from server.lib.clock import utc_now
from server.lib.http import accepts_file, answers_file, errors
from server.lib.uploads import uploaded_file
from server.users.guards import current_scope, requires
from server.users.permissions import Permission

imports = Blueprint("imports", __name__, url_prefix="/api/contacts")
tag_blueprint(imports, ["contacts"])


@imports.post("/import")
@requires(Permission.CONTACTS_WRITE)
@validate_querystring(ImportQuery)
@validate_response(ImportOut)
@accepts_file("text/vcard", "application/octet-stream")
@errors(409, 415)
async def import_contacts(query_args: ImportQuery) -> ImportOut:
    """Import an address book (vCard 2.1, 3.0, 4.0); every card has an outcome.

    A second import of the same file changes nothing. With `dry_run=true` nothing is stored.
    """
    async with uploaded_file() as upload:
        return await service_imports.import_vcards(
            current_scope(), upload.file, dry_run=query_args.dry_run, now=utc_now()
        )


@imports.get("/imports/<uuid:import_id>")
@requires(Permission.CONTACTS_READ, reads=True)
@validate_querystring(ImportPageQuery)
@validate_response(ImportOut)
async def get_import(import_id: UUID, query_args: ImportPageQuery) -> ImportOut:
    """Return an import with a page of its ledger."""
    return await service_imports.get_import(current_scope(), import_id, query_args)


@imports.get("/export")
@requires(Permission.CONTACTS_READ)
@validate_querystring(ExportQuery)
@answers_file("text/vcard")
async def export_contacts(query_args: ExportQuery) -> Response:
    """Export every contact as vCard 4.0, unknown properties included."""
    return Response(
        service_export.export_vcards(current_scope()),
        content_type="text/vcard; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="contacts.vcf"'},
    )
