"""`catchup sessions`: which devices are signed in, and signing them out."""

from uuid import UUID

import click

from server.cli.session import echo_json, fail, json_option, run, say_done
from server.cli.unix_user import unix_user


@click.group()
def sessions() -> None:
    """List the devices that are signed in, and sign them out.

    \b
    Example:
      catchup sessions list --user ana@example.org
    """


@sessions.command("list")
@click.option("--user", "email", metavar="EMAIL", required=True, help="Whose sessions.")
@json_option
def list_(email: str, as_json: bool) -> None:
    """List a user's sessions, newest first.

    \b
    Example:
      catchup sessions list --user ana@example.org --json
    """
    from server.lib.clock import utc_now
    from server.lib.paging import MOST, ShortListQuery
    from server.users import service as users
    from server.users import service_sessions as service
    from server.users.schemas_mfa import SessionPage

    async def work() -> SessionPage:
        scope = await users.find_scope(email)
        query = ShortListQuery(limit=MOST)
        return await service.list_sessions(scope, query, current=None, now=utc_now())

    found = run(work).items
    if as_json:
        echo_json(found)
        return
    for one in found:
        factor = "2 factors" if one.has_mfa else "password "
        click.echo(
            f"{one.id}  used {one.last_used_at:%Y-%m-%d %H:%M} UTC  {factor}"
            f"  {one.address:<15}  {_printable(one.user_agent)}"
        )
    if not found:
        click.echo(f"{email} is not signed in anywhere.")


@sessions.command()
@click.argument("session_id", metavar="ID", type=click.UUID, required=False)
@click.option("--user", "email", metavar="EMAIL", help="Revoke all of this user's sessions.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def revoke(session_id: UUID | None, email: str | None, yes: bool, as_json: bool) -> None:
    """Sign a device out, or all devices of a user.

    \b
    Examples:
      catchup sessions revoke 01928f6e-7a3b-7c1d-9e2f-3a4b5c6d7e8f
      catchup sessions revoke --user ana@example.org
    """
    from server.lib.clock import utc_now
    from server.users import service as users
    from server.users import service_sessions as service

    if (session_id is None) == (email is None):
        fail("give either the ID of a session or --user EMAIL")
    whose = f"all sessions of {email}" if email else "this session"
    if not yes:
        click.confirm(f"End {whose}? Who uses it has to sign in again.", abort=True)

    async def work() -> int:
        if session_id is not None:
            await service.revoke_any(session_id, by=unix_user(), now=utc_now())
            return 1
        scope = await users.find_scope(str(email))
        return await service.revoke_all(scope, by=unix_user(), now=utc_now())

    ended = run(work)
    done = {"act": "end-sessions", "email": email, "touched": {"sessions_ended": ended}}
    say_done(f"Ended: {ended}.", done, as_json=as_json)


def _printable(text: str) -> str:
    """Return what a client said of itself without what would speak to the terminal."""
    return "".join(one if one.isprintable() else "?" for one in text)
