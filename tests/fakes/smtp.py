"""A fake SMTP server (aiosmtpd): mail goes on a ledger before it is answered for.

Run it by itself: `python -m tests.fakes.smtp --port 4030 --ledger mail.jsonl --drop 0.05`.
"""

import asyncio
import email
import email.policy
import re
import ssl
import time
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Self

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from tests.fakes.command import run
from tests.fakes.ledger import Entry, Ledger, read
from tests.fakes.script import Behaviour, Script

USER, PASSWORD = "ana@example.org", "p:ä/w@rd"
_OUR_ID = re.compile(r"<([0-9a-f-]{36})@")


class SmtpFake:
    """A server on a port of this machine; `async with` runs it.

    `tls`: a context to encrypt with, from the first byte when `is_implicit`, else by STARTTLS.
    `refuse` of the script answers `code` at RCPT; `greeting` is said to who connects.
    """

    def __init__(
        self,
        ledger: Path,
        *,
        port: int = 0,
        seed: int = 1,
        tls: ssl.SSLContext | None = None,
        is_implicit: bool = False,
        has_login: bool = False,
        has_utf8: bool = True,
    ) -> None:
        self.script = Script(seed)
        self.mails: list[EmailMessage] = []
        self.raw: list[bytes] = []
        self.recipients: list[list[str]] = []
        self.connections = 0
        self.sender_answer: str | None = None
        self.recipient_answer: str | None = None
        self.lines: list[SMTP] = []
        self._path = ledger
        self._ledger: Ledger | None = None
        self._port = port
        self._tls, self._is_implicit = tls, is_implicit
        self._has_login, self._has_utf8 = has_login, has_utf8
        self._server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._port

    @property
    def url(self) -> str:
        """SMTP_URL."""
        return f"smtp://127.0.0.1:{self._port}"

    @property
    def accepted(self) -> list[Entry]:
        """What it has accepted so far."""
        return read(self._path)

    async def __aenter__(self) -> Self:
        self._ledger = Ledger(self._path)
        self._server = await asyncio.get_running_loop().create_server(
            self._connect,
            "127.0.0.1",
            self._port,
            ssl=self._tls if self._is_implicit else None,
        )
        self._port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        assert self._ledger is not None
        self._server.close()
        self.hang_up()
        await asyncio.sleep(0)
        await self._ledger.close()

    def hang_up(self) -> None:
        """Drop every connection."""
        for line in self.lines:
            if isinstance(line.transport, asyncio.Transport):
                line.transport.abort()
        self.lines.clear()

    def _connect(self) -> SMTP:
        self.connections += 1
        line = SMTP(
            self,
            hostname="mail.example.org",
            enable_SMTPUTF8=self._has_utf8,
            tls_context=None if self._is_implicit else self._tls,
            require_starttls=self._tls is not None and not self._is_implicit,
            auth_required=self._has_login,
            auth_require_tls=self._tls is not None,
            authenticator=_authenticate if self._has_login else None,
            loop=asyncio.get_running_loop(),
        )
        self.lines.append(line)
        return line

    async def handle_MAIL(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        """Take a sender."""
        if self.sender_answer:
            return self.sender_answer
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        """Take a recipient."""
        if self.recipient_answer:
            return self.recipient_answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        """Take a mail, as the script says."""
        behaviour = self.script.take()
        if answer := _not_taken(behaviour):
            return answer
        if behaviour.kind == "drop":
            server.transport.abort()
            return "250 nobody hears this"
        if behaviour.kind == "slow":
            await asyncio.sleep(behaviour.delay_s)
        await self._keep(envelope)
        if behaviour.kind == "accept_then_drop":
            server.transport.abort()
        if behaviour.kind == "accept_then_slow":
            await asyncio.sleep(behaviour.delay_s)
        return "hello?" if behaviour.kind == "accept_then_garbage" else "250 queued"

    async def _keep(self, envelope: Any) -> None:
        assert self._ledger is not None
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        self.raw.append(envelope.content)
        self.recipients.append(list(envelope.rcpt_tos))
        ours = _OUR_ID.match(str(mail["Message-ID"]))
        body = mail.get_body(("plain",))
        text = body.get_content() if isinstance(body, EmailMessage) else ""
        await self._ledger.append(
            Entry(
                "smtp",
                str(mail["Message-ID"]),
                envelope.rcpt_tos[0],
                text.replace("\r\n", "\n"),
                ours[1] if ours else None,
                time.time(),
            )
        )


def _not_taken(behaviour: Behaviour) -> str | None:
    answers = {
        "throttle": "450 4.7.1 too fast",
        "error": "451 4.3.0 try again",
        "unavailable": "421 4.3.2 closing",
        "gateway": "451 4.4.1 behind us",
        "refuse": f"{behaviour.code} no",
    }
    return answers.get(behaviour.kind)


def _authenticate(
    server: Any, session: Any, envelope: Any, mechanism: str, login: Any
) -> AuthResult:
    expected = LoginPassword(USER.encode(), PASSWORD.encode())
    return AuthResult(success=login == expected, handled=False)


if __name__ == "__main__":
    run("SMTP", lambda given: SmtpFake(given.ledger, port=given.port, seed=given.seed))
