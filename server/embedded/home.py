"""CATCHUP_HOME: one folder, one running `catchup up`."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psutil

from server.embedded.account import user_name
from server.embedded.errors import EmbeddedError

_OURS = ("lock", "env", "run.json")


def make_home(path: Path) -> Path:
    """Create the folder `path` with mode 0700, or accept an existing home; return it resolved.

    Raises:
        EmbeddedError: `home_not_ours`: it belongs to another user, cannot be made, or holds
            files but none of ours (we would close somebody's folder to everyone else).
    """
    home = path.expanduser().resolve()
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        owner, names = home.stat().st_uid, {path.name for path in home.iterdir()}
    except OSError as error:
        raise EmbeddedError(
            f"Cannot use {home} as CATCHUP_HOME: {error.strerror}. "
            "Set CATCHUP_HOME to a folder that you can write to.",
            code="home_not_ours",
        ) from error
    if owner != os.geteuid():
        raise EmbeddedError(
            f"{home} belongs to user {user_name(owner)}, not to {user_name(os.geteuid())}. "
            "Start as that user, or set CATCHUP_HOME to another folder.",
            code="home_not_ours",
        )
    if names and names.isdisjoint(_OURS):
        raise EmbeddedError(
            f"{home} is not empty and not a CatchUp home. Set CATCHUP_HOME to a folder of its own.",
            code="home_not_ours",
        )
    if home.stat().st_mode & 0o067:
        home.chmod(0o700)
    return home


@contextmanager
def hold(home: Path) -> Iterator[None]:
    """Keep `home` for this process alone; the kernel lets go even after `kill -9`.

    Raises:
        EmbeddedError: `home_held`: names the process that holds it.
    """
    descriptor = os.open(home / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise EmbeddedError(
                f"{home} is in use by {_holder(descriptor)}. "
                "Stop that one first, or set CATCHUP_HOME to another folder.",
                code="home_held",
            ) from None
        _write_holder(descriptor)
        yield
    finally:
        os.close(descriptor)


def _write_holder(descriptor: int) -> None:
    started = datetime.fromtimestamp(psutil.Process().create_time(), UTC)
    holder = {"pid": os.getpid(), "since": started.isoformat(" ", "seconds")}
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, json.dumps(holder).encode(), 0)


def _holder(descriptor: int) -> str:
    try:
        holder = json.loads(os.pread(descriptor, 1000, 0))
        return f"process {holder['pid']}, running since {holder['since']}"
    except (ValueError, KeyError, TypeError):
        # It has the lock but has not yet written its name.
        return "a process that has just started"
