"""`catchup config` and `catchup doctor`: what is set, and whether all is well."""

from itertools import groupby

import click

from server.cli.session import echo_json, json_option, read_settings, run_plain
from server.config_listing import describe


@click.command()
@click.option("--group", help="Only this group, such as database or e-mail.")
@json_option
def config(group: str | None, as_json: bool) -> None:
    """List every environment variable: value (secrets masked), source, default, unit, meaning.

    \b
    Examples:
      catchup config
      catchup config --group database
    """
    settings = read_settings()
    found = [v for v in describe(settings) if group in (None, v.group.lower())]
    if as_json:
        echo_json(found)
        return
    for title, lines in groupby(found, key=lambda v: v.group):
        click.secho(f"\n{title}", bold=True)
        for line in lines:
            value = line.value if line.value is not None else "-"
            unit = f" {line.unit}" if line.unit and line.value is not None else ""
            click.echo(f"  {line.name} = {value}{unit}")
            default = f"default {line.default}" if line.default is not None else "no default"
            click.secho(f"      {line.meaning} [{default}; from {line.source}]", dim=True)


@click.command()
@json_option
def doctor(as_json: bool) -> None:
    """Check everything and name each fix; exit 1 when something fails.

    \b
    Example:
      catchup doctor
    """
    from server.health import service
    from server.lib.clock import utc_now

    settings = read_settings()
    checks = run_plain(service.doctor(settings, now=utc_now()))
    if as_json:
        echo_json(checks)
    else:
        signs = {"ok": ("✓", "green"), "warn": ("!", "yellow"), "fail": ("✗", "red")}
        for check in checks:
            sign, colour = signs[check.status]
            click.secho(f"{sign} {check.name}: {check.detail}", fg=colour)
            if check.status != "ok" and check.fix:
                click.echo(f"    fix: {check.fix}")
    if any(check.status == "fail" for check in checks):
        raise SystemExit(1)
