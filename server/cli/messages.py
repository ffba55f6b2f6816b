"""`catchup messages`: where each message is and why, and why somebody got none."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click
from pydantic import ValidationError

from server.cli.session import echo_json, fail, json_option, run, sort_option

if TYPE_CHECKING:
    from server.admin.schemas_messages import MessageOut, MessageTraceOut
    from server.admin.schemas_silence import SilenceOut

_TIME = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])
message_argument = click.argument("message_id", metavar="ID", type=click.UUID)


@click.group()
def messages() -> None:
    """Follow messages from their cause to the reply. What they say is not shown.

    \b
    Examples:
      catchup messages list --state failed
      catchup messages why-silent ana@example.org
    """


@messages.command("list")
@click.option("--state", help="pending, sending, accepted, delivered, failed, unknown, suppressed.")
@click.option("--kind", help="digest, for one.")
@click.option("--channel", type=click.Choice(["sms", "email"]), help="Only these.")
@click.option("--user", "email", metavar="EMAIL", help="Only messages to this person.")
@click.option("--since", type=_TIME, help="The earliest, inclusive (UTC).")
@sort_option("newest", "oldest")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1000))
@json_option
def list_(
    state: str | None,
    kind: str | None,
    channel: str | None,
    email: str | None,
    since: datetime | None,
    sort: str,
    limit: int,
    as_json: bool,
) -> None:
    """List messages; times are UTC.

    \b
    Example:
      catchup messages list --state unknown --json
    """
    from server.admin import service_messages
    from server.admin.schemas_messages import MessagesQuery
    from server.problems import field_errors
    from server.users import service as users

    given: dict[str, Any] = {"state": state, "kind": kind, "channel": channel}
    given |= {"sort": sort, "limit": limit}
    try:
        query = MessagesQuery(since=since.replace(tzinfo=UTC) if since else None, **given)
    except ValidationError as error:
        fail(*(f"{one.field}: {one.message}" for one in field_errors(error)))

    async def work() -> "list[MessageOut]":
        user = str((await users.find_scope(email)).user_id) if email else None
        wanted = query.model_copy(update={"user": user})
        return (await service_messages.list_messages(wanted)).items

    found = run(work)
    if as_json:
        echo_json(found)
        return
    for message in found:
        click.echo(_line(message))
    if not found:
        click.echo("No messages.")


@messages.command()
@message_argument
@json_option
def show(message_id: UUID, as_json: bool) -> None:
    """Trace one message: cause, suggestions, digest, attempts, provider's events, replies.

    \b
    Example:
      catchup messages show 01934d6e-7a3b-7c11-9d0a-6f2f3f4f5a6b
    """
    from server.admin import service_messages

    found = run(lambda: service_messages.trace(message_id))
    if as_json:
        echo_json(found)
        return
    for line in _story(found):
        click.echo(line)


@messages.command()
@message_argument
@click.option("--yes", is_flag=True, help="Do not ask, also when it may arrive twice.")
@json_option
def retry(message_id: UUID, yes: bool, as_json: bool) -> None:
    """Send a message that failed, or one of which nobody knows whether it left.

    \b
    Example:
      catchup messages retry 01934d6e-7a3b-7c11-9d0a-6f2f3f4f5a6b
    """
    from server.admin import service_messages
    from server.lib.clock import utc_now

    if not yes:
        state = run(lambda: service_messages.trace(message_id)).message.state
        if state == "unknown":
            click.confirm("It may have been sent, and arrive twice. Send it again?", abort=True)
    sent = run(lambda: service_messages.retry(message_id, confirm=True, now=utc_now()))
    if as_json:
        echo_json(sent)
        return
    click.echo(_line(sent))


@messages.command("why-silent")
@click.argument("email")
@json_option
def why_silent(email: str, as_json: bool) -> None:
    """Say why a person got nothing: what holds now, then what happened, newest first.

    \b
    Example:
      catchup messages why-silent ana@example.org
    """
    from server.admin import service_silence
    from server.cli.session import read_settings
    from server.lib.clock import utc_now
    from server.users import service as users

    async def work() -> "SilenceOut":
        scope = await users.find_scope(email)
        return await service_silence.why_silent(scope.user_id, read_settings(), now=utc_now())

    found = run(work)
    if as_json:
        echo_json(found)
        return
    for reason in found.reasons:
        at = f"{reason.at:%Y-%m-%d %H:%M}" if reason.at else "now"
        about = f"  {reason.message_id}" if reason.message_id else ""
        click.echo(f"{at:<16}  {reason.code:<18}  {reason.sentence}{about}")


def _line(message: "MessageOut") -> str:
    why = f" ({message.code})" if message.code else ""
    return (
        f"{message.id}  {message.created_at:%Y-%m-%d %H:%M}  {message.channel:<5}"
        f" {message.state + why:<28} {message.kind}  to {message.user_id}"
    )


def _story(trace: "MessageTraceOut") -> list[str]:
    message = trace.message
    lines = [_line(message)]
    if message.cause_kind:
        lines.append(f"  cause       {message.cause_kind} {message.cause_id}")
    if trace.answers:
        lines.append(f"  answers     reply {trace.answers.id}")
    if trace.digest:
        lines.append(f"  digest      of {trace.digest.local_date}, due {_at(trace.digest.due_at)}")
    lines += [
        f"  suggestion  {one.id}  {one.trigger}  {one.state}"
        f"{f'  code {one.code}' if one.code else ''}"
        for one in trace.suggestions
    ]
    lines += [
        f"  attempt {one.number:<3} {_at(one.started_at)}  {one.outcome or 'under way'}"
        f"{f' ({one.code})' if one.code else ''}"
        for one in trace.attempts
    ]
    lines += [
        f"  event       {_at(one.at)}  {one.provider} {one.kind}"
        f"{f' ({one.code})' if one.code else ''}"
        for one in trace.events
    ]
    lines += [
        f"  reply       {_at(one.received_at)}  {one.state}{f' ({one.code})' if one.code else ''}"
        for one in trace.replies
    ]
    if message.text is not None:
        lines += ["", message.text]
    return lines


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"
