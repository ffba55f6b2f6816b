"""Free TCP ports on the loopback address."""

import secrets
import socket
from collections.abc import Collection

LOOPBACK = "127.0.0.1"
# Below the ports that kernels hand out to outgoing connections (Linux from 32768, macOS from
# 49152): a stopped server's port is then not taken by somebody's passing connection.
FIRST_PORT, LAST_PORT = 20_000, 31_999


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """Say whether a server could listen on `port` of the IPv4 address `host` now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # Servers set it too; without it a port would look busy for a minute after each stop.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def choose_port(last: int | None, *, without: Collection[int] = ()) -> int:
    """Return the `last` used port when it is free, else a random free one not in `without`."""
    if last is not None and last not in without and is_free(last):
        return last
    while True:
        port = FIRST_PORT + secrets.randbelow(LAST_PORT - FIRST_PORT + 1)
        if port not in without and is_free(port):
            return port


def next_free_port(first: int, host: str = LOOPBACK, *, tries: int = 100) -> int | None:
    """Return the first free port of `first`, `first + 1`, …; None when `tries` are all busy."""
    last = min(first + tries, 65_536)
    return next((port for port in range(first, last) if is_free(port, host)), None)
