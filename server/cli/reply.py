"""`catchup reply`: answer as a user would by SMS or e-mail."""

import asyncio
import sys

import click

from server.cli.session import echo_json, fail, json_option, run

WAIT_S = 30.0
PAUSE_S = 0.2


@click.command()
@click.argument("text", nargs=-1, required=True)
@click.option("--user", "email", metavar="EMAIL", required=True, help="Who answers.")
@click.option(
    "--channel",
    type=click.Choice(["sms", "email"]),
    default="sms",
    show_default=True,
    help="As which of the two: e-mails lose quotes and signature, and STOP is of one channel.",
)
@json_option
def reply(text: tuple[str, ...], email: str, channel: str, as_json: bool) -> None:
    """Answer a message on behalf of a user, as if the reply had come in; print the receipt.

    With `-` as its text the reply is read from standard input. It works without a worker.

    \b
    Examples:
      catchup reply --user ana@example.org 1 yes 2 later
      catchup reply --user ana@example.org undo
      catchup reply --user ana@example.org --channel email - < reply.txt
    """
    from server.lib.clock import utc_now
    from server.lib.ids import uuid7
    from server.messages import inbox
    from server.replies import service, service_notes
    from server.replies.schemas import InboxMessageOut
    from server.users import service as users

    words = sys.stdin.read() if text == ("-",) else " ".join(text)

    async def work() -> tuple[InboxMessageOut, str | None]:
        scope = await users.find_scope(email)
        message_id = await inbox.receive(
            scope,
            channel=channel,
            provider="console",
            provider_event_id=str(uuid7()),
            text=words,
            now=utc_now(),
        )
        if message_id is None:
            raise ValueError("a new id is new")
        async with asyncio.timeout(WAIT_S):
            while True:
                # The worker may have it already: then there is nothing left to do here.
                await service.handle_batch(now=utc_now())
                found = await service_notes.get_reply(scope, message_id)
                if found.state != "received":
                    return found, await service.find_receipt(scope, message_id)
                await asyncio.sleep(PAUSE_S)

    try:
        found, receipt = run(work)
    except TimeoutError:
        fail(f"stored, but not handled within {WAIT_S:.0f} s: `catchup doctor` says more")
    if as_json:
        echo_json({**found.model_dump(mode="json"), "receipt": receipt})
        return
    click.echo(receipt or f"(no receipt: {found.outcome_code})")
