"""`catchup alerts`: what looked suspicious, and that somebody has seen it."""

from typing import TYPE_CHECKING

import click

from server.cli.session import echo_json, json_option, run, say_done

if TYPE_CHECKING:
    from server.alerts.schemas import AlertOut


@click.group()
def alerts() -> None:
    """List security alerts, and acknowledge them: `/health` warns of them for a day else.

    \b
    Examples:
      catchup alerts list
      catchup alerts acknowledge
    """


@alerts.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the last hundred alerts, oldest first; the audit trail says more about each.

    \b
    Example:
      catchup alerts list --json
    """
    found = _list()
    if as_json:
        echo_json(found)
        return
    _tell(found)
    if not found:
        click.echo("No alert was ever raised.")


@alerts.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def acknowledge(yes: bool, as_json: bool) -> None:
    """Say that the alerts of now were seen: `/health` warns of them no more. They stay listed.

    \b
    Example:
      catchup alerts acknowledge --yes
    """
    from server.alerts import service_seen
    from server.lib.clock import utc_now

    waiting = [one for one in _list() if not one.is_acknowledged]
    if not waiting:
        say_done("There is none to acknowledge.", {"acknowledged": 0}, as_json=as_json)
        return
    if not (yes and as_json):
        _tell(waiting)
    if not yes:
        click.confirm("Have you looked at them?", abort=True)
    seen = run(lambda: service_seen.acknowledge(up_to=waiting[-1].at, actor_id=None, now=utc_now()))
    say_done(f"{seen.acknowledged} acknowledged.", seen, as_json=as_json)


def _list() -> "list[AlertOut]":
    from server.alerts import service_seen
    from server.lib.paging import MOST, ShortListQuery

    return run(lambda: service_seen.list_alerts(ShortListQuery(limit=MOST))).items


def _tell(found: "list[AlertOut]") -> None:
    for one in found:
        seen = "  (acknowledged)" if one.is_acknowledged else ""
        click.echo(f"{one.at:%Y-%m-%d %H:%M} UTC  {one.kind:<15}  {one.says}{seen}")
