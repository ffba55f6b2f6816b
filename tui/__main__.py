"""`catchup admin`: the dashboard in a terminal."""

import click


@click.command()
@click.option("--url", metavar="URL", help="A server elsewhere; signs in with e-mail and MFA.")
@click.option("--ssh", "ssh_target", metavar="USER@HOST", help="A box, through an ssh tunnel.")
@click.option("--as", "email", metavar="EMAIL", help="As which admin; default: the oldest.")
def main(url: str | None, ssh_target: str | None, email: str | None) -> None:
    r"""Look after the server from a terminal dashboard; it only reads until it is elevated.

    \b
    Examples:
      catchup admin
      catchup admin --url https://catchup.example.org
      catchup admin --ssh root@catchup.example.org
    """
    from tui.clock import monotonic, utc_now
    from tui.connect.console import LocalAccess
    from tui.session import Session

    del url, ssh_target
    session = Session(LocalAccess(email=email), now=utc_now, clock=monotonic)
