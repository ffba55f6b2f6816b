"""A PgBouncer in front of the run's PostgreSQL, as Debian configures it but in transaction mode."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from server.embedded.account import default_account
from server.embedded.ports import choose_port
from tests.private_services import temporary_folder

START_LIMIT_S = 10
POOL_SIZE = 4


def program() -> str | None:
    """Return PgBouncer's path, None where it is not installed."""
    return shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


@contextmanager
def running_pgbouncer(database: str) -> Iterator[str]:
    """Run it in front of `database`; yield the URL that leads through it.

    It has fewer connections than our pool, so that transactions take turns on them.
    """
    path = program()
    assert path is not None
    server = urlsplit(database)
    port = choose_port(None)
    with temporary_folder() as folder:
        (folder / "users.txt").write_text(f'"{server.username}" "{server.password or ""}"\n')
        (folder / "pgbouncer.ini").write_text(
            f"""[databases]
* = host={server.hostname} port={server.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {folder / "users.txt"}
pool_mode = transaction
default_pool_size = {POOL_SIZE}
"""
        )
        account = default_account() if os.geteuid() == 0 else None
        _hand_over(folder, account.uid if account else None)
        with subprocess.Popen(
            [path, "-q", str(folder / "pgbouncer.ini")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            user=account.uid if account else None,
            group=account.gid if account else None,
        ) as process:
            try:
                _wait_for(port)
                _, _, login = server.netloc.rpartition("@")[::-1]
                yield urlunsplit(server._replace(netloc=f"{login}@127.0.0.1:{port}"))
            finally:
                process.terminate()


def _hand_over(folder: Path, uid: int | None) -> None:
    for file in folder.iterdir():
        file.chmod(0o600)
        if uid is not None:
            os.chown(file, uid, -1)


def _wait_for(port: int) -> None:
    end = time.monotonic() + START_LIMIT_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.02)
        else:
            return
