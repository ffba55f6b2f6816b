"""`catchup users`: make, list and help users from the box itself."""

import sys
from typing import Literal

import click
from pydantic import ValidationError

from server.cli.invitations import create as invite
from server.cli.session import (
    echo_json,
    fail,
    json_option,
    read_settings,
    run,
    say_done,
    sort_option,
)
from server.cli.unix_user import unix_user
from server.cli.users_admin import disable, enable, export, show
from server.cli.users_erasure import delete, erasures, restore


@click.group()
def users() -> None:
    """Make, list and help users.

    \b
    Example:
      catchup users create ana@example.org --zone Europe/Berlin
    """


for _command in (show, disable, enable, export, delete, restore, erasures):
    users.add_command(_command)
# As the dashboard and its API call them.
users.add_command(delete, "erase")
users.add_command(invite, "invite")


@users.command()
@click.argument("email")
@click.option("--name", default="", help="What to call them.")
@click.option(
    "--zone", default="UTC", show_default=True, help="IANA time zone of their wall clock."
)
@click.option("--place", default=None, help="The city they live in.")
@click.option("--household-of", metavar="EMAIL", help="Join this person's household.")
@click.option("--admin", is_flag=True, help="Let them look after the server.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@json_option
def create(
    email: str,
    name: str,
    zone: str,
    place: str | None,
    household_of: str | None,
    admin: bool,
    password_stdin: bool,
    as_json: bool,
) -> None:
    """Make a user; the first one becomes admin.

    \b
    Examples:
      catchup users create ana@example.org --zone Europe/Berlin
      echo "$PASSWORD" | catchup users create ben@example.org --password-stdin
    """
    from server.lib.clock import utc_now
    from server.users import service
    from server.users.schemas import RegisterIn

    password = _ask_password(password_stdin)
    try:
        data = RegisterIn(
            email=email, password=password, name=name, zone=zone, place=place, household_name=""
        )
    except ValidationError as error:
        fail(*_lines(error))
    user = run(
        lambda: service.create_user(data, household_of=household_of, is_admin=admin, now=utc_now())
    )
    say_done(f"Made {user.email} ({user.server_role}).", user, as_json=as_json)


@users.command("list")
@sort_option("oldest", "newest", "email", "name")
@json_option
def list_(sort: str, as_json: bool) -> None:
    """List every user of this server.

    \b
    Example:
      catchup users list --json
    """
    from server.users import service

    found = run(service.list_users)
    if sort == "newest":
        found.reverse()
    elif sort != "oldest":
        found.sort(key=lambda user: (user.email if sort == "email" else user.name).lower())
    if as_json:
        echo_json(found)
        return
    for user in found:
        click.echo(
            f"{user.email:<40} {user.server_role:<7} {user.zone:<24} {user.created_at:%Y-%m-%d}"
            f"{f'  closed or disabled {user.disabled_at:%Y-%m-%d}' if user.disabled_at else ''}"
        )
    if not found:
        click.echo("No users yet: `catchup users create EMAIL` makes the first.")


@users.command()
@click.argument("email")
@click.argument("server_role", metavar="admin|member", type=click.Choice(["admin", "member"]))
@json_option
def role(email: str, server_role: Literal["admin", "member"], as_json: bool) -> None:
    """Let somebody look after the server, or no more; the last admin stays one.

    An admin's rights wait until they have a second factor.

    \b
    Example:
      catchup users role ben@example.org admin
    """
    from server.lib.clock import utc_now
    from server.users import admins

    changed = run(lambda: admins.set_role(email, server_role, now=utc_now()))
    say_done(
        f"{email} is {'an admin' if server_role == 'admin' else 'a member'} now.",
        {"act": "role", "email": email, "touched": {"role_changed": int(changed)}},
        as_json=as_json,
    )


@users.command("reset-password")
@click.argument("email")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@json_option
def reset_password(email: str, password_stdin: bool, as_json: bool) -> None:
    """Set a user's password; sessions, API tokens and invitations end, a second factor stays.

    \b
    Examples:
      catchup users reset-password ana@example.org
      echo "$PASSWORD" | catchup users reset-password ana@example.org --password-stdin
    """
    from server.lib.clock import utc_now
    from server.users import service_passwords
    from server.users.schemas import check_new_password

    password = _ask_password(password_stdin)
    try:
        check_new_password(password)
    except ValidationError as error:
        fail(*_lines(error))
    run(lambda: service_passwords.reset_password(email, password, by=unix_user(), now=utc_now()))
    say_done(
        f"The password of {email} is set; they have to sign in again everywhere.",
        {"act": "reset-password", "email": email},
        as_json=as_json,
    )


# The name that it had first.
users.add_command(reset_password, "passwd")


@users.command("reset-mfa")
@click.argument("email")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def reset_mfa(email: str, yes: bool, as_json: bool) -> None:
    """Take a user's second factor away; all of their sessions end.

    For who has lost both the app and the recovery codes. The password alone signs in then; an
    admin has no admin rights until there is a new second factor.

    \b
    Example:
      catchup users reset-mfa ana@example.org
    """
    from server.lib.clock import utc_now
    from server.users import mfa, service
    from server.users.schemas_mfa import MfaOut

    async def look() -> MfaOut:
        return await mfa.get_status(await service.find_scope(email))

    async def work() -> dict[str, int]:
        scope = await service.find_scope(email)
        return await mfa.reset(scope, by=unix_user(), now=utc_now())

    status = run(look)
    has = "has a second factor" if status.is_on else "has no second factor in force"
    if not yes:
        click.echo(f"{email} {has}; recovery codes left: {status.recovery_codes_left}.")
        click.confirm("Take it away and end all of their sessions?", abort=True)
    touched = run(work)
    had = "" if status.is_on else " (there was no second factor in force)"
    say_done(
        f"{email} signs in with the password alone{had}; the audit trail says who did this.",
        {"act": "reset-mfa", "email": email, "touched": touched},
        as_json=as_json,
    )


@users.command("reset-link")
@click.argument("email")
@click.option("--mail", is_flag=True, help="Mail it to them instead.")
@json_option
def reset_link(email: str, mail: bool, as_json: bool) -> None:
    """Print a link with which a user chooses a new password within an hour, once.

    The audit trail says that it was made. A second factor stays as it is.

    \b
    Example:
      catchup users reset-link ana@example.org
    """
    from server.lib.clock import utc_now
    from server.users import resets, service

    base_url, now = read_settings().base_url, utc_now()

    async def work() -> str | None:
        scope = await service.find_scope(email)
        if mail:
            await resets.mail_link(scope, base_url=base_url, actor_id=None, now=now)
            return None
        return await resets.make_link(scope, base_url=base_url, by=unix_user(), now=now)

    link = run(work)
    done = {"act": "reset-link", "email": email, "link": link, "expires_at": now + resets.LIFE}
    say_done(link or f"A link is on its way to {email}.", done, as_json=as_json)


@users.command()
@click.argument("email")
@json_option
def unlock(email: str, as_json: bool) -> None:
    """Let a user try to sign in again at once, after too many wrong passwords of whomever.

    \b
    Example:
      catchup users unlock ana@example.org
    """
    from server.lib.clock import utc_now
    from server.users import service, throttle

    async def work() -> None:
        scope = await service.find_scope(email)
        await throttle.forgive(scope, email, by=unix_user(), now=utc_now())

    run(work)
    done = {"act": "unlock", "email": email}
    say_done(f"{email} has five tries again.", done, as_json=as_json)


def _ask_password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        fail("no terminal to ask for the password on: use --password-stdin")
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))


def _lines(error: ValidationError) -> list[str]:
    return [
        f"{'.'.join(str(part) for part in item['loc']) or 'password'}: {item['msg']}"
        for item in error.errors(include_url=False, include_input=False)
    ]
