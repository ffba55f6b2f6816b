"""`catchup integrations`: outside services, and a test of each by the real path."""

from typing import TYPE_CHECKING, cast

import click

from server.cli.session import echo_json, json_option, read_settings, run
from server.cli.status import say

if TYPE_CHECKING:
    from server.admin.schemas_integrations import IntegrationName, IntegrationTestOut


@click.group()
def integrations() -> None:
    """Look at outside services, and test them.

    \b
    Examples:
      catchup integrations list
      catchup integrations test email --send-to ana@example.org
    """


@integrations.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List outside services: what is set up, and how it went; none is asked.

    \b
    Example:
      catchup integrations list --json
    """
    from server.admin import service_integrations
    from server.lib.clock import utc_now

    found = run(
        lambda: service_integrations.list_integrations(read_settings(), now=utc_now())
    ).items
    if as_json:
        echo_json(found)
        return
    for one in found:
        say("ok" if one.status == "ok" else "warn", f"{one.name:<8} {one.sentence}")


@integrations.command()
@click.argument("name", type=click.Choice(["sms", "email", "storage"]))
@click.option("--send-to", "email", metavar="EMAIL", help="Send this user a real message, too.")
@json_option
def test(name: str, email: str | None, as_json: bool) -> None:
    """Ask a provider whether it would work; exit 1 when it would not.

    \b
    Example:
      catchup integrations test sms
    """
    from server.admin import service_integrations
    from server.lib.clock import utc_now
    from server.users import service as users

    async def work() -> "IntegrationTestOut":
        return await service_integrations.try_out(
            cast("IntegrationName", name),
            read_settings(),
            send_to=await users.find_scope(email) if email else None,
            by=None,
            now=utc_now(),
        )

    found = run(work)
    if as_json:
        echo_json(found)
    else:
        for check in found.checks:
            say(check.status, f"{check.name}: {check.detail}")
            if check.fix:
                click.echo(f"    fix: {check.fix}")
        if found.message_id:
            click.echo(f"A message leaves: catchup messages show {found.message_id}")
    if found.status == "fail":
        raise SystemExit(1)
