"""A look at an SMTP server: connect, encrypt, sign in, name the sender; nothing is sent."""

import ssl
from email.headerregistry import Address

from server.config_messages import SmtpServer
from server.integrations.findings import Finding, fail, ok
from server.integrations.mail import wire_address
from server.integrations.smtp.connections import Connections

_PORTS = "smtps:// is for port 465, smtp:// for 587 and 25"


async def probe(server: SmtpServer, sender: Address) -> list[Finding]:
    """Go as far as MAIL FROM, and take it back."""
    from aiosmtplib.errors import (
        SMTPAuthenticationError,
        SMTPException,
        SMTPResponseException,
        SMTPSenderRefused,
    )

    local, domain = wire_address(sender.addr_spec)
    connections = Connections(server, local_name=domain)
    try:
        connection = await connections.new()
        try:
            await connection.mail(f"{local}@{domain}")
            await connection.rset()
        finally:
            connection.close()
    except SMTPAuthenticationError as error:
        detail = f"the server refuses user or password ({error.code})"
        return [fail(detail, "look at SMTP_URL; some want a password made for programs")]
    except SMTPSenderRefused as error:
        detail = f"the server does not let us send as {sender.addr_spec} ({error.code})"
        return [fail(detail, "set SMTP_FROM_EMAIL to an address of that user")]
    except SMTPResponseException as error:
        return [fail(f"the server answers {error.code}", "look at the server's own log")]
    except OSError as error:
        return [_no_connection(server, error)]
    except SMTPException:
        fix = "STARTTLS or sign-in is not offered there: another port, or ?starttls=off"
        return [fail("the server cannot do what SMTP_URL asks for", fix)]
    return [ok(_how(server))]


def _no_connection(server: SmtpServer, error: OSError) -> Finding:
    causes = (error, error.__cause__, error.__context__)
    place = f"{server.host}:{server.port}"
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            detail = f"the certificate of {place} is not trusted: {cause.verify_message}"
            return fail(detail, "use the name in the certificate, or ?ca=FILE in SMTP_URL")
        if isinstance(cause, ssl.SSLError):
            return fail(f"{place} does not speak TLS as SMTP_URL asks for", _PORTS)
    detail = f"no connection to {place} ({type(error).__name__})"
    return fail(detail, f"look at host and port ({_PORTS}); some networks close port 25")


def _how(server: SmtpServer) -> str:
    how = {"implicit": "over TLS", "starttls": "over STARTTLS", "none": "in the clear"}[server.tls]
    login = ", signed in" if server.user else ""
    return f"the server takes our mail {how}{login}"
