"""Where the database files of a home are.

PostgreSQL refuses to run as root. Root's servers therefore run as another user, who may be
unable to reach the home: then the files go below /var/lib/catchup.
"""

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from server.embedded.account import Account, can_enter, default_account, let_pass, owner_of
from server.embedded.errors import EmbeddedError

SHARED_ROOT = Path("/var/lib/catchup")
DATABASE_PREFIX = "pgdata-"


@dataclass(frozen=True, slots=True)
class Placement:
    """The folder of the database files and the account that owns them (None: we do)."""

    folder: Path
    account: Account | None


def existing_databases(folder: Path) -> list[Path]:
    """Return the database folders in `folder`, one for each PostgreSQL major."""
    return sorted(
        path for path in folder.glob(f"{DATABASE_PREFIX}*") if (path / "PG_VERSION").is_file()
    )


def place(home: Path, *, say: Callable[[str], None], shared_root: Path = SHARED_ROOT) -> Placement:
    """Decide where the database files of `home` are; existing ones stay where they are.

    Raises:
        EmbeddedError: `not_reachable`: there are databases in both places, or where their owner
            cannot get to, or no place will do; `did_not_start`: there is no user to run as.
    """
    if os.geteuid() != 0:
        return Placement(home, None)
    far = far_folder(home, shared_root)
    used = [folder for folder in (home, far) if existing_databases(folder)]
    if len(used) > 1:
        raise EmbeddedError(
            f"There are databases in {home} and in {far}: move one of them away.",
            code="not_reachable",
        )
    if used:
        return _keep(used[0], home)
    account = default_account()
    if _let_in(home, account):
        return Placement(home, account)
    _make_far(far, home, account)
    say(f"User {account.name} cannot reach {home}: database files go to {far}.")
    return Placement(far, account)


def far_folder(home: Path, shared_root: Path = SHARED_ROOT) -> Path:
    """Return the folder for the database files of a `home` that their owner cannot reach."""
    return shared_root / hashlib.sha256(os.fsencode(home)).hexdigest()[:16]


def _keep(folder: Path, home: Path) -> Placement:
    account = owner_of(existing_databases(folder)[0])
    if folder == home and not _let_in(home, account):
        raise EmbeddedError(
            f"The database in {home} belongs to user {account.name}, who cannot reach it any "
            "more. Let others pass through the folders above it again (chmod o+x).",
            code="not_reachable",
        )
    return Placement(folder, account)


def _let_in(home: Path, account: Account) -> bool:
    """Let `account`'s group pass through `home`, provided that it can get as far as there."""
    if not can_enter(home.parent, account):
        return False
    let_pass(home, account)
    return True


def _make_far(far: Path, home: Path, account: Account) -> None:
    try:
        if not far.parent.exists():
            far.parent.mkdir(parents=True)
            far.parent.chmod(0o711)
        far.mkdir(mode=0o700, exist_ok=True)
        (far / "home").write_text(f"{home}\n", encoding="utf-8")
        let_pass(far, account)
    except OSError as error:
        raise EmbeddedError(
            f"User {account.name} cannot reach {home}, and {far} cannot be made "
            f"({error.strerror}). Set CATCHUP_HOME to a folder that every user can enter.",
            code="not_reachable",
        ) from error
    if not can_enter(far, account):
        raise EmbeddedError(
            f"User {account.name} can reach neither {home} nor {far}. "
            "Set CATCHUP_HOME to a folder that every user can enter.",
            code="not_reachable",
        )
