"""Where this machine's server listens, as one who sits at it finds out."""

import socket
from collections.abc import Callable, Iterable
from pathlib import Path

RUN = Path("/run/catchup")
SOCKET = "http.sock"
"""Of each unit, in a folder of its own: systemd/catchup-server@.service."""
LIMIT_S = 1.0


def address(home: Path, port: int, *, sockets: Callable[[], Iterable[Path]] | None = None) -> str:
    """Return `unix:PATH` of a unit's socket that answers, else `http://127.0.0.1:PORT`.

    The `catchup up` of `home`, where it runs, is the one that is meant. Where there is only a
    socket that we may not open, it is that one: who connects is told so.
    """
    from server.embedded.running import list_running

    if not list_running(home):
        closed_to_us: list[Path] = []
        for path in sorted(sockets() if sockets else _of_units()):
            try:
                _connect(path)
            except PermissionError:
                closed_to_us.append(path)
            except OSError:
                continue  # left by a server that is down
            else:
                return f"unix:{path}"
        if closed_to_us:
            return f"unix:{closed_to_us[0]}"
    return f"http://127.0.0.1:{port}"


def _of_units() -> Iterable[Path]:
    # The folders are open to their group only: what is in them is not to be listed.
    return (folder / SOCKET for folder in RUN.glob("*"))


def _connect(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(LIMIT_S)
        probe.connect(str(path))
