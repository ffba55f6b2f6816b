"""`catchup suggest`: run the engine for one user, or for everybody."""

import sys

import click

from server.cli.session import echo_json, json_option, run


@click.command()
@click.option("--user", "email", metavar="EMAIL", help="For this user; default: everybody.")
@json_option
def suggest(email: str | None, as_json: bool) -> None:
    """Make the suggestions that are due now; a second run right after makes none.

    \b
    Examples:
      catchup suggest --user ana@example.org
      catchup suggest
    """
    from server.lib.clock import utc_now
    from server.suggestions import generation, service
    from server.suggestions.schemas import GeneratedOut
    from server.users import service as users

    if email is None:

        async def for_all() -> int:
            with click.progressbar(
                length=len(await users.list_users()), label="Users", file=sys.stderr
            ) as bar:
                return await generation.generate_for_all(now=utc_now(), progress=bar.update)

        made = run(for_all)
        if as_json:
            echo_json({"created": made})
        else:
            click.echo(f"{made} new suggestions.")
        return

    async def for_one() -> GeneratedOut:
        return await service.generate(await users.find_scope(email), now=utc_now())

    result = run(for_one)
    if as_json:
        echo_json(result)
        return
    for found in result.items:
        names = ", ".join(contact.name for contact in found.contacts)
        when = f"{found.slot_start:%a %d %b %H:%M} UTC" if found.slot_start else "no slot"
        click.echo(f"{names} ({found.way.replace('_', ' ')}, {when})")
        for reason in found.reasons:
            click.echo(f"    {reason.text}")
    click.echo(f"{result.created} new, {result.open_count} open.")
    for code, count in result.waiting.items():
        click.echo(f"    {count} not suggested: {code.replace('_', ' ')}")
