"""`catchup users delete`, `restore`, `erasures`: the rights of the person, from the box itself."""

from typing import Any, Literal

import click

from server.cli.session import echo_json, fail, json_option, run, say_done


@click.command()
@click.argument("email")
@click.option(
    "--shared",
    type=click.Choice(["hand_over", "erase"]),
    default="hand_over",
    show_default=True,
    help="What becomes of contacts and talks that the household sees.",
)
@click.option("--now", "at_once", is_flag=True, help="Erase at once: nothing can be restored.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def delete(
    email: str,
    shared: Literal["hand_over", "erase"],
    at_once: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Close somebody's account; after the time of grace it is erased for good.

    \b
    Examples:
      catchup users delete ana@example.org
      catchup users delete ana@example.org --shared erase --now --yes --json
    """
    from server.account import service_close, service_erase
    from server.account.schemas import ClosedOut, ErasureOut
    from server.lib.clock import utc_now

    plan: dict[str, Any] = run(lambda: service_close.preview(email))
    if not yes:
        _show(email, plan, shared)
        if not click.confirm("Go on?"):
            fail("nothing was changed")

    async def work() -> ClosedOut | ErasureOut:
        closed = await service_close.close_for(email, shared=shared, now=utc_now())
        if not at_once:
            return closed
        await service_erase.erase(closed.id, now=utc_now())
        return await service_close.get_erasure(closed.restore_token)

    done = run(work)
    if as_json:
        echo_json(done)
    elif at_once:
        click.echo("Erased. `catchup users erasures --json` has the proof.")
    else:
        click.echo(
            f"Closed; erased from {done.due_at:%Y-%m-%d %H:%M} UTC on."
            f" Until then: catchup users restore {email}"
        )


@click.command()
@click.argument("email")
@json_option
def restore(email: str, as_json: bool) -> None:
    """Open a closed account again, as long as it is not erased.

    \b
    Example:
      catchup users restore ana@example.org
    """
    from server.account import service_close
    from server.lib.clock import utc_now

    found = run(lambda: service_close.restore_for(email, now=utc_now()))
    say_done(f"{email} can sign in again.", found, as_json=as_json)


@click.command()
@json_option
def erasures(as_json: bool) -> None:
    """List closed and erased accounts by id; with --json also the proofs.

    \b
    Example:
      catchup users erasures --json
    """
    from server.account import service_close

    found = run(service_close.list_erasures)
    if as_json:
        echo_json(found)
        return
    for one in found:
        click.echo(f"{one.id}  {one.state:<8}  from {one.due_at:%Y-%m-%d %H:%M} UTC")
    if not found:
        click.echo("No account was ever closed.")


def _show(email: str, plan: dict[str, Any], shared: str) -> None:
    click.echo(f"The account of {email} holds:")
    for table, number in plan["rows"].items():
        click.echo(f"  {number:>8}  {table}")
    if not plan["has_heir"]:
        click.echo("Nobody else is in the household: it goes as a whole, with its keys.")
    elif plan["shared"]:
        fate = "handed over to a housemate" if shared == "hand_over" else "erased"
        click.echo(f"Of these {plan['shared']} are shared with the household: {fate}.")
    if plan["is_last_user"]:
        click.echo("Nobody else uses this server: whoever registers next becomes its admin.")
