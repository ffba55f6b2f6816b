"""`catchup import`: an address book or a calendar from a file, with progress."""

import sys
from pathlib import Path
from typing import Any

import click

from server.cli.session import echo_json, fail, json_option, run

CALENDARS = {".ics", ".ical", ".icalendar"}
CARDS = {".vcf", ".vcard"}
SHOWN = 20


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--user", "email", required=True, metavar="EMAIL", help="Whose contacts or calendar.")
@click.option("--dry-run", is_flag=True, help="Say what would happen; change nothing.")
@json_option
def import_(file: Path, email: str, dry_run: bool, as_json: bool) -> None:
    """Import an address book (.vcf) or a calendar (.ics); a second time changes nothing.

    \b
    Examples:
      catchup import people.vcf --user ana@example.org --dry-run
      catchup import calendar.ics --user ana@example.org
    """
    suffix = file.suffix.lower()
    if suffix in CARDS:
        result = _import_cards(file, email, dry_run)
    elif suffix in CALENDARS:
        result = _import_calendar(file, email, dry_run)
    else:
        fail(f"{file.name}: expected an address book (.vcf) or a calendar (.ics)")
    if as_json:
        echo_json(result)
    else:
        _tell(result, dry_run)


def _import_cards(file: Path, email: str, dry_run: bool) -> Any:
    from server.contacts import service_imports
    from server.lib.clock import utc_now
    from server.users import service as users

    total = _count_cards(file)

    async def work() -> Any:
        scope = await users.find_scope(email)
        with (
            file.open("rb") as opened,
            click.progressbar(length=total, label="Importing cards", file=_terminal()) as bar,
        ):
            return await service_imports.import_vcards(
                scope, opened, dry_run=dry_run, now=utc_now(), progress=bar.update
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


def _count_cards(file: Path) -> int:
    """Enough for a progress bar: how often a card begins."""
    with file.open("rb") as opened:
        return sum(line.strip().upper() == b"BEGIN:VCARD" for line in opened)


def _terminal() -> Any:
    """Progress goes to the terminal's error stream, so that --json stays clean."""
    return sys.stderr


def _tell(result: Any, dry_run: bool) -> None:
    names = ("created", "updated", "unchanged", "removed", "skipped", "failed")
    counts = [f"{getattr(result, name)} {name}" for name in names if getattr(result, name, 0)]
    click.echo(("Would be: " if dry_run else "") + (", ".join(counts) or "nothing to do"))
    refused = [item for item in result.items if item.outcome in ("skipped", "failed")]
    for item in refused[:SHOWN]:
        click.echo(f"  line {item.line}: {item.outcome}: {item.reason} [{item.code}]")
    if len(refused) > SHOWN:
        click.echo(f"  … and {len(refused) - SHOWN} more; --json shows them")
