"""Anchors as lines of text: what the log holds of a chain's head, and reading it again."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from server.audit import chain

EVENT = "audit.anchor"


class BadAnchor(ValueError):
    """A line is an anchor, but not one of this server's; `line` counts from 1."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line = line


@dataclass(frozen=True, slots=True)
class Anchor:
    """The newest entry that a chain had at some time, signed."""

    chain_id: UUID
    sequence: int
    hash: bytes
    signature: bytes

    def fields(self) -> dict[str, str | int]:
        """Return it as the log has it."""
        return {
            "chain": str(self.chain_id),
            "sequence": self.sequence,
            "hash": self.hash.hex(),
            "signature": self.signature.hex(),
        }


def sign(chain_id: UUID, sequence: int, head: bytes) -> Anchor:
    """Return the anchor of a chain whose newest entry is this one."""
    signature = chain.sign_place("head", chain_id, sequence, head)
    return Anchor(chain_id, sequence, head, signature)


def read(lines: Iterable[str]) -> Iterator[Anchor]:
    """Yield the anchors in a log; whatever else stands there, and before a line's JSON, is passed.

    Raises:
        BadAnchor: a line was changed, cut, or comes from another server.
    """
    for number, line in enumerate(lines, 1):
        if EVENT not in line:
            continue
        try:
            found = json.loads(line[line.index("{") :])
            anchor = _anchor(found) if found.get("event") == EVENT else None
        except (ValueError, KeyError, TypeError, AttributeError):
            raise BadAnchor(number, "it names an anchor, but cannot be read") from None
        if anchor is None:
            continue
        if not chain.is_signed_place(
            anchor.signature, "head", anchor.chain_id, anchor.sequence, anchor.hash
        ):
            raise BadAnchor(number, "this server did not sign it")
        yield anchor


def _anchor(found: Mapping[str, Any]) -> Anchor:
    return Anchor(
        UUID(found["chain"]),
        int(found["sequence"]),
        bytes.fromhex(found["hash"]),
        bytes.fromhex(found["signature"]),
    )
