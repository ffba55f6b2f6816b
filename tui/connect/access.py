"""A way into a server: a session of it, and a stronger one for acts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tui.errors import Unreachable


@dataclass(frozen=True)
class Lease:
    """A session's token, in memory only.

    `elevated_until`: until when it may act; None: it may only read.
    """

    url: str
    token: str
    expires_at: datetime
    user: str
    elevated_until: datetime | None = None

    def __repr__(self) -> str:
        return f"Lease({self.user} at {self.url} until {self.expires_at:%H:%M:%S})"


@dataclass(frozen=True)
class Question:
    """Something that only the admin knows: a password, a code."""

    label: str
    is_secret: bool = True
    hint: str = ""


class Ask(Protocol):
    """Ask the admin; None: they would rather not."""

    async def __call__(self, title: str, questions: Sequence[Question]) -> list[str] | None:
        """Return one answer for each question."""


class Access(Protocol):
    """One way in; `connect/` has three. Every method raises ConnectFailed."""

    name: str
    """How the box is called in the first line."""
    kind: str
    """`local`, `ssh` or `url`."""

    async def open(self, ask: Ask) -> Lease:
        """Get in, reading only."""

    async def renew(self, lease: Lease, ask: Ask) -> Lease:
        """Get a new token before the old one ends, or after."""

    async def elevate(self, lease: Lease, ask: Ask) -> Lease | None:
        """Get the right to act for some minutes; None: the admin would rather not."""

    async def mend(self) -> None:
        """Make the way whole again if it broke; before each round of requests."""

    def explained(self, lost: Unreachable) -> Unreachable:
        """Say what it means here that no answer came, and what to do."""

    async def close(self) -> None:
        """Let go of tunnels; sessions end by themselves."""
