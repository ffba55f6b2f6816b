"""`catchup audit`: read the audit trail, and prove that it is as it was written."""

import json
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click
from pydantic import ValidationError

from server.cli.session import echo_json, fail, json_option, run, sort_option

if TYPE_CHECKING:
    from server.audit.anchor_lines import Anchor
    from server.audit.service_verify import Verdict

_TIME = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])


@click.group()
def audit() -> None:
    """Read the audit trail, and prove that it is as it was written.

    \b
    Examples:
      catchup audit list --action alert
      catchup audit verify
    """


@audit.command("list")
@click.option("--action", help="One action, or its first words: `user` finds `user.signed_in`.")
@click.option("--actor", metavar="ID", help="The user who did it.")
@click.option("--subject", metavar="ID", help="What it was done to.")
@click.option("--chain", metavar="NAME", help="`server`, or the id of a household.")
@click.option("--from", "since", type=_TIME, help="The earliest, inclusive (UTC).")
@click.option("--to", "until", type=_TIME, help="Before this instant (UTC).")
@sort_option("newest", "oldest")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1000))
@json_option
def list_(
    action: str | None,
    actor: str | None,
    subject: str | None,
    chain: str | None,
    since: datetime | None,
    until: datetime | None,
    sort: str,
    limit: int,
    as_json: bool,
) -> None:
    """List who did what; times are UTC.

    \b
    Examples:
      catchup audit list --action user.sign_in_failed --from 2026-03-01
      catchup audit list --chain server --json
    """
    from server.audit import service
    from server.audit.schemas import AuditQuery
    from server.problems import field_errors

    given: dict[str, Any] = {
        "action": action,
        "actor": actor,
        "subject": subject,
        "chain": chain,
        "from": since.replace(tzinfo=UTC) if since else None,
        "to": until.replace(tzinfo=UTC) if until else None,
        "sort": sort,
        "limit": limit,
    }
    try:
        query = AuditQuery.model_validate(given)
    except ValidationError as error:
        fail(*(f"{one.field}: {one.message}" for one in field_errors(error)))
    found = run(lambda: service.list_entries(query)).items
    if as_json:
        echo_json(found)
        return
    for entry in found:
        who = str(entry.actor_id) if entry.actor_id else "-"
        what = f"{entry.subject_kind} {entry.subject_id}" if entry.subject_id else "-"
        details = " ".join(f"{name}={value}" for name, value in sorted(entry.details.items()))
        click.echo(
            f"{entry.at:%Y-%m-%d %H:%M:%S}  {entry.action:<24}  by {who:<36}  {what}"
            f"  {entry.address or ''}  {details}".rstrip()
        )
    if not found:
        click.echo("Nothing found.")


@audit.command()
@click.option(
    "--anchors",
    "anchors",
    type=click.File(encoding="utf-8", errors="replace"),
    help="A log of the server, or what `catchup audit heads` printed; - reads standard input.",
)
@json_option
def verify(anchors: Any, as_json: bool) -> None:
    """Verify every chain; name the first bad row of each that is not whole, and exit with 1.

    A chain cut off at its newest end is found by what was anchored: each minute, in the database
    and in the log. The log may lie where nobody who owns this server can reach it: compare with it.

    \b
    Examples:
      catchup audit verify
      journalctl -u catchup-worker | catchup audit verify --anchors -
    """
    from server.audit import anchor_lines, service_verify
    from server.errors import BadInput

    async def work() -> "list[Verdict]":
        try:
            given = list(anchor_lines.read(anchors)) if anchors else []
        except anchor_lines.BadAnchor as error:
            raise BadInput(f"--anchors: {error}") from None
        return await service_verify.verify(given)

    found = run(work)
    if as_json:
        click.echo(json.dumps([_plain(verdict) for verdict in found], indent=2))
    else:
        _tell(found)
    if any(verdict.flaw for verdict in found):
        sys.exit(1)


@audit.command()
def heads() -> None:
    """Print the newest entry of each chain, signed, a line of JSON each, to be kept elsewhere.

    \b
    Example:
      catchup audit heads > anchors.jsonl
    """
    from server.audit import anchor_lines, service_anchors

    async def work() -> "list[Anchor]":
        return await service_anchors.heads()

    for head in run(work):
        click.echo(json.dumps({"event": anchor_lines.EVENT, **head.fields()}))


def _tell(found: "list[Verdict]") -> None:
    from server.audit.service import name_of_chain

    for verdict in found:
        name = name_of_chain(verdict.chain_id)
        if verdict.flaw:
            flaw = verdict.flaw
            click.echo(f"{name}  entry {flaw.sequence} {flaw.kind}: {flaw.reason}")
        else:
            click.echo(f"{name}  whole: {verdict.entries} entries up to {verdict.head}")
    if not found:
        click.echo("The trail is empty.")


def _plain(verdict: "Verdict") -> dict[str, Any]:
    from server.audit.service import name_of_chain

    flaw = verdict.flaw
    return {
        "chain": name_of_chain(verdict.chain_id),
        "entries": verdict.entries,
        "head": verdict.head,
        "flaw": {"sequence": flaw.sequence, "kind": flaw.kind, "reason": flaw.reason}
        if flaw
        else None,
    }
