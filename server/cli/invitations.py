"""`catchup invitations`: let people into a household, from the box itself."""

from uuid import UUID

import click
from pydantic import ValidationError

from server.cli.session import echo_json, fail, json_option, run, say_done

user_option = click.option(
    "--user", "email", metavar="EMAIL", required=True, help="Who invites: an owner or an admin."
)


@click.group()
def invitations() -> None:
    """Invite people into a household, list and revoke invitations.

    \b
    Example:
      catchup invitations create --user ana@example.org --for ben@example.org
    """


@invitations.command()
@user_option
@click.option("--for", "invited", metavar="EMAIL", help="Only this person may come.")
@json_option
def create(email: str, invited: str | None, as_json: bool) -> None:
    """Make an invitation, good for seven days, and print its token, which is told only now.

    \b
    Example:
      catchup invitations create --user ana@example.org --for ben@example.org
    """
    from server.lib.clock import utc_now
    from server.problems import field_errors
    from server.users import invitations as service
    from server.users import service as users
    from server.users.schemas_invitations import InvitationCreated, InvitationIn

    try:
        data = InvitationIn(email=invited)
    except ValidationError as error:
        fail(*(f"{one.field}: {one.message}" for one in field_errors(error)))

    async def work() -> InvitationCreated:
        return await service.create_invitation(await users.find_scope(email), data, now=utc_now())

    made = run(work)
    if as_json:
        echo_json(made)
        return
    click.echo(made.token)


@invitations.command("list")
@user_option
@json_option
def list_(email: str, as_json: bool) -> None:
    """List a user's invitations.

    \b
    Example:
      catchup invitations list --user ana@example.org
    """
    from server.lib.paging import MOST, ShortListQuery
    from server.users import invitations as service
    from server.users import service as users
    from server.users.schemas_invitations import InvitationPage

    async def work() -> InvitationPage:
        scope = await users.find_scope(email)
        return await service.list_invitations(scope, ShortListQuery(limit=MOST))

    found = run(work).items
    if as_json:
        echo_json(found)
        return
    for one in found:
        state = "used" if one.used_at else f"until {one.expires_at:%Y-%m-%d %H:%M} UTC"
        click.echo(f"{one.id}  {state:<26}  {one.email or 'anyone'}")
    if not found:
        click.echo("No invitations: `catchup invitations create --user EMAIL` makes one.")


@invitations.command()
@click.argument("invitation_id", metavar="ID", type=click.UUID)
@user_option
@json_option
def revoke(invitation_id: UUID, email: str, as_json: bool) -> None:
    """Revoke an invitation: its token opens nothing from now on.

    \b
    Example:
      catchup invitations revoke 01928f6e-7a3b-7c1d-9e2f-3a4b5c6d7e8f --user ana@example.org
    """
    from server.lib.clock import utc_now
    from server.users import invitations as service
    from server.users import service as users

    async def work() -> None:
        scope = await users.find_scope(email)
        await service.revoke_invitation(scope, invitation_id, now=utc_now())

    run(work)
    say_done("Revoked.", {"act": "revoke", "invitation_id": invitation_id}, as_json=as_json)
