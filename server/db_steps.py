"""What follows a transaction: steps after its commit, or what takes their place (server/db.py)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import asyncpg

Step = Callable[[], Awaitable[object]]
Undo = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Transaction:
    """What runs in a context: Piccolo's statements find its connection, too."""

    connection: asyncpg.Connection
    after_commit: list[tuple[Step, Undo | None]] = field(default_factory=list)

    def give_up(self, since: int = 0) -> None:
        """Forget the steps from the one with this number on: what they follow is taken back."""
        given_up = self.after_commit[since:]
        del self.after_commit[since:]
        for _, undo in given_up:
            if undo is not None:
                undo()
