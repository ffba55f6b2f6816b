"""`catchup import` and `catchup imports`: address books and calendars from files, and undo."""

import sys
from pathlib import Path
from typing import Any
from uuid import UUID

import click

from server.cli.session import echo_json, fail, json_option, run

CALENDARS = {".ics", ".ical", ".icalendar"}
ADDRESS_BOOKS = {".vcf": "vcard", ".vcard": "vcard", ".csv": "csv", ".tsv": "csv", ".json": "json"}
SHOWN = 20
user_option = click.option(
    "--user", "email", required=True, metavar="EMAIL", help="Whose contacts or calendar."
)


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@user_option
@click.option("--dry-run", is_flag=True, help="Say what would happen; change nothing.")
@click.option(
    "--mapping",
    metavar="JSON",
    help='For CSV: what columns hold, as {"Handynummer": "phone:cell"}; API docs list the fields.',
)
@json_option
def import_(file: Path, email: str, dry_run: bool, mapping: str | None, as_json: bool) -> None:
    """Import an address book (.vcf, .csv, .json) or a calendar (.ics).

    A second time changes nothing; `catchup imports undo` takes an address book back.

    \b
    Examples:
      catchup import people.vcf --user ana@example.org --dry-run
      catchup import contacts.csv --user ana@example.org
      catchup import calendar.ics --user ana@example.org
    """
    suffix = file.suffix.lower()
    if suffix in ADDRESS_BOOKS:
        result = _import_contacts(file, ADDRESS_BOOKS[suffix], email, dry_run, mapping)
    elif suffix in CALENDARS:
        result = _import_calendar(file, email, dry_run)
    else:
        fail(f"{file.name}: expected an address book (.vcf, .csv, .json) or a calendar (.ics)")
    if as_json:
        echo_json(result)
    else:
        _tell(result, dry_run)


@click.group()
def imports() -> None:
    """Imported address books: list them, take one back."""


@imports.command("list")
@user_option
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1000))
@json_option
def list_(email: str, limit: int, as_json: bool) -> None:
    """List the newest imports of a user."""
    from server.contacts import service_imports
    from server.contacts.schemas_imports import ImportListQuery
    from server.users import service as users

    async def work() -> Any:
        scope = await users.find_scope(email)
        return await service_imports.list_imports(scope, ImportListQuery(limit=limit))

    page = run(work)
    if as_json:
        echo_json(page)
        return
    for each in page.items:
        undone = f", undone {each.undone_at:%Y-%m-%d %H:%M}" if each.undone_at else ""
        click.echo(
            f"{each.id}  {each.created_at:%Y-%m-%d %H:%M}  {each.format}  {_counts(each)}{undone}"
        )
    if not page.items:
        click.echo("no imports")


@imports.command()
@click.argument("import_id", type=click.UUID, metavar="ID")
@user_option
@json_option
def undo(import_id: UUID, email: str, as_json: bool) -> None:
    """Take an import back; what was changed or used since is kept, and told."""
    from server.contacts import service_undo
    from server.lib.clock import utc_now
    from server.users import service as users

    async def work() -> Any:
        scope = await users.find_scope(email)
        return await service_undo.undo_import(scope, import_id, now=utc_now())

    done = run(work)
    if as_json:
        echo_json(done)
        return
    counts = [f"{getattr(done, name)} {name}" for name in service_undo.OUTCOMES]
    click.echo(", ".join(counts).replace("_", " "))
    kept = [item for item in done.items if item.undone and item.undone.code]
    for item in kept[:SHOWN]:
        fields = f" ({', '.join(item.undone.kept_fields)})" if item.undone.kept_fields else ""
        click.echo(f"  line {item.line}: {item.undone.outcome}: {item.undone.reason}{fields}")
    if len(kept) > SHOWN:
        click.echo(f"  … and {len(kept) - SHOWN} more; --json shows them")


def _import_contacts(
    file: Path, file_format: Any, email: str, dry_run: bool, mapping: str | None
) -> Any:
    from pydantic import ValidationError

    from server.contacts import service_imports
    from server.contacts.schemas_imports import ImportQuery
    from server.lib.clock import utc_now
    from server.users import service as users

    try:
        query = ImportQuery.model_validate({"dry_run": dry_run, "mapping": mapping})
    except ValidationError as error:
        fail(f"--mapping: {error.errors(include_url=False)[0]['msg']}")
    wishes = service_imports.Wishes(
        format=file_format, dry_run=dry_run, mapping=query.mapping or {}
    )
    total = _count_entries(file, file_format)

    async def work() -> Any:
        scope = await users.find_scope(email)
        with (
            file.open("rb") as opened,
            click.progressbar(length=total, label="Importing", file=_terminal()) as bar,
        ):
            return await service_imports.import_file(
                scope, opened, wishes, now=utc_now(), progress=bar.update
            )

    return run(work)


def _import_calendar(file: Path, email: str, dry_run: bool) -> Any:
    from server.calendars import service_import
    from server.calendars.schemas import ImportQuery
    from server.lib.clock import utc_now
    from server.lib.uploads import Upload
    from server.users import service as users

    async def work() -> Any:
        scope = await users.find_scope(email)
        with file.open("rb") as opened:
            return await service_import.import_file(
                scope, Upload(opened, file.name), ImportQuery(dry_run=dry_run), now=utc_now()
            )

    return run(work)


def _count_entries(file: Path, file_format: str) -> int:
    """Enough for a progress bar: how often a card begins, or how many lines there are."""
    with file.open("rb") as opened:
        if file_format != "vcard":
            return sum(1 for _ in opened)
        return sum(line.strip().upper() == b"BEGIN:VCARD" for line in opened)


def _terminal() -> Any:
    """Progress goes to the terminal's error stream, so that --json stays clean."""
    return sys.stderr


def _counts(result: Any) -> str:
    names = ("created", "updated", "unchanged", "removed", "skipped", "failed")
    counts = [f"{getattr(result, name)} {name}" for name in names if getattr(result, name, 0)]
    return ", ".join(counts) or "nothing to do"


def _tell(result: Any, dry_run: bool) -> None:
    click.echo(("Would be: " if dry_run else "") + _counts(result))
    refused = [item for item in result.items if item.outcome in ("skipped", "failed")]
    for item in refused[:SHOWN]:
        click.echo(f"  line {item.line}: {item.outcome}: {item.reason} [{item.code}]")
    if len(refused) > SHOWN:
        click.echo(f"  … and {len(refused) - SHOWN} more; --json shows them")
    changed = [item for item in result.items if getattr(item, "changes", None)]
    if dry_run:
        for item in [item for item in changed if item.outcome == "updated"][:SHOWN]:
            fields = ", ".join(dict.fromkeys(change.field for change in item.changes))
            click.echo(f"  line {item.line}: would change {fields}")
    if not dry_run and changed and getattr(result, "id", None):
        click.echo(f"Take it back with: catchup imports undo {result.id} --user …")
