"""Boxes by name, in ~/.config/catchup/boxes.toml: where each is, never a secret."""

import json
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")


@dataclass(frozen=True)
class Box:
    """A box: by `url`, or by `ssh` (USER@HOST); `email`: as whom."""

    name: str
    url: str | None = None
    ssh: str | None = None
    email: str | None = None


class BoxesError(Exception):
    """The file cannot be used; the text says why and where."""


def boxes_file(environment: Mapping[str, str]) -> Path:
    """Return where boxes are kept."""
    config = environment.get("XDG_CONFIG_HOME")
    return (Path(config) if config else Path.home() / ".config") / "catchup" / "boxes.toml"


def read_boxes(path: Path) -> dict[str, Box]:
    """Read the boxes by name; none without a file.

    Raises:
        BoxesError: the file is damaged.
    """
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise BoxesError(f"{path} cannot be read: {error}") from None
    boxes = {}
    for name, value in told.items():
        if not isinstance(value, dict):
            raise BoxesError(f"{path}: [{name}] is not a table")
        fields = {key: value.get(key) for key in ("url", "ssh", "email")}
        if any(field is not None and not isinstance(field, str) for field in fields.values()):
            raise BoxesError(f"{path}: [{name}]: url, ssh and email are texts")
        boxes[name] = Box(name, **fields)
    return boxes


def remember(path: Path, box: Box) -> None:
    """Add a box, or replace the one of that name; the others stay.

    Raises:
        BoxesError: the name is not one, or the file cannot be read or written.
    """
    if not _NAME.fullmatch(box.name):
        raise BoxesError("a box's name is letters, digits, - and _ (at most 40)")
    boxes = {**read_boxes(path), box.name: box}
    text = "".join(_table(one) for one in boxes.values())
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = path.with_name(f".{path.name}.{os.getpid()}")
        new.write_text(text, encoding="utf-8")
        new.replace(path)
    except OSError as error:
        raise BoxesError(f"{path} cannot be written: {error.strerror}") from None


def _table(box: Box) -> str:
    # What JSON writes of a text is a basic string of TOML, too.
    fields = {"url": box.url, "ssh": box.ssh, "email": box.email}
    lines = [f"{name} = {json.dumps(value)}" for name, value in fields.items() if value]
    return "\n".join([f"[{box.name}]", *lines, "", ""])
