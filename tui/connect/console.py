"""On the box: the `catchup` command there makes a short-lived session, audited with the Unix user.

Over ssh it is the same command on the other machine (tui/connect/ssh.py).
"""

import asyncio
import json
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from tui.connect.access import Ask, Lease
from tui.errors import ConnectFailed, Unreachable

# The command opens the database and loads the keys.
LIMIT_S = 60


async def mint(command: Sequence[str], *, may_act: bool, email: str | None) -> Lease:
    """Run `command` (…catchup) to make a session, for `email` or the oldest admin.

    Raises:
        ConnectFailed: with the last line that the command said.
    """
    asked = [*command, "tokens", "console", "--json", "--scope", "write" if may_act else "read"]
    if email is not None:
        asked += ["--as", email]
    try:
        process = await asyncio.create_subprocess_exec(
            *asked,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
    except OSError as error:
        raise ConnectFailed(
            f"{command[0]} cannot be run: {error.strerror}.", "Is CatchUp installed here?"
        ) from None
    try:
        said, complained = await asyncio.wait_for(process.communicate(), LIMIT_S)
    except TimeoutError:
        raise ConnectFailed(
            "The box's `catchup tokens console` did not answer.", "Does its database answer?"
        ) from None
    finally:
        # Done, late or called off: nothing of it stays behind.
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
    if process.returncode != 0:
        raise _failed(complained.decode(errors="replace"))
    return _lease(said, may_act=may_act)


def _failed(complaint: str) -> ConnectFailed:
    lines = [line.removeprefix("catchup: ").strip() for line in complaint.splitlines()]
    said = [line for line in lines if line]
    return ConnectFailed(
        said[0] if said else "The box gave no session.",
        " ".join(said[1:3]) or "`catchup doctor` says more.",
        "no_session",
    )


def _lease(said: bytes, *, may_act: bool) -> Lease:
    try:
        told = json.loads(said)
        ends = datetime.fromisoformat(told["expires_at"])
        return Lease(told["url"], told["token"], ends, told["user"], ends if may_act else None)
    except (ValueError, KeyError, TypeError):
        raise ConnectFailed(
            "The box's `catchup tokens console` was not understood.",
            "Is its version this one's?",
        ) from None


class LocalAccess:
    """The server of this machine: whoever may read its secrets is let in."""

    kind = "local"

    def __init__(
        self, name: str = "this machine", *, email: str | None = None, command: Sequence[str] = ()
    ) -> None:
        self.name = name
        self._email = email
        self._command = command or (sys.executable, "-m", "server")

    async def open(self, ask: Ask) -> Lease:  # nothing is asked here
        """Make a session that reads. Raises ConnectFailed."""
        return await mint(self._command, may_act=False, email=self._email)

    async def renew(self, lease: Lease, ask: Ask) -> Lease:
        """Make another one that reads: what was open to act is closed by then."""
        del lease
        return await self.open(ask)

    async def elevate(self, lease: Lease, ask: Ask) -> Lease | None:
        """Make a session that may act for ten minutes."""
        del lease, ask
        return await mint(self._command, may_act=True, email=self._email)

    async def mend(self) -> None:
        """Nothing of ours can break."""

    def explained(self, lost: Unreachable) -> Unreachable:
        """Point to what this machine itself says."""
        if lost.code != "unreachable":
            return lost
        more = "Screen 1 says which part is down, and what to run. Ctrl+L looks for it anew."
        return replace(lost, way_on=more)

    async def close(self) -> None:
        """Nothing is held."""
