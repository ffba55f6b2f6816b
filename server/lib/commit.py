"""Which commit of the source runs, where that is known."""

from functools import lru_cache
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_LENGTH = 12


@lru_cache(maxsize=1)
def commit(root: Path = _ROOT) -> str | None:
    """Return the short id of the commit: of the file COMMIT of a release, else of git's own files.

    Without git itself, which a server need not have.
    """
    for file in (root / "COMMIT", _head(root / ".git")):
        text = _text(file)
        if text and len(text) >= _LENGTH and text.isalnum():
            return text[:_LENGTH]
    return None


def _head(git: Path) -> Path | None:
    """Return the file that holds the commit that HEAD names."""
    pointer = _text(git) if git.is_file() else None  # a worktree's .git is a file
    folder = Path(pointer.removeprefix("gitdir:").strip()) if pointer else git
    head = _text(folder / "HEAD") or ""
    if not head.startswith("ref:"):
        return folder / "HEAD"
    name, common = head.removeprefix("ref:").strip(), _text(folder / "commondir")
    return (folder / common if common else folder) / name


def _text(file: Path | None) -> str | None:
    try:
        return file.read_text(encoding="utf-8").strip() if file else None
    except (OSError, UnicodeDecodeError):
        return None
