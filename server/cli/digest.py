"""`catchup digest`: see what would go to a user now, and let it go."""

import click

from server.cli.session import echo_json, fail, json_option, run

_SAID = {
    "written": "Written; it leaves as soon as the worker sends it.",
    "nothing_to_say": "There is nothing to say: no suggestion with a time ahead is pending.",
    "no_channel": "There is no way to them: SMS and e-mail are off, stopped, or not verified.",
    "user_disabled": "They are disabled.",
    "written_before": "Their digest of today has been settled already.",
}


@click.group()
def digest() -> None:
    """See and send a user's digest.

    \b
    Example:
      catchup digest preview --user ana@example.org
    """


@digest.command()
@click.option("--user", "email", metavar="EMAIL", required=True, help="Whose digest.")
@json_option
def preview(email: str, as_json: bool) -> None:
    """Print the digest that would go to a user now, by mail and SMS; nothing changes.

    \b
    Examples:
      catchup digest preview --user ana@example.org
      catchup digest preview --user ana@example.org --json
    """
    from server.digests import service
    from server.lib.clock import utc_now
    from server.messages.service import Words
    from server.users import service as users

    async def work() -> Words | None:
        return await service.preview(await users.find_scope(email), now=utc_now())

    words = run(work)
    if as_json:
        echo_json({"subject": words and words.subject, "text": words and words.text,
                   "html": words and words.html, "sms": words and words.sms})  # fmt: skip
        return
    if words is None:
        click.echo(_SAID["nothing_to_say"])
        return
    click.echo(f"Subject: {words.subject}\n\n{words.text}")
    click.echo(f"By SMS:\n\n{words.sms}")


@digest.command()
@click.option("--user", "email", metavar="EMAIL", required=True, help="Whose digest.")
@json_option
def send(email: str, as_json: bool) -> None:
    """Write a user's digest of today now; it is the only one of its date.

    \b
    Example:
      catchup digest send --user ana@example.org
    """
    from server.digests import service
    from server.lib.clock import utc_now
    from server.users import service as users

    async def work() -> str:
        return await service.write_now(await users.find_scope(email), now=utc_now())

    outcome = run(work)
    if as_json:
        echo_json({"outcome": outcome})
    elif outcome == "written":
        click.echo(_SAID[outcome])
    else:
        fail(_SAID[outcome])
