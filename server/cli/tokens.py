"""`catchup tokens`: rights lent to programs."""

from uuid import UUID

import click
from pydantic import ValidationError

from server.cli.session import echo_json, fail, json_option, run, say_done
from server.cli.tokens_console import console

user_option = click.option(
    "--user", "email", metavar="EMAIL", required=True, help="Whose rights they are."
)


@click.group()
def tokens() -> None:
    """Make, list, rotate and revoke API tokens.

    \b
    Example:
      catchup tokens create "backup script" --user ana@example.org --scope contacts:read
    """


tokens.add_command(console)


@tokens.command()
@click.argument("name")
@user_option
@click.option(
    "--scope",
    "scopes",
    metavar="RIGHT",
    multiple=True,
    required=True,
    help="contacts:read, for one.",
)
@click.option("--days", default=90, show_default=True, help="How long it is good for.")
@json_option
def create(name: str, email: str, scopes: tuple[str, ...], days: int, as_json: bool) -> None:
    """Make a token and print its secret, which is told only now.

    \b
    Example:
      catchup tokens create "backup script" --user ana@example.org --scope contacts:read
    """
    from server.lib.clock import utc_now
    from server.problems import field_errors
    from server.users import api_tokens
    from server.users import service as users
    from server.users.permissions import permissions_of
    from server.users.schemas_api_tokens import TokenCreated, TokenIn

    try:
        data = TokenIn.model_validate({"name": name, "scopes": scopes, "expires_in_days": days})
    except ValidationError as error:
        fail(*(f"{one.field}: {one.message}" for one in field_errors(error)))

    async def work() -> TokenCreated:
        scope = await users.find_scope(email)
        permissions = permissions_of((await users.me(scope)).server_role)
        return await api_tokens.create_token(scope, permissions, data, now=utc_now())

    made = run(work)
    if as_json:
        echo_json(made)
        return
    click.echo(made.token)


@tokens.command("list")
@user_option
@json_option
def list_(email: str, as_json: bool) -> None:
    """List a user's tokens and when each was last used.

    \b
    Example:
      catchup tokens list --user ana@example.org
    """
    from server.lib.paging import MOST, ShortListQuery
    from server.users import api_tokens
    from server.users import service as users
    from server.users.schemas_api_tokens import TokenPage

    async def work() -> TokenPage:
        return await api_tokens.list_tokens(
            await users.find_scope(email), ShortListQuery(limit=MOST)
        )

    found = run(work).items
    if as_json:
        echo_json(found)
        return
    for one in found:
        used = f"used {one.last_used_at:%Y-%m-%d %H:%M} UTC" if one.last_used_at else "never used"
        click.echo(
            f"{one.id}  until {one.expires_at:%Y-%m-%d}  {used:<26}  {one.name}"
            f"  ({', '.join(one.scopes)})"
        )
    if not found:
        click.echo("No tokens: `catchup tokens create NAME --user EMAIL --scope …` makes one.")


@tokens.command()
@click.argument("token_id", metavar="ID", type=click.UUID)
@user_option
@click.option(
    "--grace",
    "grace_minutes",
    default=10,
    show_default=True,
    type=click.IntRange(0, 60),
    help="Minutes that the secret before stays good.",
)
@click.option(
    "--days",
    default=90,
    show_default=True,
    type=click.IntRange(1, 365),
    help="How long it is good for.",
)
@json_option
def rotate(token_id: UUID, email: str, grace_minutes: int, days: int, as_json: bool) -> None:
    """Give a token a new secret and print it; the one before stays good for some minutes.

    \b
    Example:
      catchup tokens rotate 01928f6e-7a3b-7c1d-9e2f-3a4b5c6d7e8f --user ana@example.org
    """
    from server.lib.clock import utc_now
    from server.users import api_tokens
    from server.users import service as users
    from server.users.schemas_api_tokens import TokenCreated, TokenRenewal

    data = TokenRenewal(grace_minutes=grace_minutes, expires_in_days=days)

    async def work() -> TokenCreated:
        scope = await users.find_scope(email)
        return await api_tokens.renew_token(scope, token_id, data, now=utc_now())

    made = run(work)
    if as_json:
        echo_json(made)
        return
    click.echo(made.token)


@tokens.command()
@click.argument("token_id", metavar="ID", type=click.UUID)
@user_option
@json_option
def revoke(token_id: UUID, email: str, as_json: bool) -> None:
    """Revoke a token: it opens nothing from now on, after 5 s at the latest.

    \b
    Example:
      catchup tokens revoke 01928f6e-7a3b-7c1d-9e2f-3a4b5c6d7e8f --user ana@example.org
    """
    from server.lib.clock import utc_now
    from server.users import api_tokens
    from server.users import service as users

    async def work() -> None:
        await api_tokens.revoke_token(await users.find_scope(email), token_id, now=utc_now())

    run(work)
    say_done("Revoked.", {"act": "revoke", "token_id": token_id}, as_json=as_json)
