"""`catchup serve` and `catchup worker`: one process each, for systemd and `catchup up`."""

import click

from server.cli.session import read_settings, run_plain


@click.command()
@click.option("--bind", help="HOST:PORT or unix:PATH; default 127.0.0.1 and PORT.")
def serve(bind: str | None) -> None:
    """Run the HTTP server.

    \b
    Examples:
      catchup serve
      catchup serve --bind unix:/run/catchup/1/http.sock
    """
    from server import serve as http

    settings = read_settings()
    work = http.serve(settings, bind=bind or f"127.0.0.1:{settings.port}")
    run_plain(work, loop_factory=http.new_event_loop)


@click.command()
def worker() -> None:
    """Run the worker: jobs and schedules.

    \b
    Example:
      catchup worker
    """
    from server import worker as jobs

    run_plain(jobs.run_worker(read_settings()))
