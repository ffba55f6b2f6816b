"""Shapes of the audit trail for admins; what the trail itself gives is declared there."""

from typing import Literal

from pydantic import Field

from server.audit.schemas import AuditEntryOut, AuditPage, AuditQuery
from server.lib.fields import Shape

__all__ = ["AuditEntryOut", "AuditPage", "AuditQuery", "ChainOut", "FlawOut", "VerifiedOut"]


class FlawOut(Shape):
    """The first entry of a chain that is not as it was written."""

    sequence: int
    kind: Literal["altered", "missing", "reordered", "inserted", "forked", "cut_off"]
    reason: str


class ChainOut(Shape):
    """One chain, walked from its start."""

    chain: str = Field(description="`server`, or the id of a household.")
    entries: int
    head: int = Field(description="The sequence of the last entry that was read.")
    flaw: FlawOut | None


class VerifiedOut(Shape):
    """Whether the trail is as it was written; chains with a flaw come first."""

    is_whole: bool
    chains: int
    entries: int
    items: list[ChainOut] = Field(description="At most 100: flawed ones, then the longest.")
