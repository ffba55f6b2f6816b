"""Settings of messages: senders, an SMTP server's URL, and what belongs together."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.errors import MessageError
from email.headerregistry import Address
from email.utils import getaddresses
from typing import Literal
from urllib.parse import parse_qs, unquote, urlsplit

from pydantic import SecretStr

SMTP_PORT, SMTPS_PORT = 587, 465
SMTP_EXPECTED = (
    "a URL that starts with smtp:// or smtps://, such as"
    " smtp://user:password@mail.example.org:587; in user and password"
    " write @ : / ? # % as %40 %3A %2F %3F %23 %25"
)
# What a provider needs, and what of it may stand instead of each other. Each line is one "all of".
_TOGETHER: tuple[tuple[tuple[str, ...], ...], ...] = (
    (
        ("twilio_account_sid",),
        ("twilio_auth_token",),
        ("twilio_phone_number", "twilio_messaging_service_sid"),
    ),
    (("sendgrid_api_key",), ("sendgrid_from_email",)),
    (("smtp_url",), ("smtp_from_email",)),
)
_ALONE = "twilio_auth_token"
"""May stand alone: it verifies webhooks, too."""
_SID = re.compile(r"(AC|MG)[0-9A-Za-z]+")
_SENDER_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}|[0-9]{3,8}")


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """An SMTP server. `tls`: from the first byte, by STARTTLS (or nothing is sent), or none."""

    host: str
    port: int
    tls: Literal["implicit", "starttls", "none"]
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    authority: str | None = None
    """File with the authority of its certificate; None = the system's."""


def smtp_server(url: str) -> SmtpServer:
    """Read SMTP_URL. `smtp://` means STARTTLS, but on this machine, where no wire is.

    `?starttls=off` sends in the clear, which is refused together with a password; `?ca=FILE`
    names the authority of a certificate that is not public.

    Raises:
        ValueError: it is wrong; the text says what is expected, and has nothing of the URL.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError(SMTP_EXPECTED) from None
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or parts.path.strip("/"):
        raise ValueError(SMTP_EXPECTED)
    if parts.fragment or (parts.username is None) != (parts.password is None):
        raise ValueError(SMTP_EXPECTED)
    starttls, authority = _options(parts.query)
    if parts.scheme == "smtps" and starttls is not None:
        raise ValueError("smtps:// without ?starttls: it is encrypted from the first byte")
    is_here = _is_this_machine(parts.hostname)
    tls: Literal["implicit", "starttls", "none"] = "starttls"
    if parts.scheme == "smtps":
        tls = "implicit"
    elif starttls == "off" or (is_here and starttls is None):
        tls = "none"
    if tls == "none" and parts.password and not is_here:
        raise ValueError("no ?starttls=off together with a password: it would travel in the clear")
    return SmtpServer(
        host=parts.hostname,
        port=port or (SMTPS_PORT if tls == "implicit" else SMTP_PORT),
        tls=tls,
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        authority=authority,
    )


def sender(text: str) -> Address:
    """Read a sender: `catchup@example.org`, or `CatchUp <catchup@example.org>`.

    Raises:
        ValueError: it is neither.
    """
    expected = "an address such as catchup@example.org, or CatchUp <catchup@example.org>"
    found = getaddresses([text]) if text.isprintable() else []
    name, address = found[0] if len(found) == 1 else ("", "")
    local, at, domain = address.rpartition("@")
    if not (local and at and domain) or any(c.isspace() for c in address):
        raise ValueError(expected)
    try:
        return Address(name or "CatchUp", local, domain)
    except (MessageError, ValueError, IndexError):
        raise ValueError(expected) from None


def half_configured(values: Mapping[str, object]) -> str | None:
    """Say what of a provider is missing while another part of it is set; None when all is well."""
    for parts in _TOGETHER:
        names = [name for names in parts for name in names if name != _ALONE]
        given = [name for name in names if values.get(name)]
        missing = [names for names in parts if not any(values.get(name) for name in names)]
        if given and missing:
            wanted = " or ".join(name.upper() for name in missing[0])
            return f"{wanted}: not set, but {given[0].upper()} is: set both, or none of them"
    return None


def checked_smtp_url(value: SecretStr | None) -> SecretStr | None:
    """Let a right SMTP_URL pass; ValueError says what is expected."""
    if value is not None:
        smtp_server(value.get_secret_value())
    return value


def checked_sender(value: str | None) -> str | None:
    """Let a sender's address pass; ValueError says what is expected."""
    if value is not None:
        sender(value)
    return value


def checked_account(value: str | None) -> str | None:
    """Let a Twilio account's SID pass; an API key's (SK…) is a common mistake."""
    return _checked_sid(value, "AC")


def checked_service(value: str | None) -> str | None:
    """Let a messaging service's SID pass."""
    return _checked_sid(value, "MG")


def checked_sender_number(value: str | None) -> str | None:
    """Let a number that SMS may come from pass: E.164, or a short code."""
    if value is not None and not _SENDER_NUMBER.fullmatch(value):
        raise ValueError("a number such as +14155550100 (E.164), or a short code")
    return value


def _checked_sid(value: str | None, kind: str) -> str | None:
    if value is not None and not (_SID.fullmatch(value) and value.startswith(kind)):
        raise ValueError(f"{kind} and 32 hex digits, as Twilio's console shows it")
    return value


def _options(query: str) -> tuple[str | None, str | None]:
    try:
        options = parse_qs(query, keep_blank_values=True, strict_parsing=bool(query))
    except ValueError:
        raise ValueError(SMTP_EXPECTED) from None
    if options.keys() - {"starttls", "ca"} or any(len(values) > 1 for values in options.values()):
        raise ValueError("no options but ?starttls=off, ?starttls=required and ?ca=FILE")
    starttls = options.get("starttls", [None])[0]
    if starttls not in (None, "off", "required"):
        raise ValueError("?starttls=off or ?starttls=required")
    return starttls, options.get("ca", [None])[0]


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
