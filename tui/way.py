"""The way to a server, by the address of its lease: HTTP, TLS or a socket of this machine.

Import it after the first frame: it brings httpx2 along.
"""

import grp
import ssl
from contextlib import suppress
from pathlib import Path

import httpx2

from tui.errors import Unreachable

# How the console names a server that listens on a socket: `unix:PATH`.
UNIX = "unix:"
_AWAY = "It is tried again by itself; below is what was last known."


class Unanswered(OSError):
    """A line was opened, and closed before a word came back."""


def base(url: str) -> str:
    """Return what paths are put behind."""
    return "http://localhost" if url.startswith(UNIX) else url


def transport(url: str) -> httpx2.AsyncBaseTransport | None:
    """Return what leads to a socket of this machine; None: httpx's own."""
    return httpx2.AsyncHTTPTransport(uds=url.removeprefix(UNIX)) if url.startswith(UNIX) else None


def trusted(url: str) -> ssl.SSLContext:
    """Return whom a line to `url` believes: what httpx would; nobody where there is no TLS.

    The world's certificates take 3 MB, which a line within the machine has no use for.
    """
    if url.startswith(("http://", UNIX)):
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return httpx2.create_ssl_context(trust_env=False)


def unreachable(error: Exception, url: str) -> Unreachable:
    """Return what a request to `url` met that got no whole answer."""
    if isinstance(error, httpx2.ConnectError) and url.startswith(UNIX):
        return _of_socket(error, Path(url.removeprefix(UNIX)))
    if isinstance(error, httpx2.ConnectTimeout | httpx2.ConnectError):
        return Unreachable("The server cannot be reached.", _AWAY, "unreachable")
    if isinstance(error, httpx2.TimeoutException):
        return Unreachable("The server took too long to answer.", _AWAY, "timeout")
    if isinstance(error, Unanswered):
        return Unreachable("The line was closed before the server answered.", _AWAY, "no_answer")
    return Unreachable("The line was cut before the answer was complete.", _AWAY, "cut")


def _of_socket(error: BaseException, path: Path) -> Unreachable:
    if not _was(error, PermissionError):
        return Unreachable(
            f"Nobody listens on the server's socket, {path}.",
            "Look at its unit: `sudo systemctl status 'catchup-server@*'`. It is tried again by"
            " itself.",
            "unreachable",
        )
    return Unreachable(
        f"You may not open the server's socket, {path}.",
        f"Who is of the group {_group_of(path)} may: `sudo usermod -aG {_group_of(path)} $USER`,"
        " then log in to this machine anew; or run `sudo catchup admin`.",
        "socket_denied",
    )


def _was(error: BaseException, kind: type[OSError]) -> bool:
    """Return whether an error of the system of this kind led to `error`."""
    found: BaseException | None = error
    while found is not None and not isinstance(found, kind):
        found = found.__cause__ or found.__context__
    return found is not None


def _group_of(path: Path) -> str:
    """Return the group of a socket, or of the folder that hides it from us."""
    for one in (path, *path.parents):
        with suppress(OSError, KeyError):
            return grp.getgrgid(one.stat().st_gid).gr_name
    return "catchup"
