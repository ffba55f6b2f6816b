"""`catchup logs`: what server and worker wrote, from `catchup up`'s files or the journal."""

import json
import time
from typing import TYPE_CHECKING

import click

from server.cli.session import fail, read_settings, run_plain, sort_option

if TYPE_CHECKING:
    from server.admin.schemas_logs import LogPage

POLL_S = 1.0


@click.command()
@click.option(
    "--level",
    type=click.Choice(["debug", "info", "warning", "error", "critical"]),
    default="info",
    show_default=True,
    help="This severe or more so.",
)
@click.option("--find", "q", help="Only lines with this in them, in any case.")
@click.option("--process", type=click.Choice(["server", "worker"]), help="Only lines of this one.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 1000))
@sort_option("newest", "oldest")
@click.option("--follow", "-f", is_flag=True, help="Go on with new lines until Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="Print a line of JSON for each.")
def logs(
    level: str,
    q: str | None,
    process: str | None,
    limit: int,
    sort: str,
    follow: bool,
    as_json: bool,
) -> None:
    """Print the last lines of the log, or the oldest that are kept; times are UTC.

    \b
    Examples:
      catchup logs --level warning
      catchup logs --follow --process worker
    """
    from server import config
    from server.admin import service_logs
    from server.admin.schemas_logs import LogsQuery

    read_settings()
    after: str | None = None
    while True:
        query = LogsQuery.model_validate(
            {"level": level, "q": q, "process": process, "limit": limit, "after": after}
            | {"sort": sort}
        )
        page = run_plain(service_logs.list_lines(query, home=config.home()))
        _tell(page, as_json=as_json)
        if not follow:
            if not page.items:
                fail("no such lines")
            return
        after = page.next_after
        try:
            time.sleep(POLL_S)
        except KeyboardInterrupt:
            return


def _tell(page: "LogPage", *, as_json: bool) -> None:
    for line in page.items:
        if as_json:
            click.echo(line.model_dump_json())
            continue
        # As JSON: no control character of a value reaches the terminal.
        said = " ".join(f"{name}={json.dumps(value)}" for name, value in line.fields.items())
        event = json.dumps(line.event)[1:-1]
        click.echo(f"{line.at:%Y-%m-%d %H:%M:%S} {line.level:<8} {line.process:<7} {event} {said}")
