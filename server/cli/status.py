"""`catchup status`, `expiries`, `samples` and `preflight`: how the server is, was and will be."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from server.cli.session import echo_json, json_option, read_settings, run

if TYPE_CHECKING:
    from server.admin.schemas_samples import SampleOut

SIGNS = {"ok": ("✓", "green"), "warn": ("!", "yellow"), "fail": ("✗", "red")}
_TIME = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])
MIB = 2**20


@click.command()
@json_option
def status(as_json: bool) -> None:
    """Say how the server is and what waits for somebody; exit 1 when a part has failed.

    \b
    Examples:
      catchup status
      catchup status --json
    """
    from server.admin import service_overview
    from server.lib.clock import utc_now

    found = run(lambda: service_overview.overview(read_settings(), now=utc_now()))
    if as_json:
        echo_json(found)
    else:
        commit = f" ({found.commit})" if found.commit else ""
        click.echo(f"CatchUp {found.version}{commit}, {found.mode}: {found.status}")
        for check in found.checks:
            say(check.status, f"{check.name}: {check.detail}")
        if found.needs_you:
            click.secho("\nNeeds you", bold=True)
        for need in found.needs_you:
            click.echo(f"  {need.severity:<4}  {need.sentence}")
        for process in found.processes:
            used = f"{(process.memory_bytes or 0) // MIB} MB" if process.is_running else "ended"
            click.echo(f"  {process.name:<10} {process.pid:>7}  {used}")
    if found.status == "fail":
        raise SystemExit(1)


@click.command()
@json_option
def expiries(as_json: bool) -> None:
    """List what ends by itself or grows old: certificate, keys, tokens, disk, anchors, webhooks.

    \b
    Example:
      catchup expiries
    """
    from server.admin import service_expiries
    from server.lib.clock import utc_now

    found = run(lambda: service_expiries.list_expiries(read_settings(), now=utc_now())).items
    if as_json:
        echo_json(found)
        return
    for one in found:
        say(one.status, one.sentence)
        if one.fix:
            click.echo(f"    fix: {one.fix}")


@click.command()
@click.option("--from", "since", type=_TIME, help="The earliest, UTC; default: three hours ago.")
@click.option("--until", type=_TIME, help="The end, UTC; default: now.")
@click.option("--step", "step_s", type=click.IntRange(10, 86_400), help="Seconds of each line.")
@json_option
def samples(
    since: datetime | None, until: datetime | None, step_s: int | None, as_json: bool
) -> None:
    """Print the server's figures of up to seven days: "what happened at 03:00"; times are UTC.

    \b
    Example:
      catchup samples --from 2026-03-01T02:30 --until 2026-03-01T03:30
    """
    from server.admin import service_samples
    from server.admin.schemas_samples import SamplesQuery
    from server.lib.clock import utc_now

    query = SamplesQuery.model_validate(
        {
            "from": since.replace(tzinfo=UTC) if since else None,
            "until": until.replace(tzinfo=UTC) if until else None,
            "step_s": step_s,
        }
    )
    found = run(lambda: service_samples.list_samples(query, now=utc_now()))
    if as_json:
        echo_json(found)
        return
    click.echo("at                    cpu %   MB  req/s  p50 ms  p95 ms  queued  running  messages")
    for one in found.items:
        p50, p95 = (f"{ms:.0f}" if ms is not None else "-" for ms in _latencies(one))
        click.echo(
            f"{one.at:%Y-%m-%d %H:%M:%S}  {one.cpu_percent:>6.1f} {one.memory_bytes // MIB:>4}"
            f" {one.requests_per_s:>6.1f} {p50:>7} {p95:>7} {_or_dash(one.queued):>7}"
            f" {_or_dash(one.running):>8} {_or_dash(one.messages_pending):>9}"
        )
    if not found.items:
        click.echo("No samples of that time.")


@click.command()
@json_option
def preflight(as_json: bool) -> None:
    """Look ahead of an upgrade: room, migrations with what they lock, and what leads back.

    Run it from the new version's folder before `catchup migrate`.

    \b
    Example:
      catchup preflight --json
    """
    from server.admin import service_upgrade

    found = run(lambda: service_upgrade.preflight(read_settings()))
    if as_json:
        echo_json(found)
    else:
        for check in found.checks:
            say(check.status, f"{check.name}: {check.detail}")
        for one in found.pending:
            tables = ", ".join(table.table for table in one.tables) or "no table that is there"
            click.echo(f"  {one.id}  {one.description}")
            click.echo(f"      locks {one.lock}: {tables}; about {one.estimate_s:g} s")
        click.echo(found.rollback.sentence)
    if found.status == "fail":
        raise SystemExit(1)


def say(level: str, text: str) -> None:
    """Print a line with the sign of its status."""
    sign, colour = SIGNS[level]
    click.secho(f"{sign} {text}", fg=colour)


def _latencies(one: "SampleOut") -> tuple[float | None, float | None]:
    return one.latency_p50_ms, one.latency_p95_ms


def _or_dash(count: int | None) -> str:
    return "-" if count is None else str(count)
