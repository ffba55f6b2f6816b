"""`catchup tokens console`: how `catchup admin` gets in on the box itself."""

from typing import Literal

import click

from server.cli.session import echo_json, json_option, read_settings, run
from server.cli.unix_user import unix_user


@click.command()
@click.option(
    "--scope",
    "wanted",
    type=click.Choice(["read", "write"]),
    default="read",
    show_default=True,
    help="read: for an hour. write: for ten minutes, destructive acts too.",
)
@click.option(
    "--as", "email", metavar="EMAIL", help="The admin in whose name; default: the oldest one."
)
@json_option
def console(wanted: Literal["read", "write"], email: str | None, as_json: bool) -> None:
    """Open a short session of the admin API and print its token.

    For who holds this machine's secrets: no password or second factor is asked for. The audit
    trail names the user of this machine, and `catchup sessions` lists and ends it like any other.

    \b
    Examples:
      catchup tokens console
      catchup tokens console --scope write --as ana@example.org --json
    """
    from server.admin.schemas_users import ConsoleOut
    from server.cli.listening import address
    from server.config import home
    from server.lib.clock import utc_now
    from server.users import console as service

    settings = read_settings()
    made = run(lambda: service.open_console(wanted, email=email, by=unix_user(), now=utc_now()))
    if not as_json:
        click.echo(made.token)
        return
    echo_json(
        ConsoleOut(
            url=address(home(), settings.port),
            token=made.token,
            expires_at=made.expires_at,
            user=made.email,
            scope=wanted,
        )
    )
