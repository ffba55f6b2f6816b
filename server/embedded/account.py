"""The user that PostgreSQL and Redis run as when `catchup up` is started by root."""

import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from server.embedded.errors import EmbeddedError

ANSWER_LIMIT_S = 20


@dataclass(frozen=True, slots=True)
class Account:
    """A user other than ourselves, with its main group."""

    uid: int
    gid: int
    name: str


def default_account() -> Account:
    """Return `postgres`, or `nobody` where there is none.

    Raises:
        EmbeddedError: there is neither.
    """
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid, name)
    raise EmbeddedError(
        "PostgreSQL does not run as root, and there is no user `postgres` or `nobody` to run it "
        "as. Start as an ordinary user."
    )


def owner_of(path: Path) -> Account:
    """Return the account that owns `path`."""
    status = path.stat()
    return Account(status.st_uid, status.st_gid, user_name(status.st_uid))


def user_name(uid: int) -> str:
    """Return the name of the user `uid`, or the number itself when it has none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def own_folder(path: Path, account: Account | None) -> Path:
    """Make the folder `path` with mode 0700, owned by `account` (None: by us); return it."""
    path.mkdir(mode=0o700, exist_ok=True)
    if account is not None:
        os.chown(path, account.uid, account.gid)
    return path


def let_pass(folder: Path, account: Account) -> None:
    """Let the group of `account` pass through root's `folder`; nobody else sees what is in it."""
    os.chown(folder, 0, account.gid)
    folder.chmod(0o710)


def can_enter(folder: Path, account: Account | None) -> bool:
    """Say whether `account` can get into `folder`, whatever decides it: modes, ACLs, mounts."""
    return answer_of(["/bin/sh", "-c", 'cd "$0"', str(folder)], account) is not None


def answer_of(argv: Sequence[str], account: Account | None) -> str | None:
    """Run a short command as `account`; return what it prints, None when it cannot or fails."""
    try:
        result = subprocess.run(  # noqa: S603 - no shell, and programs that we found ourselves
            argv,
            cwd="/",
            check=False,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=ANSWER_LIMIT_S,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return result.stdout if result.returncode == 0 else None
