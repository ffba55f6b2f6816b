"""`catchup feeds`: the calendars that a user's devices subscribe to."""

from uuid import UUID

import click
from pydantic import ValidationError

from server.cli.session import echo_json, fail, json_option, read_settings, run, say_done

user_option = click.option(
    "--user", "email", metavar="EMAIL", required=True, help="Whose feeds these are."
)


@click.group()
def feeds() -> None:
    """Make, list and revoke calendar feeds of suggestions.

    \b
    Example:
      catchup feeds create "Ana's phone" --user ana@example.org
    """


@feeds.command("list")
@user_option
@json_option
def list_(email: str, as_json: bool) -> None:
    """List a user's feeds and when each was last read.

    \b
    Example:
      catchup feeds list --user ana@example.org
    """
    from server.feeds import service
    from server.feeds.schemas import FeedPage
    from server.lib.paging import MOST, PageQuery
    from server.users import service as users

    async def work() -> FeedPage:
        return await service.list_feeds(await users.find_scope(email), PageQuery(limit=MOST))

    found = run(work).items
    if as_json:
        echo_json(found)
        return
    for feed in found:
        read = f"read {feed.last_read_at:%Y-%m-%d %H:%M} UTC" if feed.last_read_at else "never read"
        click.echo(f"{feed.id}  {feed.detail:<6}  {read:<26}  {feed.name}")
    if not found:
        click.echo("No feeds yet: `catchup feeds create NAME --user EMAIL` makes one.")


@feeds.command()
@click.argument("name")
@user_option
@click.option("--hidden", is_flag=True, help="Call every event just `Catch up`.")
@click.option("--no-pending", is_flag=True, help="Show only what is accepted.")
@json_option
def create(name: str, email: str, hidden: bool, no_pending: bool, as_json: bool) -> None:
    """Make a feed and print its address, which is told only now.

    \b
    Examples:
      catchup feeds create "Ana's phone" --user ana@example.org
      catchup feeds create "Office" --user ana@example.org --hidden
    """
    from server.feeds import service
    from server.feeds.schemas import FeedCreated, FeedIn
    from server.lib.clock import utc_now
    from server.problems import field_errors
    from server.users import service as users

    try:
        data = FeedIn(
            name=name, detail="hidden" if hidden else "full", include_pending=not no_pending
        )
    except ValidationError as error:
        fail(*(f"{one.field}: {one.message}" for one in field_errors(error)))
    base_url = read_settings().base_url

    async def work() -> FeedCreated:
        scope = await users.find_scope(email)
        return await service.create_feed(scope, data, base_url=base_url, now=utc_now())

    made = run(work)
    if as_json:
        echo_json(made)
        return
    click.echo(made.url)


@feeds.command()
@click.argument("feed_id", metavar="ID", type=click.UUID)
@user_option
@json_option
def revoke(feed_id: UUID, email: str, as_json: bool) -> None:
    """Revoke a feed: its address is not found from now on.

    \b
    Example:
      catchup feeds revoke 01928f6e-7a3b-7c1d-9e2f-3a4b5c6d7e8f --user ana@example.org
    """
    from server.feeds import service
    from server.lib.clock import utc_now
    from server.users import service as users

    async def work() -> None:
        scope = await users.find_scope(email)
        await service.revoke_feed(scope, feed_id, expected=None, now=utc_now())

    run(work)
    say_done("Revoked.", {"act": "revoke", "feed_id": feed_id}, as_json=as_json)
