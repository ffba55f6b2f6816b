"""A PostgreSQL data folder: making one, and clearing away what a killed server left in it."""

import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

from server.embedded.account import Account, let_pass, own_folder
from server.embedded.binaries import PostgresBinaries
from server.embedded.child import Launcher
from server.embedded.errors import EmbeddedError
from server.embedded.orphans import is_alive, stop_process
from server.embedded.placement import DATABASE_PREFIX, existing_databases
from server.embedded.private_files import sync_folder
from server.embedded.process import Command

# Sorting by code point never changes with the C library, upper and lower case know Unicode;
# PostgreSQL 15 to 18 agree on it without ICU, which the wheel does not have.
COLLATE = "C"
CTYPE = "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8"
INITDB_STOP = ((signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0))


def data_major(folder: Path) -> int | None:
    """Return the major of the one database in `folder`, None when there is none.

    Raises:
        EmbeddedError: `wrong_major`: there are several, and nobody can say which one counts.
    """
    databases = existing_databases(folder)
    if len(databases) > 1:
        raise EmbeddedError(
            f"There are several databases in {folder} "
            f"({', '.join(path.name for path in databases)}): move all but one of them away.",
            code="wrong_major",
        )
    return int((databases[0] / "PG_VERSION").read_text("ascii")) if databases else None


async def make_cluster(
    binaries: PostgresBinaries,
    folder: Path,
    *,
    account: Account | None,
    password: str,
    launcher: Launcher,
    durable: bool,
) -> Path:
    """Make the data folder `pgdata-MAJOR` in `folder`, superuser `postgres`; return its path.

    It appears whole or not at all: one that was cut short is removed and made again. Without
    `durable` nothing is forced to disk.

    Raises:
        EmbeddedError: `initdb` failed; its last lines say why.
    """
    final = folder / f"{DATABASE_PREFIX}{binaries.major}"
    unfinished = folder / f"{DATABASE_PREFIX}{binaries.major}.new"
    if unfinished.exists():
        shutil.rmtree(unfinished)
    # Ours, so that the account cannot put links in the way of what we do in it as root.
    own_folder(unfinished, None)
    if account is not None:
        let_pass(unfinished, account)
    data = own_folder(unfinished / "data", account)
    password_file = unfinished / "password"
    _write_owned(password_file, password, account)
    argv = [
        str(binaries.program("initdb")),
        f"--pgdata={data}",
        "--username=postgres",
        f"--pwfile={password_file}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        f"--locale={COLLATE}",
        f"--lc-ctype={CTYPE}",
        "--data-checksums",
        *([] if durable else ["--no-sync"]),
    ]
    command = Command(argv, {"PATH": os.defpath, "LC_ALL": "C"}, folder, signal.SIGTERM, account)
    process = launcher.spawn("initdb", command)
    process.muted = True
    try:
        code = await process.wait()
    finally:
        await process.stop(INITDB_STOP)
        launcher.run_file.forget_process("initdb")
    if code != 0:
        raise EmbeddedError(f"initdb failed: {' '.join(list(process.last_lines)[-3:])}")
    data.rename(final)
    sync_folder(folder)
    shutil.rmtree(unfinished)
    return final


async def clear_leftovers(data: Path, say: Callable[[str], None]) -> None:
    """End a server that a killed launcher left in `data`, and remove a lock that means nothing.

    Only for the process that holds the home: every server in `data` is then an orphan.
    """
    pid = _postmaster_pid(data)
    if pid is None:
        return
    left = list(_processes_in(data))
    postmaster = next((process for process in left if process.pid == pid), None)
    if postmaster is not None:
        say(f"Stopping PostgreSQL (process {pid}), left over from the last run.")
        await stop_process(postmaster, signal.SIGINT)
        return
    for process in left:
        # Its backends without it: they serve nobody, and what they had committed is in the log.
        await stop_process(process, signal.SIGKILL)
    if psutil.pid_exists(pid):
        # The number went to a stranger, as after a reboot; PostgreSQL would refuse to start.
        (data / "postmaster.pid").unlink(missing_ok=True)


def _postmaster_pid(data: Path) -> int | None:
    try:
        return int((data / "postmaster.pid").read_text("utf-8").split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None


def _processes_in(data: Path) -> Iterator[psutil.Process]:
    # A server and all its backends work in the data folder.
    folder = data.resolve()
    for process in psutil.process_iter():
        try:
            if Path(process.cwd()) == folder and is_alive(process):
                yield process
        except (psutil.Error, OSError):
            continue


def _write_owned(path: Path, text: str, account: Account | None) -> None:
    path.touch(mode=0o600)
    if account is not None:
        os.chown(path, account.uid, account.gid)
    path.write_text(text, encoding="utf-8")
