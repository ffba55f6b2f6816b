"""`catchup admin`: the dashboard in a terminal."""

import gc
import os
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from tui.connect.access import Access


@click.command()
@click.argument("box", required=False)
@click.option("--url", metavar="URL", help="A server elsewhere: sign in with e-mail and MFA.")
@click.option("--ssh", "target", metavar="USER@HOST", help="A box through an ssh tunnel.")
@click.option("--as", "email", metavar="EMAIL", help="As which admin; default: the oldest.")
@click.option("--remember", metavar="NAME", help="Remember this box by a name.")
def main(
    box: str | None, url: str | None, target: str | None, email: str | None, remember: str | None
) -> None:
    """Look after a server in the terminal. It only reads until Ctrl+E opens acts.

    Without a BOX, --url or --ssh: the server of this machine, whose secrets must be readable.
    Boxes are remembered in ~/.config/catchup/boxes.toml; passwords and tokens never are.

    \b
    Examples:
      sudo catchup admin
      catchup admin --ssh root@catchup.example.org --remember home
      catchup admin home
      catchup admin --url https://catchup.example.org
    """
    # A tenth of the time to the first frame goes to looking for garbage that imports do not leave;
    # the app turns it on again.
    gc.disable()
    from tui.app import AdminApp
    from tui.clock import monotonic, utc_now
    from tui.session import Session

    access = access_of(box, url=url, target=target, email=email, remember=remember)
    AdminApp(Session(access, now=utc_now, clock=monotonic)).run()


def access_of(
    box: str | None,
    *,
    url: str | None,
    target: str | None,
    email: str | None,
    remember: str | None,
) -> "Access":
    """Return the way in that was asked for; remember it when that was asked for, too.

    Raises:
        click.ClickException: what was asked for makes no sense.
    """
    from tui.boxes import Box, BoxesError, boxes_file, read_boxes
    from tui.boxes import remember as write_box
    from tui.connect.console import LocalAccess
    from tui.connect.ssh import SshAccess
    from tui.connect.url import UrlAccess
    from tui.errors import ConnectFailed

    if sum(one is not None for one in (box, url, target)) > 1:
        raise click.UsageError("give a box's name, --url or --ssh: one of them")
    path = boxes_file(os.environ)
    try:
        if box is not None:
            known = read_boxes(path)
            if box not in known:
                names = ", ".join(known) or "none"
                raise click.ClickException(f"no box is called {box}; known: {names}")
            asked = known[box]
        else:
            asked = Box(remember or "", url=url, ssh=target)
        if remember is not None:
            write_box(path, Box(remember, asked.url, asked.ssh, email or asked.email))
        name, email = asked.name or None, email or asked.email
        if asked.url is not None:
            return UrlAccess(asked.url, name=name, email=email)
        if asked.ssh is not None:
            return SshAccess(asked.ssh, name=name, email=email)
        return LocalAccess(email=email)
    except (BoxesError, ConnectFailed) as error:
        raise click.ClickException(str(error)) from None


if __name__ == "__main__":
    main()
