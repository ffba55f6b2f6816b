"""E-mail through any SMTP server."""

from collections.abc import Collection
from datetime import datetime
from email.headerregistry import Address
from typing import TYPE_CHECKING

from server.config_messages import SmtpServer
from server.integrations import calls
from server.integrations.channel import (
    Accepted,
    Begin,
    CannotTell,
    Outgoing,
    Refused,
    Unclear,
    unmarked,
)
from server.integrations.mail import Unsendable, message_id, wire_address
from server.integrations.smtp import connections, message
from server.integrations.smtp.connections import Connections
from server.lib.clock import utc_now

if TYPE_CHECKING:
    from aiosmtplib import SMTP

_FIRST_TEMPORARY, _FIRST_PERMANENT, _LAST = 400, 500, 599
_CLOSING = 421
_GO_ON, _TAKEN = 354, 250


class SmtpChannel:
    """Sends mail to one server, which carries it on; nothing tells what became of it."""

    provider = "smtp"
    is_marked = True

    def __init__(self, server: SmtpServer, sender: Address) -> None:
        self._sender = sender
        _, self._domain = wire_address(sender.addr_spec)
        self._connections = Connections(server, local_name=self._domain)

    async def send(
        self, outgoing: Outgoing, begin: Begin = unmarked
    ) -> Accepted | Refused | Unclear:
        """Hand over a mail; see Channel."""
        try:
            utf8 = message.needs_utf8(outgoing.address, self._sender.addr_spec)
            mail = message.written(outgoing, self._sender, now=utc_now(), utf8=utf8)
        except Unsendable as error:
            return Refused(error.code, is_permanent=True)
        connection = await self._addressed(outgoing.address, utf8=utf8)
        if isinstance(connection, Refused):
            return connection
        is_kept = False
        try:
            failure: Refused | Unclear | None = await _refused_data(connection)
            if failure is None:
                await begin()
                failure = await _handed_over(connection, mail)
            is_kept = failure is None
        finally:
            if is_kept:
                self._connections.give_back(connection)
            else:
                connection.close()
        return failure or Accepted(message_id(outgoing, self._domain))

    async def find(
        self, outgoing: Outgoing, *, since: datetime, taken: Collection[str] = ()
    ) -> CannotTell:
        """Say nothing: SMTP has no such question."""
        return CannotTell("smtp_cannot_tell")

    async def close(self) -> None:
        """Close the connections."""
        self._connections.close()

    async def _addressed(self, address: str, *, utf8: bool) -> "SMTP | Refused":
        """Return a connection on which sender and recipient are said, and no more yet."""
        from aiosmtplib.errors import SMTPException, SMTPRecipientRefused, SMTPResponseException

        try:
            kept = await self._address_kept(address, utf8=utf8)
            return kept or await self._address(await self._connections.new(), address, utf8=utf8)
        except Unsendable as error:
            return Refused(error.code, is_permanent=True)
        except SMTPRecipientRefused as error:
            return Refused(_code(error.code), is_permanent=error.code >= _FIRST_PERMANENT)
        except SMTPResponseException as error:
            # Not about this mail: our login, our sender, our address.
            return Refused(_code(error.code), is_permanent=False)
        except OSError:  # TLS, a line that drops and a limit of time are some
            return Refused(calls.UNREACHABLE, is_permanent=False)
        except SMTPException:  # it has no STARTTLS, or no way to sign in
            return Refused("smtp_not_supported", is_permanent=False)

    async def _address_kept(self, address: str, *, utf8: bool) -> "SMTP | None":
        """Use a connection that was kept; None when there is none, or it has died since."""
        from aiosmtplib.errors import SMTPResponseException, SMTPServerDisconnected

        connection = self._connections.idle()
        if connection is None:
            return None
        try:
            return await self._address(connection, address, utf8=utf8)
        except SMTPServerDisconnected:
            return None
        except SMTPResponseException as error:
            if error.code != _CLOSING:
                raise
            return None

    async def _address(self, connection: "SMTP", address: str, *, utf8: bool) -> "SMTP":
        options, encoding = (["SMTPUTF8", "BODY=8BITMIME"], "utf-8") if utf8 else ([], "ascii")
        is_done = False
        try:
            if utf8:
                await connection.ehlo()
                if not connection.supports_extension("smtputf8"):
                    raise Unsendable("address_not_ascii")
            sender = "@".join(wire_address(self._sender.addr_spec))
            await connection.mail(sender, options=options, encoding=encoding)
            recipient = "@".join(wire_address(address))
            await connection.rcpt(recipient, encoding=encoding)
            is_done = True
        finally:
            if not is_done:
                connection.close()
        return connection


async def _refused_data(connection: "SMTP") -> Refused | None:
    """Ask to hand over a mail; None when the server waits for it, and has none of it yet."""
    from aiosmtplib.errors import SMTPException, SMTPResponseException

    try:
        answer = await connection.execute_command(b"DATA")
    except SMTPResponseException:
        return Refused(calls.GARBAGE, is_permanent=False)
    except TimeoutError:
        return Refused(calls.TIMED_OUT, is_permanent=False)
    except (SMTPException, OSError):
        return Refused(calls.LINE_DROPPED, is_permanent=False)
    if answer.code == _GO_ON:
        return None
    return Refused(_code(answer.code), is_permanent=_FIRST_PERMANENT <= answer.code <= _LAST)


async def _handed_over(connection: "SMTP", mail: bytes) -> Refused | Unclear | None:
    """Write a mail that the server waits for; None when it has taken it.

    Until the dot at its end is written nothing can have been taken (RFC 5321, 4.1.1.4).
    """
    from aiosmtplib.errors import SMTPException, SMTPResponseException

    has_left = False
    try:
        if connection.protocol is None:
            return Refused(calls.LINE_DROPPED, is_permanent=False)
        connection.protocol.write(message.with_end(mail))
        has_left = True
        answer = await connection.protocol.read_response(timeout=connections.DATA_LIMIT_S)
    except SMTPResponseException:
        return Unclear(calls.GARBAGE)
    except TimeoutError:
        return Unclear(calls.TIMED_OUT)
    except (SMTPException, OSError):
        code = calls.LINE_DROPPED
        return Unclear(code) if has_left else Refused(code, is_permanent=False)
    return None if answer.code == _TAKEN else _refused(answer.code)


def _refused(code: int) -> Refused | Unclear:
    """Judge an answer by its first digit; one that is none, cut or mad, is not judged."""
    if not _FIRST_TEMPORARY <= code <= _LAST:
        return Unclear(calls.GARBAGE)
    return Refused(_code(code), is_permanent=code >= _FIRST_PERMANENT)


def _code(code: int) -> str:
    return f"smtp_{code}" if code > 0 else calls.GARBAGE
