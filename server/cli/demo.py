"""`catchup demo`: made-up people, history and a calendar, to look at CatchUp with."""

import os
import secrets

import click

from server.cli.session import echo_json, json_option, run

PASSWORD_VARIABLE = "CATCHUP_DEMO_PASSWORD"  # noqa: S105  # where it is, not what


@click.command()
@json_option
def demo(as_json: bool) -> None:
    """Fill an empty server with a demo household; one with users is left alone.

    `catchup up --demo` does it by itself. The password is that of CATCHUP_DEMO_PASSWORD, or a
    new one, which is printed.

    \b
    Example:
      CATCHUP_HOME=.catchup-demo catchup demo
    """
    from server.demo import household
    from server.lib.clock import utc_now

    given = os.environ.get(PASSWORD_VARIABLE)
    password = given or secrets.token_urlsafe(12)
    members = run(lambda: household.make(password, now=utc_now()))
    if as_json:
        echo_json(members)
        return
    names = " and ".join(member.email for member in members)
    click.echo(f"Made the household of {names}.")
    if not given:
        click.echo(f"Their password: {password}")
