"""Through ssh: the box makes the session, and a tunnel of our own leads to its server."""

import asyncio
import shlex
import socket
from contextlib import suppress
from dataclasses import replace
from urllib.parse import urlsplit

from tui.connect.access import Ask, Lease
from tui.connect.console import mint
from tui.errors import ConnectFailed, Unreachable

# Questions of ssh would be written across the screen: keys come from the agent.
_OPTIONS = ("-o", "BatchMode=yes", "-o", "ConnectTimeout=10")
_KEEP = ("-o", "ExitOnForwardFailure=yes", "-o", "ServerAliveInterval=15")
TUNNEL_LIMIT_S = 15.0
_PORTS = {"http": 80, "https": 443}


class SshAccess:
    """A box that one reaches as USER@HOST and where one may use sudo without a password.

    Raises:
        ConnectFailed: the target is not one.
    """

    kind = "ssh"

    def __init__(
        self, target: str, *, name: str | None = None, email: str | None = None, ssh: str = "ssh"
    ) -> None:
        # One that begins with a dash would be an option of ssh.
        if not target or target.startswith("-") or any(char.isspace() for char in target):
            raise ConnectFailed(f"{target!r} is no target of ssh.", "Say USER@HOST.")
        self.name = name or target.rpartition("@")[2]
        self.target = target
        self._email = email
        self._ssh = ssh
        self._tunnel: asyncio.subprocess.Process | None = None
        self._port = 0
        self._leads_to = ""
        self._hearing: asyncio.Task[None] | None = None
        self._said = ""
        """What ssh said last."""
        self._refusal = ""
        """Why the box last did not lead a connection on."""

    @property
    def command(self) -> tuple[str, ...]:
        """What runs `catchup` there."""
        return (self._ssh, *_OPTIONS, self.target, "sudo", "-n", "catchup")

    async def open(self, ask: Ask) -> Lease:
        """Make a session that reads, and a tunnel. Raises ConnectFailed."""
        del ask
        return await self._through(await self._mint(may_act=False))

    async def renew(self, lease: Lease, ask: Ask) -> Lease:
        """Make another one that reads."""
        del lease
        return await self.open(ask)

    async def elevate(self, lease: Lease, ask: Ask) -> Lease | None:
        """Make a session that may act for ten minutes."""
        del lease, ask
        return await self._through(await self._mint(may_act=True))

    async def mend(self) -> None:
        """Dig the tunnel again if ssh has ended: the line was cut, the machine slept."""
        if self._tunnel is not None and self._tunnel.returncode is not None:
            await self._dig(self._leads_to)

    def explained(self, lost: Unreachable) -> Unreachable:
        """Tell a server that is down from a line that was cut.

        ssh takes the connection first, and closes it when nobody answers at the other end.
        """
        if lost.code != "no_answer":
            return lost
        why = f" ({self._refusal})" if self._refusal else ""
        asks = ""
        if self._leads_to.startswith("/"):
            asks = f" May {self.target} open {self._leads_to}? Its group may."
        return replace(
            lost,
            sentence=f"The tunnel stands, but the server on the box does not answer{why}.",
            way_on=f"On the box: `sudo catchup doctor`, `systemctl status 'catchup-*'`.{asks}",
        )

    async def close(self) -> None:
        """End the tunnel."""
        tunnel, self._tunnel = self._tunnel, None
        if tunnel is not None and tunnel.returncode is None:
            with suppress(ProcessLookupError):
                tunnel.terminate()
            await tunnel.wait()
        if self._hearing is not None:
            await self._hearing
            self._hearing = None

    async def _mint(self, *, may_act: bool) -> Lease:
        # A shell there reads the words again.
        email = shlex.quote(self._email) if self._email is not None else None
        return await mint(self.command, may_act=may_act, email=email)

    async def _through(self, lease: Lease) -> Lease:
        there, scheme = _end(lease.url)
        if self._tunnel is None or self._tunnel.returncode is not None or there != self._leads_to:
            await self.close()
            await self._dig(there)
        return replace(lease, url=f"{scheme}://127.0.0.1:{self._port}")

    async def _dig(self, there: str) -> None:
        # The same port as before, so that the client's address stays when the tunnel is dug again.
        self._port, self._leads_to = self._port or _free_port(), there
        way = f"127.0.0.1:{self._port}:{there}"
        self._tunnel = await asyncio.create_subprocess_exec(
            *(self._ssh, *_OPTIONS, *_KEEP, "-N", "-L", way, self.target),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        self._hearing = asyncio.create_task(self._hear(self._tunnel))
        try:
            async with asyncio.timeout(TUNNEL_LIMIT_S):
                await self._leads_through(self._tunnel)
        except TimeoutError:
            await self.close()
            raise ConnectFailed("The tunnel did not open.", "Does ssh reach the box?") from None

    async def _hear(self, tunnel: asyncio.subprocess.Process) -> None:
        # It says a line for each connection that it could not lead on; unread they would stop it.
        self._said = self._refusal = ""
        while tunnel.stderr is not None and (line := await tunnel.stderr.readline()):
            self._said = line.decode(errors="replace").strip() or self._said
            _, was_refused, why = self._said.partition("open failed: ")
            if was_refused:
                self._refusal = why

    async def _leads_through(self, tunnel: asyncio.subprocess.Process) -> None:
        while True:
            if tunnel.returncode is not None:
                if self._hearing is not None:
                    await self._hearing
                raise ConnectFailed(self._said or "ssh ended.", "Try it by hand: ssh.")
            with suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", self._port)
                writer.close()
                return
            await asyncio.sleep(0.05)


def _end(url: str) -> tuple[str, str]:
    """Return where a tunnel ends, as `ssh -L` names it, and what is spoken there."""
    if url.startswith("unix:"):
        return url.removeprefix("unix:"), "http"
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port or _PORTS.get(parts.scheme, 80)}", parts.scheme


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
