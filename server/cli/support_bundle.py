"""`catchup support-bundle`: what helps others to help, without anything personal or secret."""

import os
from pathlib import Path

import click

from server.cli.session import fail, json_option, read_settings, run_plain, say_done


@click.command("support-bundle")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file to write; default: catchup-support-TIME.tar.gz here.",
)
@json_option
def support_bundle(out: Path | None, as_json: bool) -> None:
    """Write a bundle for a bug report: nothing personal or secret is in it. Look before you send.

    Version, variables (numbers and switches only), checks, samples, schedules, failed jobs
    without what they worked on, migrations, and the last lines of the log, cut to known words.
    It works while the database is down, too.

    \b
    Example:
      catchup support-bundle --out /tmp/bundle.tar.gz
    """
    from server import config
    from server.admin import service_bundle
    from server.lib.clock import utc_now

    now = utc_now()
    file = out or Path(f"catchup-support-{now:%Y%m%dT%H%M%SZ}.tar.gz")
    content = run_plain(service_bundle.make(read_settings(), home=config.home(), now=now))
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        fail(f"{file} cannot be written: {error.strerror}")
    with os.fdopen(descriptor, "wb") as written:
        written.write(content)
    says = f"Wrote {file} ({len(content) // 1024} KB). Look at it before you send it."
    done = {"act": "support-bundle", "file": str(file), "bytes": len(content)}
    say_done(says, done, as_json=as_json)
