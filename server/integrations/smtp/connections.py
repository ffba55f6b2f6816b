"""Open connections to one SMTP server, kept for the next mail."""

import ssl
import time
from typing import TYPE_CHECKING

from server.config_messages import SmtpServer

if TYPE_CHECKING:
    from aiosmtplib import SMTP

LIMIT_S = 15.0
"""For the connection, and for each answer of the server."""
DATA_LIMIT_S = 60.0
"""For its answer to a whole mail: some look for viruses first (RFC 5321 asks for 10 minutes)."""
IDLE_S = 20.0
"""Servers close connections that are silent for long; ours is closed before."""
MOST_IDLE = 20


class Connections:
    """Connections that are signed in and encrypted as `server` says."""

    def __init__(self, server: SmtpServer, *, local_name: str) -> None:
        self._server = server
        self._local_name = local_name
        self._idle: list[tuple[float, SMTP]] = []
        self._tls: ssl.SSLContext | None = None

    def idle(self) -> "SMTP | None":
        """Return a connection that has been used a moment ago, None when there is none."""
        while self._idle:
            since, connection = self._idle.pop()
            if connection.is_connected and since > time.monotonic() - IDLE_S:
                return connection
            connection.close()
        return None

    async def new(self) -> "SMTP":
        """Open a connection.

        Raises:
            aiosmtplib.SMTPException, OSError: the server cannot be used; ssl.SSLError: or trusted.
        """
        from aiosmtplib import SMTP

        server = self._server
        connection = SMTP(
            hostname=server.host,
            port=server.port,
            username=server.user,
            password=server.password,
            use_tls=server.tls == "implicit",
            start_tls=server.tls == "starttls",
            tls_context=self._context() if server.tls != "none" else None,
            # Not this machine's name, which is nobody's business.
            local_hostname=self._local_name,
            timeout=LIMIT_S,
        )
        await connection.connect()
        return connection

    def give_back(self, connection: "SMTP") -> None:
        """Keep a connection on which a mail has just gone well."""
        if connection.is_connected and len(self._idle) < MOST_IDLE:
            self._idle.append((time.monotonic(), connection))
        else:
            connection.close()

    def close(self) -> None:
        """Close those that nobody uses."""
        while self._idle:
            self._idle.pop()[1].close()

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = ssl.create_default_context(cafile=self._server.authority)
        return self._tls
