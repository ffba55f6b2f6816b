"""Messages on the worker's standard output: the way out of a box that has no provider."""

import shlex
import sys
from collections.abc import Collection
from datetime import datetime
from typing import Literal

from server.integrations.channel import Absent, Accepted, Begin, Outgoing, unmarked

_WIDTH = 72


class ConsoleChannel:
    """Prints each message whole, which is its delivery; only where the operator reads the output.

    Killed while it prints, it prints the same again: a terminal keeps no ledger.
    """

    provider = "console"
    is_marked = False

    def __init__(self, name: Literal["sms", "email"]) -> None:
        self._name = "SMS" if name == "sms" else "E-mail"

    async def send(self, outgoing: Outgoing, begin: Begin = unmarked) -> Accepted:
        """Print a message; see Channel."""
        sys.stdout.write(self._page(outgoing))
        sys.stdout.flush()
        return Accepted(f"console-{outgoing.message_id}")

    async def find(
        self, outgoing: Outgoing, *, since: datetime, taken: Collection[str] = ()
    ) -> Absent:
        """Say that it is not there: to read a message twice harms nobody, never to read it does."""
        return Absent()

    async def close(self) -> None:
        """Do nothing: it holds nothing open."""

    def _page(self, outgoing: Outgoing) -> str:
        title = f"── {self._name} to {_shown(outgoing.address)} ({outgoing.kind}) "
        lines = [title.ljust(_WIDTH, "─")]
        if outgoing.subject:
            lines += [f"Subject: {_shown(outgoing.subject)}", ""]
        lines += [_shown(line) for line in outgoing.text.strip("\n").split("\n")]
        lines += ["─" * _WIDTH, "No provider is set, so it is printed here."]
        lines += [f"Answer it in another terminal: {self._answer(outgoing)}", ""]
        return "\n".join(lines) + "\n"

    def _answer(self, outgoing: Outgoing) -> str:
        """Return the command; a phone number does not say which e-mail its user signs in with."""
        if self._name == "SMS":
            return "catchup reply --user EMAIL TEXT"
        return f"catchup reply --user {shlex.quote(_shown(outgoing.address))} --channel email TEXT"


def _shown(text: str) -> str:
    """Return a line that cannot steer the terminal, whoever wrote the name in it."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
