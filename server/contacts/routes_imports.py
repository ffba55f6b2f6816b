"""Import and export of address books."""

from typing import IO
from uuid import UUID

from pydantic import TypeAdapter, ValidationError
from quart import Blueprint, Response, request
from quart_schema import tag_blueprint, validate_querystring, validate_response

from server.contacts import service_export, service_imports, service_undo
from server.contacts.csv_files.read import file_looks_like_csv
from server.contacts.schemas_file import ContactsFile
from server.contacts.schemas_imports import (
    ExportQuery,
    Format,
    ImportListQuery,
    ImportOut,
    ImportPage,
    ImportPageQuery,
    ImportQuery,
    Mapping,
    UndoOut,
)
from server.errors import BadInput, FieldError
from server.lib.clock import utc_now
from server.lib.http import accepts_file, answers_file, errors
from server.lib.uploads import Upload, uploaded_file
from server.users.guards import current_scope, requires
from server.users.permissions import Permission

imports = Blueprint("imports", __name__, url_prefix="/api/contacts")
tag_blueprint(imports, ["contacts"])

_MAPPING: TypeAdapter[dict[str, str]] = TypeAdapter(Mapping)


@imports.post("/import")
@requires(Permission.CONTACTS_WRITE)
@validate_querystring(ImportQuery)
@validate_response(ImportOut)
@accepts_file("text/vcard", "text/csv", "application/json", "application/octet-stream")
@errors(409, 415, 502)
async def import_contacts(query_args: ImportQuery) -> ImportOut:
    """Import an address book: vCard 2.1 to 4.0, CSV, or a JSON export; every entry has an outcome.

    CSV files of Google, Outlook, Thunderbird and Apple are recognised by their headers, others
    with `mapping`; columns that nobody knows become custom fields. A second import of the same
    file changes nothing. With `dry_run=true` nothing is stored and the reply says, field by
    field, what would change.

    A photo inside a card (JPEG, PNG, WebP, GIF) becomes the photo of a contact without one, drawn
    anew; one that cannot, is kept aside with a warning. Photos elsewhere are not fetched.

    One import, dry run or undo of a household at a time: another one answers 409
    `import_running`. A file of over 100,000 entries is refused whole: 400 `too_many_entries`.
    """
    if query_args.cursor is not None and not query_args.dry_run:
        raise BadInput(
            "Only a dry run goes on behind a cursor; an import has its ledger.",
            fields=[FieldError("cursor", "dry_run_only", "is for dry runs")],
        )
    async with uploaded_file() as upload:
        wishes = service_imports.Wishes(
            format=query_args.format or _format_of(upload),
            dry_run=query_args.dry_run,
            mapping=query_args.mapping or await _mapping_part(),
            after=query_args.after,
        )
        return await service_imports.import_file(
            current_scope(), upload.file, wishes, now=utc_now()
        )


@imports.get("/imports")
@requires(Permission.CONTACTS_READ)
@validate_querystring(ImportListQuery)
@validate_response(ImportPage)
async def list_imports(query_args: ImportListQuery) -> ImportPage:
    """List your imports, newest first."""
    return await service_imports.list_imports(current_scope(), query_args)


@imports.get("/imports/<uuid:import_id>")
@requires(Permission.CONTACTS_READ, reads=True)
@validate_querystring(ImportPageQuery)
@validate_response(ImportOut)
async def get_import(import_id: UUID, query_args: ImportPageQuery) -> ImportOut:
    """Return an import with a page of its ledger."""
    return await service_imports.get_import(current_scope(), import_id, query_args)


@imports.post("/imports/<uuid:import_id>/undo")
@requires(Permission.CONTACTS_WRITE)
@validate_response(UndoOut)
@errors(409)
async def undo_import(import_id: UUID) -> UndoOut:
    """Take a whole import back; what you changed or used since is kept, and the reply says why.

    409: `already_undone`; `import_running`, while an import, dry run or undo of your household is
    under way; `ledger_gone`, when it is so old that the lines of its ledger are deleted (90 days
    unless the operator says otherwise).
    """
    return await service_undo.undo_import(current_scope(), import_id, now=utc_now())


@imports.get("/export")
@requires(Permission.CONTACTS_READ)
@validate_querystring(ExportQuery)
@answers_file("text/vcard", "text/csv", models={"application/json": ContactsFile})
@errors(502)
async def export_contacts(query_args: ExportQuery) -> Response:
    """Export every contact that you see, archived ones too: vCard 4.0, CSV or JSON.

    Custom fields, circle and cadence are properties of ours in a vCard (`X-CATCHUP-CUSTOM`,
    `X-CATCHUP-CIRCLE`, `X-CATCHUP-CADENCE`), which an import reads again. It has no place for
    groups, visibility and your other settings (paused, preferred way, …): CSV and JSON have them.

    CSV is UTF-8 with a mark, one row a contact: UID, Name, Nickname, Organization Name and Title,
    Location, Time Zone, Notes, Visibility, your settings, Labels (tags) and Groups (parted by
    ` ::: `), Custom Fields (a JSON object), Birthday, Anniversary, then as many columns as the
    widest contact needs: Phone, E-mail, Website, Social (`N - Label`, `N - Preferred`,
    `N - Value`), Address (with its parts) and Event. A cell that a spreadsheet could run has an
    apostrophe before it, which an import takes off.
    """
    kind = query_args.format
    if query_args.photos and kind != "vcf":
        raise BadInput(
            "Only a vCard has a place for photos.",
            fields=[FieldError("photos", "vcard_only", "is for vCards")],
        )
    return Response(
        await service_export.export(current_scope(), kind, photos=query_args.photos, now=utc_now()),
        content_type=f"{service_export.CONTENT_TYPES[kind]}; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="contacts.{kind}"'},
    )


def _format_of(upload: Upload) -> Format:
    """Tell by Content-Type, else by the file's name, else by how it begins."""
    said = request.mimetype
    name = (upload.name or "").lower()
    if said in ("text/csv", "text/comma-separated-values", "text/tab-separated-values"):
        return "csv"
    if said in ("text/vcard", "text/x-vcard", "text/directory"):
        return "vcard"
    if said == "application/json":
        return "json"
    for ending, found in _ENDINGS.items():
        if name.endswith(ending):
            return found
    return format_of_content(upload.file)


_ENDINGS: dict[str, Format] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".json": "json",
    ".vcf": "vcard",
    ".vcard": "vcard",
}


def format_of_content(file: IO[bytes]) -> Format:
    """Tell by how a file begins."""
    head = file.read(4096)
    file.seek(0)
    plain = head.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    if b"BEGIN:VCARD" in plain[:2000].upper():
        return "vcard"
    if plain.startswith(b"{"):
        return "json"
    return "csv" if file_looks_like_csv(plain) else "vcard"


async def _mapping_part() -> dict[str, str]:
    """Read the part `mapping` of a form."""
    if request.mimetype != "multipart/form-data":
        return {}
    text = (await request.form).get("mapping")
    if not text:
        return {}
    try:
        return _MAPPING.validate_python(text)
    except ValidationError as error:
        reason = error.errors(include_input=False, include_url=False)[0]["msg"]
        raise BadInput(
            "The mapping cannot be read.",
            fields=[FieldError("mapping", "bad_mapping", reason)],
        ) from None
