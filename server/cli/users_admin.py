"""`catchup users show`, `disable`, `enable`, `export`: what the dashboard does to users."""

import os
from pathlib import Path
from typing import Any, Literal

import click

from server.cli.session import echo_json, fail, json_option, run, say_done

# Not over another file, nor through a link that somebody laid there.
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL


@click.command()
@click.argument("email")
@json_option
def show(email: str, as_json: bool) -> None:
    """Show a user with all that hangs on them, counted.

    \b
    Example:
      catchup users show ana@example.org --json
    """
    from server.admin import service_users
    from server.admin.schemas_users import AdminUserDetailOut
    from server.lib.clock import utc_now
    from server.users import service

    async def work() -> AdminUserDetailOut:
        scope = await service.find_scope(email)
        return await service_users.get_user(scope.user_id, now=utc_now())

    user = run(work)
    if as_json:
        echo_json(user)
        return
    factor = "second factor on" if user.has_mfa else "no second factor"
    seen = f"{user.last_seen_at:%Y-%m-%d %H:%M} UTC" if user.last_seen_at else "never"
    click.echo(f"{user.email}  {user.server_role}, {user.household_role}  {user.state}")
    click.echo(f"  id          {user.id}")
    click.echo(f"  seen        {seen}, {factor}")
    click.echo(
        f"  holds       {user.sessions} sessions, {user.api_tokens} API tokens,"
        f" {user.open_invitations} open invitations"
    )
    for channel in user.channels:
        words = ["on" if channel.is_wanted else "off"]
        words += [] if channel.is_verified else ["not verified"]
        words += [f"STOP since {channel.stopped_at:%Y-%m-%d}"] if channel.stopped_at else []
        click.echo(f"  {channel.channel:<11} {', '.join(words)}")
    for table, number in user.rows.items():
        click.echo(f"  {number:>8}  {table}")


@click.command()
@click.argument("email")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def disable(email: str, yes: bool, as_json: bool) -> None:
    """Let nobody sign in as a user any more; their sessions end at once.

    API tokens open nothing until the user is enabled again. The last admin stays one.

    \b
    Example:
      catchup users disable ben@example.org
    """
    from server.lib.clock import utc_now
    from server.users import admins

    if not yes:
        click.confirm(f"End all sessions of {email} and let nobody sign in as them?", abort=True)
    ended = run(lambda: admins.disable(email, now=utc_now()))
    say_done(
        f"Nobody can sign in as {email} any more; sessions ended: {ended}.",
        {"act": "disable", "email": email, "touched": {"sessions_ended": ended}},
        as_json=as_json,
    )


@click.command()
@click.argument("email")
@json_option
def enable(email: str, as_json: bool) -> None:
    """Let a disabled user sign in again; for a closed account see `catchup users restore`.

    \b
    Example:
      catchup users enable ben@example.org
    """
    from server.lib.clock import utc_now
    from server.users import admins

    run(lambda: admins.enable(email, now=utc_now()))
    done = {"act": "enable", "email": email, "touched": {}}
    say_done(f"{email} can sign in again.", done, as_json=as_json)


@click.command()
@click.argument("email")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="The file to write; it must not be there yet.",
)
@click.option(
    "--format",
    "wanted",
    type=click.Choice(["json", "csv", "zip"]),
    default="zip",
    show_default=True,
    help="zip: all forms, contacts as vCard, photos.",
)
@json_option
def export(email: str, out: Path, wanted: Literal["json", "csv", "zip"], as_json: bool) -> None:
    """Write everything that is a user's into a file, decrypted; the audit trail says so.

    The file can be read by its owner only.

    \b
    Example:
      catchup users export ana@example.org --out ana.zip
    """
    from server.account import service_export
    from server.lib.clock import utc_now
    from server.users import service

    async def work() -> int:
        scope = await service.find_scope(email)
        parts = await service_export.export(scope, wanted, now=utc_now())
        written = 0
        with os.fdopen(os.open(out, _NEW, 0o600), "wb") as file:
            async for part in parts:
                written += file.write(part)
        return written

    if out.exists():
        fail(f"{out} is there already")
    written = run(work)
    done: dict[str, Any] = {"act": "export", "email": email, "file": str(out), "bytes": written}
    say_done(f"{written:,} bytes in {out}.", done, as_json=as_json)
