"""`catchup migrate` and `catchup db`: the schema."""

import click

from server import migration_state
from server.cli.session import echo_json, json_option, read_settings, run_plain
from server.config import Settings


@click.command()
@click.option("--back", type=click.IntRange(min=1), help="Take back this many instead.")
@click.option("--yes", is_flag=True, help="Do not ask before taking back.")
@json_option
def migrate(back: int | None, yes: bool, as_json: bool) -> None:
    """Bring the database's schema up to date; safe to run at any time, by several at once.

    \b
    Examples:
      catchup migrate
      catchup migrate --back 1
    """
    settings = read_settings()
    if back is not None:
        from server import migrate as schema

        if not yes:
            click.confirm(f"Take back {back} migration(s)? Their data is lost.", abort=True)
        names, verb = run_plain(schema.revert(settings, count=back)), "Took back"
    else:
        names, verb = run_plain(_apply(settings)), "Applied"
    if as_json:
        echo_json({"reverted" if back else "applied": names})
        return
    for name in names:
        click.echo(f"{verb} {name}.")
    if not names:
        click.echo("Nothing to apply.")


async def _apply(settings: Settings) -> list[str]:
    roles = (settings.database, settings.backup_database)
    if await migration_state.is_current(settings.owner_database, *roles):
        return []
    from server import migrate as schema

    return await schema.migrate(settings)


@click.group()
def db() -> None:
    """Look at the database."""


@db.command()
@json_option
def check(as_json: bool) -> None:
    """Say whether the schema is what this version expects; exit 1 when it is not.

    \b
    Example:
      catchup db check
    """
    from server import migrate as schema

    missing = run_plain(schema.pending(read_settings()))
    if as_json:
        echo_json({"pending": missing})
    elif missing:
        click.echo("Missing: " + ", ".join(missing) + ". Run `catchup migrate`.")
    else:
        click.echo("The schema is up to date.")
    if missing:
        raise SystemExit(1)
