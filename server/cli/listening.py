"""Where this machine's server listens, as one who sits at it finds out."""

import socket
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

RUN = Path("/run/catchup")
SOCKETS = "*/http.sock"
"""Those of the units, systemd/catchup-server@.service."""
LIMIT_S = 1.0


def address(home: Path, port: int, *, sockets: Callable[[], Iterable[Path]] | None = None) -> str:
    """Return `unix:PATH` of a unit's socket that answers, else `http://127.0.0.1:PORT`.

    The `catchup up` of `home`, where it runs, is the one that is meant.
    """
    from server.embedded.running import list_running

    if not list_running(home):
        for path in sorted(sockets() if sockets else RUN.glob(SOCKETS)):
            if _answers(path):
                return f"unix:{path}"
    return f"http://127.0.0.1:{port}"


def _answers(path: Path) -> bool:
    with suppress(OSError), socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(LIMIT_S)
        probe.connect(str(path))
        return True
    return False
