"""`catchup calendars`: list a user's calendars, add one by its secret link, refresh links."""

import sys
from typing import Any

import click
from pydantic import ValidationError

from server.cli.session import echo_json, fail, json_option, run

user_option = click.option(
    "--user", "email", required=True, metavar="EMAIL", help="Whose calendars."
)


@click.group()
def calendars() -> None:
    """List, add and refresh a user's calendars.

    \b
    Example:
      catchup calendars list --user ana@example.org
    """


@calendars.command("list")
@user_option
@json_option
def list_(email: str, as_json: bool) -> None:
    """List where a user's calendars come from, and how their links fare.

    \b
    Example:
      catchup calendars list --user ana@example.org --json
    """
    from server.calendars import service_links
    from server.lib.paging import MOST, ShortListQuery
    from server.users import service as users

    async def work() -> Any:
        return await service_links.list_connections(
            await users.find_scope(email), ShortListQuery(limit=MOST)
        )

    found = run(work).items
    if as_json:
        echo_json(found)
        return
    for connection in found:
        _tell(connection)
    if not found:
        click.echo("No calendars yet: `catchup calendars add-link` adds one by its secret link.")


@calendars.command("add-link")
@user_option
@click.option("--name", default=None, help="What to call it; else what it calls itself.")
@json_option
def add_link(email: str, name: str | None, as_json: bool) -> None:
    """Add a calendar by its secret link, which is asked for or read from standard input.

    It is no argument: everybody on this machine can see those.

    \b
    Examples:
      catchup calendars add-link --user ana@example.org
      catchup calendars add-link --user ana@example.org --name Work < link.txt
    """
    from server.calendars import service_links
    from server.calendars.schemas import CalendarLinkIn
    from server.lib.clock import utc_now
    from server.users import service as users

    try:
        data = CalendarLinkIn(provider="ics_link", url=_ask_link(), name=name)
    except ValidationError as error:
        fail(*(f"{item['loc'][0]}: {item['msg']}" for item in error.errors(include_input=False)))

    async def work() -> Any:
        return await service_links.add_link(await users.find_scope(email), data, now=utc_now())

    _show(run(work), as_json)


@calendars.command()
@user_option
@json_option
def refresh(email: str, as_json: bool) -> None:
    """Read all of a user's links now; leave with exit code 1 if one of them fails.

    \b
    Example:
      catchup calendars refresh --user ana@example.org
    """
    from server.calendars import service_links
    from server.lib.clock import utc_now
    from server.lib.paging import MOST, ShortListQuery
    from server.users import service as users

    async def work() -> Any:
        scope = await users.find_scope(email)
        found = (await service_links.list_connections(scope, ShortListQuery(limit=MOST))).items
        return [
            await service_links.refresh_connection(scope, connection.id, now=utc_now())
            for connection in found
            if connection.provider == "ics_link"
        ]

    _show(run(work), as_json)


def _ask_link() -> str:
    if sys.stdin.isatty():
        return str(click.prompt("Secret link (iCal)", hide_input=True))
    return sys.stdin.readline().strip()


def _show(found: Any, as_json: bool) -> None:
    if as_json:
        echo_json(found)
    connections = found if isinstance(found, list) else [found]
    for connection in connections:
        if not as_json:
            _tell(connection)
    if not connections and not as_json:
        click.echo("No calendars by link.")
    if any(connection.last_error_code for connection in connections):
        sys.exit(1)


def _tell(connection: Any) -> None:
    at = connection.last_synced_at
    click.echo(
        f"{connection.name:<32} {connection.provider:<9} {connection.state:<8}"
        f" {connection.events:>6} events  {f'{at:%Y-%m-%d %H:%M}' if at else 'never'}"
        f"  {connection.url or ''}"
    )
    if connection.last_error:
        click.echo(f"  {connection.last_error} [{connection.last_error_code}]")
